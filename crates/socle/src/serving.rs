//! `demo` and `serve`: open, listen, say so, serve until told to stop.

use crate::args::{DemoArgs, ServeArgs};
use crate::control::Control;
use crate::failure::{Failure, LOCKED, Result, UNREADABLE, USAGE};
use crate::opening::{self, DEMO_KEY, Data, clock};
use crate::screen::say;
use crate::watching::Admin;
use app::App;
use app::demo::{self, Client, Wish};
use serde_json::{Value, json};
use server::{Allowed, Config, DemoAccount, Notices};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use store::{Location, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

const DEFAULT_LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// A file would be longer than this process may make one; the same number on all Linux but MIPS.
const SIGXFSZ: i32 = 25;

/// What is served, beside the application.
struct Serving {
    listen: SocketAddr,
    admin: Admin,
    base_url: Option<String>,
    dir: Option<PathBuf>,
    ready_file: Option<PathBuf>,
    notices: Notices,
    demo: Option<server::Demo>,
    /// Further keys of the ready file.
    ready: Value,
    /// Shown once it listens.
    greeting: Vec<String>,
}

/// Makes the demo if it is not there, and serves it.
pub(crate) async fn demo(args: DemoArgs) -> Result<()> {
    let dir = args.dir;
    if dir.join("main.db").exists() && !dir.join(DEMO_KEY).exists() {
        let text = format!("{} contient de vraies données : la démonstration n'y touche pas.", dir.display());
        return Err(Failure::new(USAGE, text));
    }
    forget_ready(args.ready_file.as_deref());
    // In a database, an interrupted demonstration cannot be set aside: it is for measures and trials.
    let there = dir.join("main.db").exists() || args.postgres.is_some();
    if there && (args.seed.is_some() || args.at.is_some()) {
        say("La démonstration est déjà là : --seed et --at ne changent rien. Pour une autre, nommez un autre dossier.");
    }
    let wish = Wish { seed: args.seed.unwrap_or(1), at: args.at, small: args.small };
    if !there {
        // Minutes of preparation are not to end in a refusal.
        drop(listen(args.listen)?);
        say(if args.small {
            "La démonstration se prépare…"
        } else {
            "La démonstration se prépare : 190 personnes inventées, environ 80 000 écrits. Moins d'une minute…"
        });
        lay(&dir, wish).await?;
    }
    let demo = open_demo(&dir, location(&dir, args.postgres), wish).await?;
    let place_of = |account: &domain::demo::Account| domain::demo::PLACES.get(account.place);
    let accounts = demo.accounts.iter().map(|account| DemoAccount {
        login: account.login.to_owned(),
        display: account.display.to_owned(),
        role: account.persona.to_owned(),
        place_name: place_of(account).map_or("", |place| place.name).to_owned(),
        sees: account.sees.to_owned(),
    });
    let listed = demo.accounts.iter().map(|account| {
        json!({ "login": account.login, "password": demo::PASSWORD, "role": account.persona,
                "place": place_of(account).map(|place| place.finess) })
    });
    let mut greeting = vec![format!("Comptes (mot de passe « {} ») :", demo::PASSWORD)];
    if demo::missing_days(demo.until, clock()()).is_some() {
        greeting.insert(0, "Les écrits de cette démonstration s'arrêtent il y a plus d'un jour : la page de connexion propose d'ajouter les jours manquants.".to_owned());
    }
    greeting.extend(demo.accounts.iter().map(|account| format!("  {:<14} {}", account.login, account.display)));
    let serving = Serving {
        listen: args.listen,
        admin: args.admin.map_or(Admin::Closed, Admin::At),
        base_url: None,
        dir: Some(dir),
        ready_file: args.ready_file,
        notices: notices(Allowed::loopback())?,
        demo: Some(server::Demo {
            accounts: accounts.collect(),
            password: demo::PASSWORD.to_owned(),
            until: Arc::new(AtomicI64::new(demo.until)),
        }),
        ready: json!({ "api_client": described(&demo.client), "api_client_limited": described(&demo.limited),
                       "accounts": listed.collect::<Vec<_>>() }),
        greeting,
    };
    serve_app(demo.app, serving).await
}

/// The files of a folder, or a database whose key lies in that folder.
fn location(dir: &Path, postgres: Option<String>) -> Location {
    postgres.map_or_else(|| Location::Directory(dir.to_owned()), Location::Postgres)
}

async fn open_demo(dir: &Path, location: Location, wish: Wish) -> Result<demo::Demo> {
    opening::folder(dir)?;
    let root = opening::key(&dir.join(DEMO_KEY), true)?;
    let store = Store::open(&location, root, clock()()).await?;
    store.replay_erasures(&opening::erasures(&dir.join(DEMO_KEY)), clock()()).await?;
    Ok(demo::open(store, clock(), wish).await?)
}

/// Writes a demo beside its place, and moves it there when it is whole: one that was interrupted is begun again.
async fn lay(dir: &Path, wish: Wish) -> Result<()> {
    let dir = std::path::absolute(dir).map_err(|e| Failure::file(dir, &e))?;
    let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or("socle-demo");
    let aside = dir.with_file_name(format!(".{name}.partiel"));
    match std::fs::remove_dir_all(&aside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Failure::file(&aside, &error)),
        _ => {}
    }
    drop(open_demo(&aside, location(&aside, None), wish).await?);
    if dir.exists() {
        std::fs::remove_dir(&dir).map_err(|e| Failure::file(&dir, &e))?;
    }
    std::fs::rename(&aside, &dir).map_err(|e| Failure::file(&dir, &e))
}

/// A ready file left by a server that was killed speaks of nobody.
fn forget_ready(path: Option<&Path>) {
    if let Some(path) = path {
        let _ = std::fs::remove_file(path);
    }
}

fn described(client: &Client) -> Value {
    json!({ "id": client.id, "secret": client.secret, "scope": client.scope })
}

/// Serves a folder of data.
pub(crate) async fn serve(args: ServeArgs) -> Result<()> {
    crate::scratch::sweep();
    forget_ready(args.ready_file.as_deref());
    let data = Data::new(args.data)?;
    if data.is_demo() {
        let text = "La clé d'une démonstration est rangée avec ses données : elle ne protège personne. Utilisez « socle demo ».";
        return Err(Failure::new(LOCKED, text));
    }
    let base_url = args.base_url.or_else(|| data.settings.base_url.clone());
    base_url.as_deref().map_or(Ok(()), check_address)?;
    let store = data.open(false).await?;
    data.stand_in(&store)?;
    let Some(tenant) = store.tenants().await?.first().copied() else {
        return Err(Failure::new(
            UNREADABLE,
            "Ces données ne connaissent encore aucun établissement : importez d'abord.",
        ));
    };
    let app = App::open(store, tenant, clock()).await?;
    let listed = &data.settings.notifications;
    let allowed = Allowed::new(&listed.allow, &listed.allow_private).map_err(|text| {
        Failure::new(USAGE, format!("« {text} » n'est pas une adresse à notifier : https://nom ou https://nom:port."))
    })?;
    let serving = Serving {
        listen: args.listen.or(data.settings.listen).unwrap_or_else(|| DEFAULT_LISTEN.into()),
        admin: args.admin.or(data.settings.admin).map_or(Admin::Usual, Admin::At),
        base_url,
        dir: data.dir().map(Path::to_owned),
        ready_file: args.ready_file,
        notices: notices(allowed)?,
        demo: None,
        ready: json!({}),
        greeting: Vec::new(),
    };
    serve_app(app, serving).await
}

/// What browsers and programs are told to come back to.
fn check_address(typed: &str) -> Result<()> {
    let rest = typed.strip_prefix("https://").or_else(|| typed.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port.parse::<u16>().is_ok()),
        _ => (host, true),
    };
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte));
    let is_path = typed.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"<>\\".contains(&byte));
    if !name.is_empty() && port && is_name && is_path {
        return Ok(());
    }
    let text =
        format!("« {typed} » n'est pas l'adresse d'un serveur : https://nom ou https://nom:port, sans « ? » ni « # ».");
    Err(Failure::new(USAGE, text))
}

fn notices(allowed: Allowed) -> Result<Notices> {
    Notices::new(allowed).map_err(|error| Failure::new(1, format!("Les notifications ne peuvent pas partir : {error}")))
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    server::listen(address).map_err(|e| Failure::file(Path::new(&address.to_string()), &e))
}

async fn serve_app(app: App, serving: Serving) -> Result<()> {
    let listener = listen(serving.listen)?;
    let address = listener.local_addr().map_err(|e| Failure::file(Path::new("adresse"), &e))?;
    let base = serving.base_url.unwrap_or_else(|| format!("http://{address}"));
    let base = base.trim_end_matches('/').to_owned();
    let secure_cookies = base.starts_with("https://");
    let (watching, meters, notices) = (serving.admin.open().await?, server::Meters::default(), serving.notices);
    let config = Config {
        app: app.clone(),
        version: VERSION,
        base: base.clone(),
        secure_cookies,
        notices: notices.clone(),
        meters: meters.clone(),
        demo: serving.demo,
    };
    let control = serving.dir.as_deref().map(Control::open).transpose()?;
    let over = until_told()?;
    if let Some(path) = &serving.ready_file {
        write_ready(path, &base, watching.address(), serving.ready)?;
    }
    say(&format!("Socle écoute sur {base}"));
    serving.greeting.iter().for_each(|line| say(line));
    let working = control.map(|control| tokio::spawn(control.work(app.clone())));
    let watched = tokio::spawn(watching.serve(app.clone(), meters, waiting(over.clone())));
    let relabelling = tokio::spawn(relabel(app.clone()));
    let telling = tokio::spawn(server::notify(app.clone(), notices, waiting(over.clone())));
    let indexing = tokio::spawn(server::keep_index(app.clone(), waiting(over.clone())));
    let learning = tokio::spawn(server::keep_up(app.clone(), waiting(over.clone())));
    let house = tokio::spawn(server::keep_house(app.clone(), waiting(over.clone())));
    let served = server::serve(listener, server::router(config), waiting(over)).await;
    if let Some(working) = working {
        working.abort();
        let _ = working.await;
    }
    // Between two batches or inside one: what is behind is taken up again at the next start.
    relabelling.abort();
    let _ = (telling.await, indexing.await, learning.await, watched.await);
    let _ = house.await;
    if let Err(error) = app.store().fold().await {
        tracing::warn!(%error, "the journals stay beside the files");
    }
    if let Some(path) = &serving.ready_file {
        let _ = std::fs::remove_file(path);
    }
    served.map_err(|e| Failure::file(Path::new(&base), &e))
}

/// What older rules have judged is judged again, beside people at work.
async fn relabel(app: App) {
    let behind = match app::relabel::behind(&app).await {
        Ok(0) => return,
        Ok(behind) => behind,
        Err(error) => return tracing::error!(%error, "what older rules have judged could not be counted"),
    };
    say(&format!("Nouvelles règles de niveau : {behind} éléments sont relus pendant le service."));
    let request = app::accounts::random_text().unwrap_or_default();
    match app::relabel::run(&app, &request, app::relabel::Pace::Gentle, &|_| {}).await {
        Ok(report) => {
            say(&format!("Nouvelles règles de niveau : {} éléments relus, {} relevés.", report.items, report.raised))
        }
        Err(error) => tracing::error!(%error, "labelling again has stopped; it goes on at the next start"),
    }
}

async fn waiting(mut over: watch::Receiver<bool>) {
    let _ = over.wait_for(|over| *over).await;
}

/// True once the terminal or the system asks to stop.
fn until_told() -> Result<watch::Receiver<bool>> {
    let failed = |e: std::io::Error| Failure::file(Path::new("signal"), &e);
    let mut interrupted = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
    // Once listened to, a file that may not grow (RLIMIT_FSIZE) is a refused write, and not the end of the process.
    let mut too_long = signal(SignalKind::from_raw(SIGXFSZ)).map_err(failed)?;
    let (told, over) = watch::channel(false);
    tokio::spawn(async move { while too_long.recv().await.is_some() {} });
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        say("Socle s'arrête…");
        let _ = told.send(true);
    });
    Ok(over)
}

/// Written aside, then renamed: whoever sees the file can connect.
fn write_ready(path: &Path, base: &str, admin: Option<SocketAddr>, more: Value) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut ready = json!({
        "url": base, "fhir": format!("{base}/fhir"), "oauth_token_url": format!("{base}/oauth/token"),
        "pid": std::process::id(), "version": VERSION,
    });
    if let (Some(ready), Value::Object(more)) = (ready.as_object_mut(), more) {
        ready.extend(admin.map(|admin| ("admin".to_owned(), format!("http://{admin}").into())));
        ready.extend(more);
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("ready");
    let aside = path.with_file_name(format!(".{name}.partiel"));
    let _ = std::fs::remove_file(&aside);
    let mut options = std::fs::OpenOptions::new();
    let mut file =
        options.write(true).create_new(true).mode(0o600).open(&aside).map_err(|e| Failure::file(&aside, &e))?;
    file.write_all(ready.to_string().as_bytes()).map_err(|e| Failure::file(&aside, &e))?;
    std::fs::rename(&aside, path).map_err(|e| Failure::file(path, &e))
}

#[cfg(test)]
mod tests {
    use super::check_address;

    #[test]
    fn an_address_is_one_that_a_browser_comes_back_to() {
        for good in ["https://dui.exemple.fr", "http://127.0.0.1:8080/", "https://[::1]:8443", "https://a.fr/socle"] {
            assert!(check_address(good).is_ok(), "{good}");
        }
        for bad in
            ["pas une adresse", "ftp://x", "https://", "https://a b", "https://a:port", "https://a/?b", "dui.fr", ""]
        {
            assert!(check_address(bad).is_err(), "{bad}");
        }
    }
}
