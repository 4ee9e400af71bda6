//! Finding the data, their key, and opening both.

use crate::args::DataArgs;
use crate::failure::{Failure, LOCKED, Result, USAGE};
use app::{App, Clock};
use confidentiality::PlaceProfile;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::{Location, PlaceRow, Secret, Store};

/// The key of a demonstration lies among its data: enough to play, never to serve people.
pub(crate) const DEMO_KEY: &str = "demo-root.key";
/// FINESS of what an import makes in an empty store, until somebody names it.
const UNNAMED: &str = "000000000";
/// A rule of access that changed in the last minutes before the failure may not be there: what most can live with.
const REPLICA_MINUTES: u32 = 15;
/// A month of copies, and some days to notice that one is needed.
const FORMER_KEYS_DAYS: u32 = 35;

/// A configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Folder of the embedded store.
    pub(crate) dir: Option<PathBuf>,
    /// Or a PostgreSQL connection string.
    pub(crate) postgres: Option<String>,
    /// A streaming replica of that database, read while it does not answer.
    pub(crate) postgres_replica: Option<String>,
    /// How old what the replica shows may be; 15 minutes when it is not said.
    pub(crate) postgres_replica_minutes: Option<u32>,
    pub(crate) root_key: Option<PathBuf>,
    /// Where erasures are remembered, outside the data; else beside the root key.
    pub(crate) erasures: Option<PathBuf>,
    /// For how many days a former root key is kept, for the copies of its time; 35 when it is not said.
    pub(crate) former_keys_days: Option<u32>,
    pub(crate) listen: Option<SocketAddr>,
    /// Where figures are read: this machine only, unless an address of the house's network is named.
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) base_url: Option<String>,
    #[serde(default)]
    pub(crate) notifications: Notifications,
}

/// Where programs may be notified, as `https://host` or `https://host:port`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Notifications {
    /// Must lead to public addresses.
    pub(crate) allow: Vec<String>,
    /// May be in the house's network, or this machine.
    pub(crate) allow_private: Vec<String>,
}

/// What a command works on.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) settings: Settings,
    root_key: Option<PathBuf>,
    /// It was named for this command, not by the configuration.
    is_key_typed: bool,
}

impl Data {
    /// Reads the arguments, and the configuration file they name.
    pub(crate) fn new(args: DataArgs) -> Result<Self> {
        let mut settings = match &args.config {
            None => Settings::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))?;
                toml::from_str(&text).map_err(|e| Failure::new(USAGE, misread(path, &text, &e)))?
            }
        };
        settings.dir = args.dir.or(settings.dir);
        if settings.dir.is_some() == settings.postgres.is_some() {
            return Err(Failure::new(USAGE, "La configuration nomme soit « dir », soit « postgres »."));
        }
        if settings.postgres.is_none() && settings.postgres_replica.is_some() {
            return Err(Failure::new(USAGE, "« postgres_replica » double une base PostgreSQL : nommez « postgres »."));
        }
        let is_key_typed = args.root_key.is_some();
        let root_key = args.root_key.or_else(|| settings.root_key.clone());
        Ok(Self { settings, root_key, is_key_typed })
    }

    /// The folder of the embedded store.
    pub(crate) fn dir(&self) -> Option<&Path> {
        self.settings.dir.as_deref()
    }

    /// Opens the store. `make`: an empty folder becomes one, with a new key.
    pub(crate) async fn open(&self, make: bool) -> Result<Store> {
        if let Some(url) = &self.settings.postgres {
            let path = self.root_key.as_deref().ok_or_else(|| {
                Failure::new(LOCKED, "Avec PostgreSQL, nommez la clé racine : --root-key, root_key ou SOCLE_ROOT_KEY.")
            })?;
            let location = Location::Postgres(url.clone());
            let root = match make && !path.exists() {
                true => store::root::create_for(path, &location).await.map_err(|error| of_key(path, error))?,
                false => key(path, false)?,
            };
            let store = store::root::open(path, root, &location, clock()()).await?;
            return self.replayed(store, path).await;
        }
        let dir = self.dir().unwrap_or(Path::new("."));
        let exists = dir.join("main.db").exists();
        if !exists && !self.is_absent() {
            return Err(Failure::new(
                crate::failure::UNREADABLE,
                format!(
                    "{} : main.db manque, à côté de ce qui reste de ces données. Remettez une copie entière.",
                    dir.display()
                ),
            ));
        }
        if !exists && !make {
            return Err(Failure::new(
                crate::failure::UNREADABLE,
                format!("{} : il n'y a pas de données Socle ici.", dir.display()),
            ));
        }
        let path = self.key_path(dir);
        let root = key(&path, make && !exists)?;
        folder(dir)?;
        let store = store::root::open(&path, root, &Location::Directory(dir.to_owned()), clock()()).await?;
        self.replayed(store, &path).await
    }

    /// Opens a copy under the same root key, or one that was it when the copy was made; whoever was erased since is erased from it
    /// too, and noted nowhere else. With it, the former key that opened it; none at all when no key does.
    pub(crate) async fn open_copy(&self, copy: &Path) -> Result<Option<(Store, Option<PathBuf>)>> {
        let today = self.root_key().ok_or_else(|| Failure::new(LOCKED, "La clé racine n'est pas nommée."))?;
        let journal = copy.join("erasures");
        if let Some(known) = self.erasures().filter(|known| known.exists()) {
            std::fs::copy(&known, &journal).map_err(|e| Failure::file(&known, &e))?;
        }
        let mut keys = vec![(key(&today, false)?, None)];
        for path in store::root::former(&today) {
            keys.extend(store::root::load(&path).ok().map(|root| (root, Some(path))));
        }
        for (root, former) in keys {
            // A change of root key that is under way is the store's own: a copy does not end it.
            match Store::open(&Location::Directory(copy.to_owned()), root, clock()()).await {
                Err(store::Error::Key(_)) => {}
                Err(error) => return Err(error.into()),
                Ok(store) => {
                    store.replay_erasures(&journal, clock()()).await?;
                    return Ok(Some((store, former)));
                }
            }
        }
        Ok(None)
    }

    /// A root key that is named is the one of these data, though the server that holds them has its own: else they are not those that
    /// were meant. One that only the configuration names may have been taken away since that server began.
    pub(crate) fn named_key_fits(&self) -> Result<()> {
        let (Some(path), Some(dir)) = (&self.root_key, self.dir()) else { return Ok(()) };
        if !self.is_key_typed && !path.exists() {
            return Ok(());
        }
        match store::root::is_of(dir, &key(path, false)?) {
            Some(false) => Err(of_key(path, store::Error::Key("not the key of this store".to_owned()))),
            _ => Ok(()),
        }
    }

    /// Reads from the replica while the database is away, where one is named: for whoever serves.
    pub(crate) fn stand_in(&self, store: &Store) -> Result<()> {
        let Some(url) = &self.settings.postgres_replica else { return Ok(()) };
        let minutes = self.settings.postgres_replica_minutes.unwrap_or(REPLICA_MINUTES);
        // Not what is written there: it may be a password.
        store
            .stand_in(url, Duration::from_secs(u64::from(minutes) * 60))
            .map_err(|_| Failure::new(USAGE, "« postgres_replica » n'est pas une adresse PostgreSQL."))
    }

    /// The store, once nobody who was erased is in it: it may come from a copy. Not that of a newer version, in which nothing is changed.
    async fn replayed(&self, store: Store, key: &Path) -> Result<Store> {
        App::refuse_later(&store).await?;
        let path = self.settings.erasures.clone().unwrap_or_else(|| erasures(key));
        let again = store.replay_erasures(&path, clock()()).await?;
        if again > 0 {
            crate::screen::say(&format!(
                "Personnes déjà effacées, revenues d'une copie et effacées de nouveau : {again}."
            ));
        }
        for gone in store::root::expire_former(key, clock()(), self.former_keys_days())? {
            crate::screen::say(&format!(
                "Ancienne clé racine détruite : {}. Les copies de son temps ne s'ouvrent plus.",
                gone.display()
            ));
        }
        Ok(store)
    }

    /// For how many days a former root key is kept.
    pub(crate) fn former_keys_days(&self) -> u32 {
        self.settings.former_keys_days.unwrap_or(FORMER_KEYS_DAYS)
    }

    /// Where the root key is.
    pub(crate) fn root_key(&self) -> Option<PathBuf> {
        let dir = self.dir().map(|dir| self.key_path(dir));
        dir.or_else(|| self.root_key.clone())
    }

    fn key_path(&self, dir: &Path) -> PathBuf {
        let demo = dir.join(DEMO_KEY);
        match &self.root_key {
            Some(path) => path.clone(),
            None if demo.exists() => demo,
            None => beside(dir),
        }
    }

    /// Where erasures are remembered.
    pub(crate) fn erasures(&self) -> Option<PathBuf> {
        self.settings.erasures.clone().or_else(|| Some(erasures(&self.root_key()?)))
    }

    /// Whether there is nothing there yet, nor anything left of what was there.
    pub(crate) fn is_absent(&self) -> bool {
        let there = |dir: &Path, name: &str| ["", "-wal"].iter().any(|end| dir.join(format!("{name}{end}")).exists());
        self.dir().is_some_and(|dir| !crate::begun::FILES.iter().any(|name| there(dir, name)))
    }

    /// The root key that these data have for themselves, where none is named: others may use a named one.
    pub(crate) fn own_key(&self) -> Option<PathBuf> {
        self.dir().filter(|_| self.root_key.is_none()).map(|dir| self.key_path(dir))
    }

    /// Whether these are the data of a demonstration.
    pub(crate) fn is_demo(&self) -> bool {
        self.dir().is_some_and(|dir| dir.join(DEMO_KEY).exists())
    }
}

/// `DIR.root.key`, outside the folder it opens.
fn beside(dir: &Path) -> PathBuf {
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or("socle");
    dir.with_file_name(format!("{name}.root.key"))
}

/// Where erasures are remembered: beside the root key, which no copy of the data takes back.
pub(crate) fn erasures(key: &Path) -> PathBuf {
    let name = key.file_name().and_then(|name| name.to_str()).unwrap_or("socle");
    key.with_file_name(format!("{name}.erasures"))
}

/// Reads a root key; `make`: writes a new one where there is none.
pub(crate) fn key(path: &Path, make: bool) -> Result<Secret> {
    if path.exists() || !make {
        return store::root::load(path).map_err(|error| of_key(path, error));
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|e| Failure::file(parent, &e))?;
    }
    Ok(store::root::create(path)?)
}

/// What is wrong with a root key, and which.
fn of_key(path: &Path, error: store::Error) -> Failure {
    let of_key = matches!(error, store::Error::Key(_));
    let Failure { exit, text } = error.into();
    if of_key { Failure::new(exit, format!("{} : {text}", path.display())) } else { Failure::new(exit, text) }
}

/// Where a configuration is wrong, and the key that is not one; never what is written beside it: it may be a password.
fn misread(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let key = error.message().strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    let why = match key.filter(|key| key.len() <= 40) {
        Some(key) => format!("« {key} » n'est pas une clé de la configuration"),
        None => "configuration incorrecte".to_owned(),
    };
    format!("{} : ligne {line} : {why}.", path.display())
}

/// Makes a folder that only its owner may enter.
pub(crate) fn folder(dir: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = std::fs::DirBuilder::new();
    let told = |error: std::io::Error| match error.kind() {
        // A file has that name.
        std::io::ErrorKind::AlreadyExists => Failure::file(dir, &std::io::ErrorKind::NotADirectory.into()),
        _ => Failure::file(dir, &error),
    };
    builder.recursive(true).mode(0o700).create(dir).map_err(told)
}

/// Whether the place is made in an empty store, and for a FINESS not seen yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    /// A command that only looks makes nothing.
    Nothing,
    /// In a store for a trial.
    Trial,
    /// For good.
    Place,
}

/// Opens the application for a command run by the operator.
pub(crate) async fn operator(store: Store, place: Option<&str>, make: Make) -> Result<App> {
    if let Some(finess) = place {
        check_finess(finess)?;
    }
    let now = clock()();
    let tenant = match store.tenants().await?.first() {
        Some(tenant) => *tenant,
        None if make == Make::Nothing => {
            return Err(Failure::new(
                crate::failure::UNREADABLE,
                "Ces données ne connaissent encore aucun établissement.",
            ));
        }
        None => store.ensure_tenant(UNNAMED, now).await?,
    };
    let places = store.places(tenant).await?;
    let wanted = place.or(places.is_empty().then_some(UNNAMED));
    if let Some(finess) = wanted.filter(|finess| !places.iter().any(|row| row.finess == *finess)) {
        if make == Make::Nothing {
            return Err(Failure::new(USAGE, format!("L'établissement {finess} n'est pas connu de ces données.")));
        }
        let name = PlaceRow::unnamed(finess);
        store.ensure_place(tenant, finess, PlaceProfile::parse(""), &name).await?;
        let done = if make == Make::Trial { "serait créé" } else { "créé" };
        crate::screen::say(&format!("Établissement {finess} {done}."));
    }
    Ok(App::open(store, tenant, clock()).await?)
}

/// Nine signs, as the FINESS register gives them: two of the department (2A, 2B), seven figures.
pub(crate) fn check_finess(finess: &str) -> Result<()> {
    let fits = finess.len() == 9 && finess.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'A' | b'B'));
    if fits {
        Ok(())
    } else {
        Err(Failure::new(USAGE, format!("« {finess} » n'est pas un numéro FINESS : 9 chiffres.")))
    }
}

/// The time of the machine, UTC microseconds.
pub(crate) fn clock() -> Clock {
    Arc::new(|| jiff::Timestamp::now().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::{Notifications, Settings};

    #[test]
    fn every_key_of_the_configuration_has_its_row_in_the_documentation() {
        let page = include_str!("../../../docs/OPERATING.md");
        let refusals =
            [toml::from_str::<Settings>("no = 1").unwrap_err(), toml::from_str::<Notifications>("no = 1").unwrap_err()];
        let said: Vec<String> = refusals.iter().map(|error| error.message().to_owned()).collect();
        let keys: Vec<&str> = said.iter().flat_map(|said| said.split('`').skip(3).step_by(2)).collect();
        assert!(keys.len() > 12, "{said:?}");
        for key in keys.into_iter().filter(|key| *key != "notifications") {
            let rows = [format!("\n| `{key}` |"), format!("\n| `[notifications]` `{key}` |")];
            assert!(rows.iter().any(|row| page.contains(row)), "{key}");
        }
    }
}
