//! One Chromium window as a person uses it: addresses, visible words, keys. What it waits for, it waits for with a
//! deadline; what goes wrong says where the browser was.

use crate::driver::{Driver, driver};
use crate::looks::Look;
use crate::wire::{self, Refused};
use crate::{find, site};
use serde_json::{Value, json};
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a page may take to show what is expected of it.
const PATIENCE: Duration = Duration::from_secs(20);
const GLANCE: Duration = Duration::from_millis(20);
/// A usual laptop.
pub(crate) const LAPTOP: (u32, u32) = (1366, 768);

const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--lang=fr",
];

static PROFILES: AtomicU32 = AtomicU32::new(0);

/// Keys without a letter, for [`Browser::keys`].
pub(crate) mod key {
    pub(crate) const TAB: &str = "\u{e004}";
    pub(crate) const ENTER: &str = "\u{e007}";
    pub(crate) const SHIFT: &str = "\u{e008}";
}

/// A window with a profile of its own. It closes when dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    port: u16,
    /// `/session/…`
    session: String,
    base: &'static str,
    script: bool,
    pub(crate) size: Cell<(u32, u32)>,
    pub(crate) look: Cell<Look>,
}

/// A tab of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tab(String);

impl Browser {
    /// A window on the demo, nobody signed in; `None`, aloud, where there is no Chromium.
    pub(crate) fn open() -> Option<Self> {
        driver().map(|driver| Self::start(driver, true))
    }

    /// The same where pages run no script at all.
    pub(crate) fn script_off() -> Option<Self> {
        driver().map(|driver| Self::start(driver, false))
    }

    fn start(driver: &'static Driver, script: bool) -> Self {
        let base = site::base(driver);
        let profile = driver.folder().join(format!("profile-{}", PROFILES.fetch_add(1, Ordering::Relaxed)));
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.display()));
        let mut prefs = json!({ "intl.accept_languages": "fr-FR,fr" });
        if !script {
            prefs["profile.managed_default_content_settings.javascript"] = json!(2);
        }
        let options = json!({ "binary": driver.chromium(), "args": flags, "prefs": prefs });
        let wanted = json!({ "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" } });
        let wanted = json!({ "capabilities": { "alwaysMatch": wanted } });
        let session = wire::send(driver.port(), "POST", "/session", Some(&wanted)).expect("Chromium starts");
        let id = session["sessionId"].as_str().expect("a session has an id");
        let browser = Self {
            port: driver.port(),
            session: format!("/session/{id}"),
            base,
            script,
            size: Cell::new(LAPTOP),
            look: Cell::new(Look::Light),
        };
        browser.resize(LAPTOP.0, LAPTOP.1).look_as(Look::Light);
        browser
    }

    /// Whether pages may run scripts here.
    pub(crate) fn runs_script(&self) -> bool {
        self.script
    }

    /// Opens an address, of the demo unless it names another.
    #[track_caller]
    pub(crate) fn goto(&self, path: &str) -> &Self {
        let url = if path.contains(':') { path.to_owned() } else { format!("{}{path}", self.base) };
        self.must("POST", "/url", &json!({ "url": url }));
        self
    }

    /// Signs in by the form, with the password of the demo.
    #[track_caller]
    pub(crate) fn sign_in(&self, login: &str) -> &Self {
        self.goto("/connexion").fill("Identifiant", login).fill("Mot de passe", app::demo::PASSWORD);
        self.press("Se connecter").until("signed in", || (!self.path().starts_with("/connexion")).then_some(()));
        self
    }

    /// The page's address, without the origin when it is the demo's.
    #[track_caller]
    pub(crate) fn path(&self) -> String {
        let url = self.must("GET", "/url", &Value::Null);
        let url = url.as_str().unwrap_or_default();
        url.strip_prefix(self.base).unwrap_or(url).to_owned()
    }

    #[track_caller]
    pub(crate) fn title(&self) -> String {
        find::plain(self.must("GET", "/title", &Value::Null).as_str().unwrap_or_default())
    }

    /// What the page shows. Unbreakable spaces are spaces here and everywhere else, `’` is `'`.
    #[track_caller]
    pub(crate) fn text(&self) -> String {
        self.until("a page", || self.look())
    }

    /// Waits until the page shows this.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> &Self {
        let wanted = find::plain(text);
        self.until(&format!("`{text}` to be shown"), || self.look().filter(|shown| shown.contains(&wanted)).map(drop));
        self
    }

    /// Waits until the address is this path, whatever its query.
    #[track_caller]
    pub(crate) fn wait_for_path(&self, path: &str) -> &Self {
        self.until(&format!("the address `{path}`"), || (self.path().split('?').next() == Some(path)).then_some(()));
        self
    }

    /// Fails when the page shows this now.
    #[track_caller]
    pub(crate) fn lacks(&self, text: &str) -> &Self {
        let shown = self.text();
        assert!(!shown.contains(&find::plain(text)), "`{text}` is shown on {}:\n{shown}", self.path());
        self
    }

    fn look(&self) -> Option<String> {
        let asked = json!({ "script": "return document.body.innerText", "args": [] });
        let shown = self.try_send("POST", "/execute/sync", Some(&asked)).ok()?;
        Some(find::plain(shown.as_str()?))
    }

    /// Types, wherever the focus is: letters, or the constants of [`key`].
    #[track_caller]
    pub(crate) fn keys(&self, text: &str) -> &Self {
        let strokes = text.chars().flat_map(|key| [stroke("keyDown", key), stroke("keyUp", key)]);
        self.perform(&strokes.collect::<Vec<_>>())
    }

    /// Holds keys down in order, then lets them go: `&[key::SHIFT, key::TAB]`.
    #[track_caller]
    pub(crate) fn chord(&self, keys: &[&str]) -> &Self {
        let keys: Vec<char> = keys.iter().flat_map(|key| key.chars()).collect();
        let down = keys.iter().map(|key| stroke("keyDown", *key));
        let up = keys.iter().rev().map(|key| stroke("keyUp", *key));
        self.perform(&down.chain(up).collect::<Vec<_>>())
    }

    #[track_caller]
    fn perform(&self, strokes: &[Value]) -> &Self {
        self.must("POST", "/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }));
        self
    }

    /// The accessible name of what has the focus; empty when nothing has.
    #[track_caller]
    pub(crate) fn focused(&self) -> String {
        let name = self.try_send("GET", "/element/active", None).ok().and_then(|active| {
            let path = format!("/element/{}/computedlabel", reference(&active)?);
            self.try_send("GET", &path, None).ok()
        });
        find::plain(name.as_ref().and_then(Value::as_str).unwrap_or_default())
    }

    /// The id of what has the focus; empty when it has none.
    #[track_caller]
    pub(crate) fn focus(&self) -> String {
        let active = self.must("GET", "/element/active", &Value::Null);
        let path = format!("/element/{}/property/id", reference(&active).expect("something has the focus"));
        self.must("GET", &path, &Value::Null).as_str().unwrap_or_default().to_owned()
    }

    /// Presses Tab until the focus is on what has this name, at most a hundred times.
    #[track_caller]
    pub(crate) fn tab_to(&self, name: &str) -> &Self {
        let mut met = Vec::new();
        while met.len() < 100 {
            let here = self.keys(key::TAB).focused();
            if here == find::plain(name) {
                return self;
            }
            met.push(here);
        }
        panic!("Tab never reaches `{name}` on {}; it went through {met:?}", self.path());
    }

    /// Opens a second tab and goes on there.
    #[track_caller]
    pub(crate) fn open_tab(&self) -> Tab {
        let made = self.must("POST", "/window/new", &json!({ "type": "tab" }));
        let tab = Tab(made["handle"].as_str().unwrap_or_default().to_owned());
        self.switch_to(&tab);
        tab
    }

    /// The tab in use.
    #[track_caller]
    pub(crate) fn tab(&self) -> Tab {
        Tab(self.must("GET", "/window", &Value::Null).as_str().unwrap_or_default().to_owned())
    }

    /// Goes on in another tab.
    #[track_caller]
    pub(crate) fn switch_to(&self, tab: &Tab) -> &Self {
        self.must("POST", "/window", &json!({ "handle": tab.0 }));
        // Each tab begins with the looks of the machine.
        let ((width, height), look) = (self.size.get(), self.look.get());
        self.resize(width, height).look_as(look)
    }

    /// Loses every cookie, as another person's browser would never have had them.
    #[track_caller]
    pub(crate) fn forget(&self) -> &Self {
        self.must("DELETE", "/cookie", &Value::Null);
        self
    }

    /// Runs a script of the test, even where those of the page may not run; what it returns.
    #[track_caller]
    pub(crate) fn script(&self, body: &str, arguments: &[Value]) -> Value {
        self.must("POST", "/execute/sync", &json!({ "script": body, "args": arguments }))
    }

    /// What the browser complained of since the last call: scripts that failed, refused by the policy, not found. The
    /// status of the page itself is no complaint.
    #[track_caller]
    pub(crate) fn complaints(&self) -> Vec<String> {
        let here = format!("{}{} ", self.base, self.path());
        let log = self.must("POST", "/se/log", &json!({ "type": "browser" }));
        let severe = log.as_array().into_iter().flatten().filter(|entry| entry["level"] == "SEVERE");
        let messages = severe.filter_map(|entry| entry["message"].as_str().map(str::to_owned));
        messages.filter(|message| !message.starts_with(&here)).collect()
    }

    /// Looks until there is something, or fails saying what was expected and what is there.
    #[track_caller]
    pub(crate) fn until<T>(&self, what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = probe() {
                return found;
            }
            if Instant::now() > deadline {
                panic!("waited for {what} on {}, which shows:\n{}", self.path(), self.look().unwrap_or_default());
            }
            thread::sleep(GLANCE);
        }
    }

    /// A command of this session that has to succeed.
    #[track_caller]
    pub(crate) fn must(&self, method: &str, path: &str, body: &Value) -> Value {
        match self.try_send(method, path, (!body.is_null()).then_some(body)) {
            Ok(value) => value,
            Err(refused) => panic!("{method} {path}: {refused}"),
        }
    }

    pub(crate) fn try_send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Refused> {
        wire::send(self.port, method, &format!("{}{path}", self.session), body)
    }

    /// References of all elements, in the order of the page.
    pub(crate) fn try_elements(&self, using: &str, value: &str) -> Result<Vec<String>, Refused> {
        let found = self.try_send("POST", "/elements", Some(&json!({ "using": using, "value": value })))?;
        Ok(found.as_array().into_iter().flatten().filter_map(reference).collect())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Nothing to do about a window that does not close: it goes with the driver.
        let _ = self.try_send("DELETE", "", None);
    }
}

fn stroke(kind: &str, key: char) -> Value {
    json!({ "type": kind, "value": key })
}

/// An element as scripts are given it.
pub(crate) fn element_of(reference: &str) -> Value {
    json!({ "element-6066-11e4-a52e-4f735466cecf": reference })
}

/// An element's reference, under the one key that the protocol gives it.
pub(crate) fn reference(element: &Value) -> Option<String> {
    element.as_object()?.values().next()?.as_str().map(str::to_owned)
}
