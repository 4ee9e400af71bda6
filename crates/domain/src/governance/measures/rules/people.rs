//! Accounts of the directory, beside the movements of staff: ID, ADM.

use super::persons::{Accounts, Present, day, local};
use super::tally::Tally;
use super::{DAY, Rule, World};
use crate::agreement::{agreed, shown};
use crate::governance::estate::{Account, Format, Movement, Seen, Source};
use crate::governance::measures::evidence::Connector;
use crate::governance::measures::own::Holder;
use crate::governance::names::letters;
use crate::governance::obsolescence::normalise;

pub(super) const RULES: &[Rule] = &[
    directory("ID-01", "comptes-nominatifs", personal, None),
    Rule { measure: "ID-02", id: "departs-fermes", connector: Connector::Rh, days: 31, run: departed, remaining: None },
    directory("ID-04", "comptes-dormants", dormant, None),
    Rule {
        measure: "ID-09",
        id: "contrats-courts",
        connector: Connector::Rh,
        days: 31,
        run: temporary,
        remaining: None,
    },
    directory(
        "ADM-01",
        "comptes-privilegies",
        privileged,
        Some("la liste signée des comptes d’administration reste à joindre"),
    ),
    directory(
        "ADM-02",
        "administration-a-part",
        apart,
        Some("l’absence de messagerie sur ces comptes reste à montrer"),
    ),
    directory("ADM-03", "mots-de-passe-privilegies", renewed, None),
];

const fn directory(
    measure: &'static str,
    id: &'static str,
    run: fn(&World<'_>) -> Option<Tally>,
    remaining: Option<&'static str>,
) -> Rule {
    Rule { measure, id, connector: Connector::Dir, days: 31, run, remaining }
}

/// Words that name a job or a place, not a person.
const SHARED: [&str; 40] = [
    "ide",
    "as",
    "ash",
    "aes",
    "amp",
    "asg",
    "infirmier",
    "infirmiere",
    "aide",
    "soignant",
    "soignante",
    "aidesoignant",
    "medecin",
    "accueil",
    "secretariat",
    "secretaire",
    "stagiaire",
    "interim",
    "interimaire",
    "remplacant",
    "remplacante",
    "equipe",
    "nuit",
    "jour",
    "cuisine",
    "veilleur",
    "educateur",
    "animation",
    "salle",
    "unite",
    "etage",
    "poste",
    "test",
    "user",
    "utilisateur",
    "invite",
    "guest",
    "formation",
    "pharmacie",
    "direction",
];

fn active<'a>(world: &'a World<'_>) -> impl Iterator<Item = &'a Seen<Account>> {
    world.inputs.estate.accounts.iter().filter(|account| account.told.enabled != Some(false) && !account.told.gone)
}

fn is_exempt(world: &World<'_>, account: &Account) -> bool {
    world.inputs.settings.exempt_accounts.iter().any(|login| login.eq_ignore_ascii_case(&account.login))
}

/// Whether an account is called by a function or a place, as `ide1` or `accueil`, and by nobody's name.
#[must_use]
pub fn is_shared_login(login: &str) -> bool {
    let words = letters(local(login));
    !words.is_empty() && words.iter().all(|word| SHARED.contains(&word.as_str()))
}

fn personal(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("comptes ouverts");
    for account in active(world) {
        let fine = !is_shared_login(&account.told.login) || is_exempt(world, &account.told);
        tally.line(&account.source, &account.told.login, Some(fine));
    }
    tally.unless_empty()
}

/// Everyone who left more than a day ago, and is not back, has no open account.
fn departed(world: &World<'_>) -> Option<Tally> {
    if world.inputs.estate.accounts.is_empty() {
        return None;
    }
    departures(world, Tally::of("personnes suivies"), active(world))
}

/// The same of accounts of Socle itself.
pub(super) fn departed_from_socle(world: &World<'_>) -> Option<Tally> {
    departures(world, Tally::of("personnes suivies").own(), &holders(world))
}

/// Accounts of Socle, as those of a directory.
fn holders(world: &World<'_>) -> Vec<Seen<Account>> {
    let source =
        || Source { import: 0, at: world.inputs.now, file: String::new(), format: Format::Staff, line: 0, entry: 0 };
    let told = |one: &Holder| Account {
        login: one.login.clone(),
        display: Some(one.display.clone()),
        enabled: Some(true),
        expires: one.ends,
        ..Account::default()
    };
    world.inputs.own.people.iter().map(|one| Seen { source: source(), told: told(one) }).collect()
}

fn departures<'a>(
    world: &World<'_>,
    mut tally: Tally,
    accounts: impl IntoIterator<Item = &'a Seen<Account>>,
) -> Option<Tally> {
    let movements = &world.inputs.estate.movements;
    let is_over =
        |one: &Movement| day(one.ends.as_deref()).is_some_and(|day| (world.inputs.today - day).get_days() > 1);
    let present = Present::of(movements.iter().map(|one| &one.told).filter(|one| !is_over(one)));
    let accounts = Accounts::of(accounts);
    for gone in movements.iter().filter(|one| is_over(&one.told) && !present.has(&one.told)) {
        let open = accounts.find(&gone.told);
        let name = open.map_or(gone.told.number.as_str(), |account| account.told.login.as_str());
        tally.line(&gone.source, name, Some(open.is_none()));
    }
    // Staff without any departure prove that departures are followed.
    for here in movements.iter().filter(|one| day(one.told.ends.as_deref()).is_none()) {
        tally.line(&here.source, "", Some(true));
    }
    let (open, total) = (tally.failing(), shown(movements.len()));
    let said = match open {
        0 => format!("Aucune personne partie n’a de compte ouvert, sur {total} suivies."),
        open => format!(
            "{} {} de personnes parties, sur {total} personnes suivies.",
            shown(open),
            agreed(open, "compte encore ouvert")
        ),
    };
    tally.unless_empty().map(|tally| tally.saying(said))
}

fn dormant(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("comptes ouverts");
    for account in active(world) {
        let told = &account.told;
        let fine = match (told.last_seen, told.created) {
            (Some(last), _) => world.past(last).map(|days| days <= 90),
            // Never used: only a new one may be.
            (None, Some(created)) if world.age(created) <= 90 => world.past(created).map(|_| true),
            (None, Some(_)) if !told.use_untold => Some(false),
            (None, _) => None,
        };
        tally.line(&account.source, &told.login, if is_exempt(world, told) { Some(true) } else { fine });
    }
    tally.unless_empty()
}

/// The account of somebody on a contract with an end stops with it.
fn temporary(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("contrats à durée limitée");
    let accounts = Accounts::of(active(world));
    for (person, limit) in limited(world) {
        let Some(account) = accounts.find(&person.told) else { continue };
        let fine = match account.told.expires {
            Some(expires) => Some(expires <= limit),
            None if account.told.end_untold => None,
            None => Some(false),
        };
        tally.line(&person.source, &account.told.login, fine);
    }
    tally.unless_empty()
}

/// The same of accounts of Socle itself; who has none there cannot stay.
pub(super) fn temporary_in_socle(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("contrats à durée limitée").own();
    let holders = holders(world);
    let accounts = Accounts::of(&holders);
    for (person, limit) in limited(world) {
        let account = accounts.find(&person.told);
        let fine = account.is_none_or(|account| account.told.expires.is_some_and(|expires| expires <= limit));
        tally.line(&person.source, account.map_or("", |account| account.told.login.as_str()), Some(fine));
    }
    tally.unless_empty()
}

/// People on a contract that ends today or later, and the latest end of their account.
fn limited<'a>(world: &'a World<'_>) -> impl Iterator<Item = (&'a Seen<Movement>, i64)> {
    let today = world.inputs.today;
    world.inputs.estate.movements.iter().filter_map(move |person| {
        let ends = day(person.told.ends.as_deref()).filter(|day| *day >= today)?;
        Some((person, crate::local_time::instant(ends.to_datetime(jiff::civil::Time::midnight())) + 2 * DAY))
    })
}

/// Groups that can do everything, or take everything over.
const PRIVILEGED: [&str; 17] = [
    "domain admins",
    "admins du domaine",
    "enterprise admins",
    "administrateurs de l'entreprise",
    "schema admins",
    "administrateurs du schema",
    "administrators",
    "administrateurs",
    "account operators",
    "operateurs de compte",
    "backup operators",
    "operateurs de sauvegarde",
    "server operators",
    "operateurs de serveur",
    "print operators",
    "dnsadmins",
    "group policy creator owners",
];

fn is_privileged(account: &Account) -> bool {
    account.guarded == Some(true) || account.groups.iter().any(|group| PRIVILEGED.contains(&normalise(group).as_str()))
}

/// No more than a few.
fn privileged(world: &World<'_>) -> Option<Tally> {
    let most = world.inputs.settings.privileged_most;
    let all: Vec<&Seen<Account>> = active(world).filter(|account| is_privileged(&account.told)).collect();
    let mut tally = Tally::of("comptes qui peuvent tout");
    for account in &all {
        tally.line(&account.source, &account.told.login, Some(all.len() <= most));
    }
    let said = format!("{} {} tout, pour {most} au plus.", all.len(), agreed(all.len(), "compte peut"));
    tally.unless_empty().map(|tally| tally.saying(said))
}

/// A privileged account is in no group of carers, and whoever has one has another for the day's work.
fn apart(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("comptes d’administration");
    for account in active(world).filter(|account| is_privileged(&account.told)) {
        let told = &account.told;
        let cares = told.groups.iter().flat_map(|group| letters(group)).any(|word| SHARED.contains(&word.as_str()));
        tally.line(&account.source, &told.login, Some(!cares));
    }
    tally.unless_empty()
}

/// Changed within a year; the key of the directory (krbtgt) too.
fn renewed(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("comptes d’administration");
    let key = |account: &&Seen<Account>| account.told.login.eq_ignore_ascii_case("krbtgt");
    let closed = world.inputs.estate.accounts.iter().filter(key);
    for account in active(world).filter(|account| is_privileged(&account.told) && !key(account)).chain(closed) {
        let fine = account.told.password_set.and_then(|set| world.past(set)).map(|days| days <= 365);
        tally.line(&account.source, &account.told.login, fine);
    }
    tally.unless_empty()
}
