//! Fields by their label, buttons and links by their words: what a person sees, not how the page is made.

use crate::browser::{Browser, element_of, reference};
use crate::wire::Refused;
use serde_json::{Value, json};

/// Text as the tests write it: plain spaces, plain apostrophes.
pub(crate) fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}', '\t'], " ").replace('’', "'")
}

/// A part of the page, to act in where the same words stand several times.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    browser: &'a Browser,
    /// Where, as an XPath prefix.
    root: String,
}

const BUTTON: &str = "*[self::button or self::summary or @role='button' or @role='tab' or @role='menuitem' \
     or (self::input and (@type='submit' or @type='button'))]";
const LINK: &str = "a[@href]";
const FIELD: &str = "*[self::input[not(@type='hidden' or @type='submit')] or self::select or self::textarea]";
/// Where a name may stand, beside the text itself.
const ATTRIBUTES: [&str; 2] = ["@aria-label", "@value[../@type='submit']"];
/// Set as a whole: how such a field is typed into depends on the language of the browser.
const WHOLE: [&str; 7] = ["date", "time", "datetime-local", "month", "week", "color", "range"];
const SET: &str = "const [field, value] = arguments; field.focus(); field.value = value;
     for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, { bubbles: true }));";

impl Browser {
    /// The section, form, list item, table row, article or dialog that shows this and holds no smaller one that does.
    pub(crate) fn within(&self, text: &str) -> Part<'_> {
        let kinds = "self::section or self::form or self::li or self::tr or self::article or self::dialog \
             or self::fieldset or self::nav or self::header";
        let holds = format!("[{kinds}][contains({}, {})]", words("."), literal(text));
        Part { browser: self, root: format!("//*{holds}[not(.//*{holds})]") }
    }

    fn page(&self) -> Part<'_> {
        Part { browser: self, root: String::new() }
    }

    /// Gives a value to the field with this label: text, the words of an option, a date as `2026-05-28`, a file's path.
    #[track_caller]
    pub(crate) fn fill(&self, label: &str, value: &str) -> &Self {
        self.page().fill(label, value);
        self
    }

    /// Clicks the box or the round button with this label.
    #[track_caller]
    pub(crate) fn tick(&self, label: &str) -> &Self {
        self.page().tick(label);
        self
    }

    /// Clicks the button with these words.
    #[track_caller]
    pub(crate) fn press(&self, words: &str) -> &Self {
        self.page().press(words);
        self
    }

    /// Clicks the link with these words.
    #[track_caller]
    pub(crate) fn follow(&self, words: &str) -> &Self {
        self.page().follow(words);
        self
    }

    /// The value of the field with this label.
    #[track_caller]
    pub(crate) fn value(&self, label: &str) -> String {
        let field = self.page().one("field", field, label);
        self.property(&field, "value").as_str().unwrap_or_default().to_owned()
    }

    /// What is said beside the field with this label; empty unless the field is marked as wrong.
    #[track_caller]
    pub(crate) fn error_of(&self, label: &str) -> String {
        let field = self.page().one("field", field, label);
        if self.attribute(&field, "aria-invalid").as_deref() != Some("true") {
            return String::new();
        }
        let ids = ["aria-describedby", "aria-errormessage"].map(|name| self.attribute(&field, name));
        let ids = ids.iter().flatten().flat_map(|ids| ids.split_whitespace());
        let said = ids.flat_map(|id| self.try_elements("xpath", &format!("//*[@id={}]", literal(id))));
        let said: Vec<String> = said.flatten().map(|element| self.words_of(&element)).collect();
        said.join("\n")
    }

    fn attribute(&self, element: &str, name: &str) -> Option<String> {
        let value = self.try_send("GET", &format!("/element/{element}/attribute/{name}"), None);
        value.ok()?.as_str().map(str::to_owned)
    }

    fn property(&self, element: &str, name: &str) -> Value {
        self.try_send("GET", &format!("/element/{element}/property/{name}"), None).unwrap_or_default()
    }

    fn words_of(&self, element: &str) -> String {
        let asked = json!({ "script": "return arguments[0].innerText", "args": [element_of(element)] });
        let text = self.try_send("POST", "/execute/sync", Some(&asked)).unwrap_or_default();
        plain(text.as_str().unwrap_or_default())
    }

    fn displayed(&self, element: &str) -> bool {
        self.try_send("GET", &format!("/element/{element}/displayed"), None).is_ok_and(|shown| shown == json!(true))
    }

    fn click(&self, element: &str) -> Result<Value, Refused> {
        self.try_send("POST", &format!("/element/{element}/click"), None)
    }
}

impl Part<'_> {
    /// As [`Browser::fill`].
    #[track_caller]
    pub(crate) fn fill(&self, label: &str, value: &str) {
        let page = self.browser;
        let place = self.one("field", field, label);
        let kind = self.browser.property(&place, "type").as_str().unwrap_or_default().to_owned();
        let path = format!("/element/{place}");
        if kind.starts_with("select") {
            let option = json!({ "using": "xpath", "value": format!(".//option[{}={}]", words("."), literal(value)) });
            let option = page.must("POST", &format!("{path}/element"), &option);
            let option = reference(&option).unwrap_or_default();
            page.must("POST", &format!("/element/{option}/click"), &json!({}));
        } else if WHOLE.contains(&kind.as_str()) {
            page.script(SET, &[element_of(&place), json!(value)]);
            assert_eq!(page.property(&place, "value"), value, "`{label}` does not take this value");
        } else {
            if kind != "file" {
                page.must("POST", &format!("{path}/clear"), &json!({}));
            }
            page.must("POST", &format!("{path}/value"), &json!({ "text": value }));
        }
    }

    /// As [`Browser::tick`].
    #[track_caller]
    pub(crate) fn tick(&self, label: &str) {
        let place = self.one("field", field, label);
        if self.browser.click(&place).is_err() {
            // Drawn by its label.
            let label = self.one("label", |name| vec![format!("label[{name}]")], label);
            self.browser.must("POST", &format!("/element/{label}/click"), &json!({}));
        }
    }

    /// As [`Browser::press`].
    #[track_caller]
    pub(crate) fn press(&self, words: &str) {
        self.hit("button", BUTTON, words);
    }

    /// As [`Browser::follow`].
    #[track_caller]
    pub(crate) fn follow(&self, words: &str) {
        self.hit("link", LINK, words);
    }

    /// What this part shows.
    #[track_caller]
    pub(crate) fn text(&self) -> String {
        let place = self.browser.until("the part of the page", || {
            let found = self.browser.try_elements("xpath", &self.root).ok()?;
            found.into_iter().find(|element| self.browser.displayed(element))
        });
        self.browser.words_of(&place)
    }

    #[track_caller]
    fn hit(&self, noun: &str, kind: &str, text: &str) {
        self.browser.until(&format!("a {noun} `{text}` that can be clicked"), || {
            let place = self.find(|name| vec![format!("{kind}[{name}]")], text)?;
            self.browser.click(&place).ok()
        });
    }

    #[track_caller]
    fn one(&self, noun: &str, path: impl Fn(&str) -> Vec<String>, text: &str) -> String {
        self.browser.until(&format!("one {noun} `{text}`"), || self.find(&path, text))
    }

    /// Such a field may be hidden, its label being what is seen and clicked.
    fn drawn_by_label(&self, element: &str) -> bool {
        let kind = self.browser.property(element, "type");
        ["file", "radio", "checkbox"].iter().any(|hidden| kind == *hidden)
    }

    /// The one element of that name that is shown: by the whole name first, then by a part of it. Of links that lead to
    /// the same address, the first.
    fn find(&self, path: impl Fn(&str) -> Vec<String>, text: &str) -> Option<String> {
        let wanted = literal(&plain(text));
        let whole = ["."].iter().chain(&ATTRIBUTES).map(|part| format!("{}={wanted}", words(part)));
        let part = ["."].iter().chain(&ATTRIBUTES).map(|part| format!("contains({}, {wanted})", words(part)));
        let names = [whole.collect::<Vec<_>>().join(" or "), part.collect::<Vec<_>>().join(" or ")];
        names.iter().find_map(|name| {
            let paths: Vec<String> = path(name).iter().map(|path| format!("{}//{path}", self.root)).collect();
            let found = self.browser.try_elements("xpath", &paths.join(" | ")).ok()?;
            let shown: Vec<String> = found
                .into_iter()
                .filter(|element| self.browser.displayed(element) || self.drawn_by_label(element))
                .collect();
            let first = shown.first()?;
            let same = |other: &String| {
                let to = self.browser.property(first, "href");
                !to.is_null() && to == self.browser.property(other, "href")
            };
            (shown.len() == 1 || shown.iter().skip(1).all(same)).then(|| first.clone())
        })
    }
}

/// Fields that a label of that name names, around or by its `for`, or that carry the name themselves.
fn field(name: &str) -> Vec<String> {
    vec![
        format!("{FIELD}[@id=//label[{name}]/@for]"),
        format!("label[{name}]//{FIELD}"),
        format!("{FIELD}[@aria-label][{name}]"),
    ]
}

/// XPath for a text as [`plain`] gives it.
fn words(part: &str) -> String {
    format!("normalize-space(translate({part}, \"\u{a0}\u{202f}’\", \"  '\"))")
}

/// XPath has no escapes.
fn literal(text: &str) -> String {
    let text = plain(text);
    if !text.contains('"') {
        return format!("\"{text}\"");
    }
    let parts: Vec<String> = text.split('"').map(|part| format!("\"{part}\"")).collect();
    format!("concat({})", parts.join(", '\"', "))
}
