//! Signing in: people with a session, programs with a token.

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use crate::password;
use crate::protection::obeyed;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use confidentiality::{Actor, ClientScope, Level, Place, Purpose, Session, Strength};
use domain::governance::passwords::{self, Weak};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use store::{Account, AccountKind, SessionRow, Wish};

const SECOND: i64 = 1_000_000;
/// An account may be changed while it is looked at: so many times it is looked at again.
pub(crate) const TRIES: usize = 3;
/// A session ends after this, whatever happens.
const SESSION_S: i64 = 12 * 3600;
/// A program's token lasts this long.
pub const TOKEN_S: i64 = 3600;
/// For a program, whose secret cannot be guessed and which may ask for many tokens at once.
const CLIENT_TRIES: u32 = 20;
/// Bytes of the longest login.
pub(crate) const LONGEST_LOGIN: usize = 200;

/// A human who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    account: Account,
    /// State of the session now.
    pub session: Session,
}

/// Checks a login and a password, and opens a session: the token of its cookie.
///
/// # Errors
/// [`Error::Credentials`], [`Error::TooManyAttempts`], the store's.
pub async fn sign_in(app: &App, login: &str, secret: &str) -> Result<String> {
    for _ in 0..TRIES {
        let account = check(app, AccountKind::Person, login, secret).await?;
        let token = random_text()?;
        let now = app.now();
        let session = SessionRow {
            tenant: app.tenant(),
            actor: account.actor,
            strength: Strength::Password.code(),
            started: now,
            stepped_up: 0,
            ends: now + SESSION_S * SECOND,
        };
        match app.store().open_session(token.as_bytes(), session, &account).await {
            // It was changed while its secret was looked at: the secret may be another one.
            Err(store::Error::Conflict(_)) => {}
            opened => return Ok(opened.map(|()| token)?),
        }
    }
    Err(Error::Credentials)
}

/// Who is behind a session token.
///
/// # Errors
/// [`Error::SignedOut`] when there is none, it is over, or the account is gone.
pub async fn signed_in(app: &App, token: &str) -> Result<SignedIn> {
    let now = app.now();
    let idle = i64::from(obeyed(app).await.idle_minutes) * 60 * SECOND;
    let row = app.store().session(token.as_bytes(), now, idle).await?.ok_or(Error::SignedOut)?;
    if row.tenant != app.tenant() {
        return Err(Error::SignedOut);
    }
    let actor = Actor::new(row.actor);
    let account = app.store().account(app.tenant(), actor).await?.filter(|account| account.is_open(now));
    let account = account.ok_or(Error::SignedOut)?;
    let session = Session {
        strength: Strength::from_code(row.strength).unwrap_or(Strength::None),
        age_s: (now - row.started).max(0) / SECOND,
        step_up_age_s: (row.stepped_up > 0).then(|| (now - row.stepped_up).max(0) / SECOND),
        ..Session::none()
    };
    Ok(SignedIn { account, session })
}

impl SignedIn {
    /// The request of this person.
    ///
    /// # Errors
    /// The store's.
    pub async fn cx(&self, app: &App, origin: Origin) -> Result<Cx> {
        Cx::person(app, &self.account, self.session, origin).await
    }

    /// What was typed to sign in.
    pub fn login(&self) -> &str {
        &self.account.login
    }

    /// Somebody else has given them the password they have.
    pub fn is_given(&self) -> bool {
        self.account.chosen.is_none()
    }
}

/// Types the password again: level 4 opens for a while.
///
/// # Errors
/// [`Error::SignedOut`], [`Error::Credentials`], [`Error::TooManyAttempts`].
pub async fn step_up(app: &App, token: &str, secret: &str) -> Result<()> {
    let who = signed_in(app, token).await?;
    check(app, AccountKind::Person, who.login(), secret).await?;
    Ok(app.store().step_up_session(token.as_bytes(), app.now()).await?)
}

/// Whoever is signed in gives their password again, for what is about to be done.
///
/// # Errors
/// [`Error::Credentials`], [`Error::TooManyAttempts`], the store's.
pub async fn verify(cx: &Cx, login: &str, secret: &str) -> Result<()> {
    let account = check(cx.app(), AccountKind::Person, login, secret).await?;
    if Actor::new(account.actor) == cx.clearance().actor() { Ok(()) } else { Err(Error::Credentials) }
}

/// Least number of signs of a password chosen now.
pub async fn shortest_password(app: &App) -> u32 {
    obeyed(app).await.shortest
}

/// Whoever is signed in chooses a password of their own, in place of the one they give; their other sessions end. `Err` inside:
/// why it is not taken.
///
/// # Errors
/// [`Error::SignedOut`], [`Error::Credentials`], [`Error::TooManyAttempts`], the store's.
pub async fn choose_password(
    cx: &Cx,
    token: &str,
    before: &str,
    chosen: &str,
) -> Result<std::result::Result<(), Weak>> {
    let app = cx.app();
    let who = signed_in(app, token).await?;
    let account = check(app, AccountKind::Person, who.login(), before).await?;
    let shortest = obeyed(app).await.shortest;
    if let Err(weak) = passwords::judge(chosen, shortest, &[&account.login, &account.display]) {
        return Ok(Err(weak));
    }
    if password::verify(chosen, Some(&account.password)).await? {
        return Ok(Err(Weak::Same));
    }
    let wanted = Account { password: password::hash(chosen).await?, chosen: Some(shortest), ..account.clone() };
    let call = cx.call("password-choose");
    match app.store().change_accounts(&call, vec![(account, wanted)], Some(token.as_bytes())).await {
        // Closed, or given another password, meanwhile: both have ended the session.
        Err(store::Error::Conflict(_)) => Err(Error::SignedOut),
        changed => Ok(Ok(changed?)),
    }
}

/// The request of whoever gives this password now, outside any session: an order given on the machine itself.
///
/// # Errors
/// [`Error::Credentials`], [`Error::TooManyAttempts`], the store's.
pub async fn prove(app: &App, login: &str, secret: &str, origin: Origin) -> Result<Cx> {
    let account = check(app, AccountKind::Person, login, secret).await?;
    let session = Session { strength: Strength::Password, age_s: 0, step_up_age_s: Some(0), ..Session::none() };
    Cx::person(app, &account, session, origin).await
}

/// Ends a session; unknown tokens are fine.
///
/// # Errors
/// The store's.
pub async fn sign_out(app: &App, token: &str) -> Result<()> {
    Ok(app.store().close_session(token.as_bytes()).await?)
}

/// An access token of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// To send as `Authorization: Bearer`.
    pub token: String,
    /// Seconds it lasts.
    pub expires_in: i64,
    /// SMART scope.
    pub scope: String,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    actor: i64,
    ends: i64,
    /// Asked for to read only.
    #[serde(default)]
    reads: bool,
}

const USAGE: &str = "access-token";

/// Checks a program's credentials and gives it a token (OAuth 2.0 `client_credentials`, RFC 6749 §4.4), to read only when
/// it wishes to.
///
/// # Errors
/// [`Error::Credentials`], [`Error::TooManyAttempts`].
pub async fn client_token(app: &App, id: &str, secret: &str, reads: bool) -> Result<AccessToken> {
    let account = check(app, AccountKind::Client, id, secret).await?;
    let sealed = Sealed { actor: account.actor, ends: app.now() + TOKEN_S * SECOND, reads };
    let plain = serde_json::to_vec(&sealed).map_err(|e| Error::Bug(e.to_string()))?;
    let token = app.store().seal_token(app.tenant(), USAGE, &plain)?;
    Ok(AccessToken { token, expires_in: TOKEN_S, scope: scope_of(account.write && !reads).to_owned() })
}

/// The SMART scope of a program that may, or may not, write.
pub fn scope_of(write: bool) -> &'static str {
    if write { "system/*.cruds" } else { "system/*.rs" }
}

/// Whether these scopes only read; none when no scope of a program (`system/…`) is among them. What is asked for of one
/// type is given of all: the answer says which scope was given.
pub fn only_reads(scope: &str) -> Option<bool> {
    let rights = |one: &str| {
        let (_, rights) = one.strip_prefix("system/")?.split_once('.')?;
        let rights = rights.split('?').next().unwrap_or_default();
        match rights {
            "read" => Some(true),
            "write" | "*" => Some(false),
            "" => None,
            _ if rights.chars().all(|right| "cruds".contains(right)) => Some(!rights.contains(['c', 'u', 'd'])),
            _ => None,
        }
    };
    scope.split_whitespace().filter_map(rights).reduce(|one, two| one && two)
}

/// The request of a program.
///
/// # Errors
/// [`Error::SignedOut`] when the token is not ours, is over, or its program is gone.
pub async fn bearer(app: &App, token: &str, purpose: Purpose, origin: Origin) -> Result<Cx> {
    let sealed = opened(app, token)?;
    allowed(app, Actor::new(sealed.actor), sealed.reads, purpose, origin).await
}

/// The same, for who is going to [`crate::records::read`], to replace or to delete this: both are asked on one way to the database
/// and back, if the program has been seen before. What it may do is what its account says now, whatever it said then.
///
/// # Errors
/// As [`bearer`].
pub async fn bearer_finding(app: &App, token: &str, purpose: Purpose, origin: Origin, wish: Wish<'_>) -> Result<Cx> {
    let sealed = opened(app, token)?;
    let actor = Actor::new(sealed.actor);
    let seen = app.store().saves_by_asking_ahead().then(|| app.programs().scope(actor)).flatten();
    let Some(scope) = seen else {
        return allowed(app, actor, sealed.reads, purpose, origin).await;
    };
    let scope = ClientScope { write: scope.write && !sealed.reads, ..scope };
    let guess = Cx::client(app, actor, scope, purpose, origin.clone()).call("read");
    let (account, ahead) = app.store().account_ahead(&guess, wish).await?;
    Ok(as_it_is(app, account, sealed.reads, purpose, origin)?.told(ahead))
}

fn opened(app: &App, token: &str) -> Result<Sealed> {
    let plain = app.store().open_token(app.tenant(), USAGE, token).ok_or(Error::SignedOut)?;
    let sealed: Sealed = serde_json::from_slice(&plain).map_err(|_| Error::SignedOut)?;
    if sealed.ends <= app.now() { Err(Error::SignedOut) } else { Ok(sealed) }
}

/// Which rights programs had when they were last seen: to ask ahead by, never to let in by.
#[derive(Default)]
pub(crate) struct Programs(Mutex<BTreeMap<Actor, ClientScope>>);

impl Programs {
    fn scope(&self, actor: Actor) -> Option<ClientScope> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&actor).copied()
    }

    fn saw(&self, actor: Actor, scope: ClientScope) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(actor, scope);
    }
}

/// The request of a program that is not there to make it, with the rights it has now.
///
/// # Errors
/// [`Error::SignedOut`] when there is no such program.
pub(crate) async fn client(app: &App, actor: Actor, purpose: Purpose, origin: Origin) -> Result<Cx> {
    allowed(app, actor, false, purpose, origin).await
}

async fn allowed(app: &App, actor: Actor, reads: bool, purpose: Purpose, origin: Origin) -> Result<Cx> {
    let account = app.store().account(app.tenant(), actor).await?;
    as_it_is(app, account, reads, purpose, origin)
}

/// The request of a program whose account is there, open, and says this.
fn as_it_is(app: &App, account: Option<Account>, reads: bool, purpose: Purpose, origin: Origin) -> Result<Cx> {
    let account = account.filter(|account| account.kind == AccountKind::Client && account.is_open(app.now()));
    let account = account.ok_or(Error::SignedOut)?;
    let scope = rights(&account);
    let actor = Actor::new(account.actor);
    app.programs().saw(actor, scope);
    Ok(Cx::client(app, actor, ClientScope { write: scope.write && !reads, ..scope }, purpose, origin))
}

/// What a program was registered with.
pub(crate) fn rights(account: &Account) -> ClientScope {
    ClientScope {
        place: account.place.map(Place::new),
        cap: Level::from_code(account.max_level).unwrap_or(Level::Open),
        write: account.write,
        chosen_ids: account.chosen_ids,
    }
}

/// An account to create or replace.
#[derive(Clone)]
pub struct NewAccount {
    /// Number.
    pub actor: Actor,
    /// Kind.
    pub kind: AccountKind,
    /// Login or client id.
    pub login: String,
    /// What screens show.
    pub display: String,
    /// The secret, hashed before it is kept.
    pub secret: String,
    /// A program's rights; not used for people.
    pub scope: ClientScope,
    /// Id of the FHIR Practitioner a human writes as.
    pub practitioner: Option<String>,
}

/// Creates or replaces an account.
///
/// # Errors
/// The store's.
pub async fn put(app: &App, new: NewAccount) -> Result<()> {
    let account = Account {
        actor: new.actor.value(),
        kind: new.kind,
        login: new.login,
        display: new.display,
        password: password::hash(&new.secret).await?,
        place: new.scope.place.map(Place::value),
        max_level: new.scope.cap.code(),
        write: new.scope.write,
        chosen_ids: new.scope.chosen_ids,
        practitioner: new.practitioner,
        ends: None,
        chosen: None,
    };
    Ok(app.store().put_account(app.tenant(), account).await?)
}

async fn check(app: &App, kind: AccountKind, login: &str, secret: &str) -> Result<Account> {
    if login.len() > LONGEST_LOGIN {
        return Err(Error::Credentials);
    }
    let (attempts, key) = (app.attempts(), format!("{kind:?} {login}"));
    let most = if kind == AccountKind::Person { obeyed(app).await.tries } else { CLIENT_TRIES };
    attempts.begin(&key, most, app.now())?;
    let account = app.store().find_account(app.tenant(), kind, login).await?;
    let right = password::verify(secret, account.as_ref().map(|a| a.password.as_str())).await?;
    let account = account.filter(|account| right && account.is_open(app.now())).ok_or(Error::Credentials)?;
    attempts.forgive(&key);
    Ok(account)
}

/// 256 random bits as text for a cookie or a secret.
///
/// # Errors
/// When the system gives no randomness.
pub fn random_text() -> Result<String> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Bug("no randomness".into()))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
