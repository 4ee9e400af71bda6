//! What Socle proves by itself: its accounts, its lock, its trail, its backups.

use super::tally::Tally;
use super::{DAY, Rule, World, people, professionals};
use crate::agreement::{agreed, shown};
use crate::governance::measures::evidence::Connector;
use crate::governance::measures::own::{Accounts, Audit, Backup, Check, Factors, Found, Named, Share};
use crate::governance::measures::status::Derogation;
use crate::governance::protection::Setting;

/// How long what is read of Socle is worth something.
const WEEK: i64 = 7 * DAY;

pub(super) const RULES: &[Rule] = &[
    own("ID-01", "comptes-socle-nominatifs", |world| accounts(world, "comptes de Socle", |all| all.personal), None),
    own("ID-04", "comptes-socle-utilises", |world| accounts(world, "comptes de Socle", |all| all.used), None),
    own("ID-02", "departs-socle", people::departed_from_socle, None),
    own("ID-09", "comptes-socle-temporaires", people::temporary_in_socle, None),
    own("ID-08", "rpps-connus", professionals::matched, None),
    own("ID-03", "revue-des-droits", |world| share(world, "comptes", world.inputs.own.review), None),
    own("ID-05", "second-facteur-soignants", |world| factors(world, "soignants", |all| &all.carers), None),
    own(
        "ID-06",
        "second-facteur-administration",
        |world| factors(world, "administrateurs de Socle", |all| &all.administrators),
        Some("le second facteur des accès distants des prestataires reste à montrer"),
    ),
    own("ID-07", "regle-mots-de-passe", passwords, Some("la règle de l’annuaire Windows reste à montrer")),
    own(
        "ID-07",
        "mots-de-passe-dans-la-regle",
        |world| share(world, "mots de passe", world.inputs.own.passwords.map(|all| all.under_rule)),
        None,
    ),
    own(
        "ID-10",
        "blocage",
        |world| {
            setting(
                world,
                "réglage",
                world.inputs.own.blocked_after.map(|tries| Setting::Tries.advised().contains(&tries)),
            )
        },
        None,
    ),
    own(
        "POSTE-06",
        "verrouillage-socle",
        |world| {
            setting(
                world,
                "réglage",
                world.inputs.own.idle_minutes.map(|minutes| Setting::Idle.advised().contains(&minutes)),
            )
        },
        Some("le verrouillage de Windows reste à montrer"),
    ),
    own(
        "ADM-05",
        "secret-donne",
        |world| share(world, "mots de passe de Socle", world.inputs.own.passwords.map(|all| all.chosen)),
        Some("les mots de passe d’usine des autres appareils restent à vérifier"),
    ),
    own("SENS-01", "charte-signee", signed, None),
    own("GOUV-07", "derogations-datees", derogations, None),
    audit("TRACE-01", "parcours-temoin", |world| trail(world, "parcours témoin", 31, |audit| audit.traced)),
    audit("TRACE-02", "traces-verifiees", |world| trail(world, "vérification des traces", 2, |audit| audit.verified)),
    audit("TRACE-02", "temoin-exterieur", witnessed),
    audit("TRACE-03", "acces-relus", |world| share(world, "accès à relire ce mois", world.inputs.own.looked)),
    audit("TRACE-04", "traces-purgees", |world| trail(world, "purge des traces", 62, |audit| audit.purged)),
    audit("TRACE-05", "horloge", clock),
    audit("TRACE-06", "liste-des-acces", |world| trail(world, "édition des accès", 366, |audit| audit.listed)),
    audit("TRACE-06", "demandes-repondues", requests),
    own("DROIT-01", "acces-generaux", reaches, None),
    own("DROIT-05", "matrice-verifiee", |world| found(world, "comptes", world.inputs.own.level4.as_ref(), 31), None),
    own("DROIT-05", "appareils-bornes", |world| share(world, "appareils enregistrés", world.inputs.own.devices), None),
    backup("SAUV-02", "trois-copies", copies),
    backup("SAUV-03", "copie-intouchable", |world| saved(world, "essai de suppression", 31, |all| all.canary)),
    backup("SAUV-04", "relecture", |world| saved(world, "relecture", 30, |all| all.read_again)),
    Rule {
        connector: Connector::Rst,
        ..backup("SAUV-05", "restauration", |world| saved(world, "exercice", 92, |all| all.drill))
    },
    Rule {
        connector: Connector::Rst,
        remaining: Some("le temps de reprise des autres logiciels reste à mesurer"),
        ..backup("SAUV-10", "reprise-mesuree", took)
    },
    backup("SAUV-12", "duree-de-conservation", |world| {
        setting(world, "réglage", world.inputs.own.backup.and_then(|all| all.by_age))
    }),
    own("CONT-01", "releve-du-jour", at_hand, Some("que le dossier de secours est copié sur deux postes reste à dire")),
    own("CONT-01", "dossier-ouvert", opened, None),
];

/// What is read of Socle is worth a week; the tally's own instants say until when.
const fn own(
    measure: &'static str,
    id: &'static str,
    run: fn(&World<'_>) -> Option<Tally>,
    remaining: Option<&'static str>,
) -> Rule {
    Rule { measure, id, connector: Connector::Dui, days: 366, run, remaining }
}

const fn audit(measure: &'static str, id: &'static str, run: fn(&World<'_>) -> Option<Tally>) -> Rule {
    Rule { measure, id, connector: Connector::Sup, days: 366, run, remaining: None }
}

const fn backup(measure: &'static str, id: &'static str, run: fn(&World<'_>) -> Option<Tally>) -> Rule {
    Rule { measure, id, connector: Connector::Bkp, days: 366, run, remaining: None }
}

fn share(world: &World<'_>, what: &'static str, share: Option<Share>) -> Option<Tally> {
    let share = share?;
    let mut tally = Tally::of(what).own().until(world.inputs.now + WEEK);
    tally.many(share.comply, share.of);
    tally.during(world.inputs.now);
    // Nobody to count is nothing to prove.
    tally.unless_empty()
}

fn accounts(world: &World<'_>, what: &'static str, part: fn(Accounts) -> Option<Share>) -> Option<Tally> {
    share(world, what, world.inputs.own.accounts.and_then(part))
}

/// Each by name: they are those to equip.
fn factors(world: &World<'_>, what: &'static str, part: fn(&Factors) -> &[Named]) -> Option<Tally> {
    let mut tally = Tally::of(what).own().until(world.inputs.now + WEEK);
    tally.during(world.inputs.now);
    part(world.inputs.own.factors.as_ref()?).iter().for_each(|one| tally.add(&one.name, Some(one.fine)));
    tally.unless_empty()
}

fn setting(world: &World<'_>, what: &'static str, fine: Option<bool>) -> Option<Tally> {
    let mut tally = Tally::of(what).own().until(world.inputs.now + WEEK);
    let fine = fine?;
    tally.add(what, Some(fine));
    tally.during(world.inputs.now);
    Some(tally.saying(one(what, fine)))
}

/// A check is worth something for so many days; a failed one says so at once.
fn recent(_world: &World<'_>, what: &'static str, check: Option<Check>, days: i64) -> Option<Tally> {
    let check = check?;
    let mut tally = Tally::of(what).own().until(check.at + days * DAY);
    tally.add(what, Some(check.ok));
    tally.during(check.at);
    Some(tally.saying(one(what, check.ok)))
}

/// What is said of one thing.
fn one(what: &str, fine: bool) -> String {
    let mut signs = what.chars();
    let first: String = signs.next().map(|sign| sign.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}\u{a0}: {}.", signs.as_str(), if fine { "en ordre" } else { "à corriger" })
}

fn trail(world: &World<'_>, what: &'static str, days: i64, part: fn(Audit) -> Option<Check>) -> Option<Tally> {
    recent(world, what, world.inputs.own.audit.and_then(part), days)
}

fn saved(world: &World<'_>, what: &'static str, days: i64, part: fn(Backup) -> Option<Check>) -> Option<Tally> {
    recent(world, what, world.inputs.own.backup.and_then(part), days)
}

/// A trail without a witness proves nothing to somebody outside.
fn witnessed(world: &World<'_>) -> Option<Tally> {
    let audit = world.inputs.own.audit?;
    let within = audit.witnessed.is_some_and(|at| world.age(at) <= 7);
    setting(world, "témoin extérieur", Some(within))
}

/// Accounts, each as it should be or accepted by name until a day.
fn named(world: &World<'_>, mut tally: Tally, all: &[Named]) -> Option<Tally> {
    for one in all {
        let accepted =
            || world.inputs.settings.exempt_accounts.iter().any(|login| login.eq_ignore_ascii_case(&one.name));
        tally.add(&one.name, Some(one.fine || accepted()));
    }
    tally.unless_empty()
}

/// What a check found of accounts is worth something for so many days.
fn found(world: &World<'_>, what: &'static str, found: Option<&Found>, days: i64) -> Option<Tally> {
    let found = found?;
    let mut tally = Tally::of(what).own().until(found.at + days * DAY);
    tally.during(found.at);
    named(world, tally, &found.all)
}

fn reaches(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("comptes et logiciels").own().until(world.inputs.now + WEEK);
    tally.during(world.inputs.now);
    named(world, tally, world.inputs.own.reaches.as_ref()?)
}

fn signed(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("utilisateurs").own().until(world.inputs.now + WEEK);
    tally.during(world.inputs.now);
    named(world, tally, world.inputs.own.charter.as_ref()?)
}

/// It never went back of late, and the system says that it is synchronised; a system that says nothing proves nothing.
fn clock(world: &World<'_>) -> Option<Tally> {
    let clock = world.inputs.own.audit?.clock?;
    let mut tally = Tally::of("contrôles de l’horloge").own().until(clock.at + 2 * DAY);
    tally.add("recul de l’heure", Some(!clock.went_back));
    tally.add("synchronisation", clock.synchronised);
    tally.during(clock.at);
    Some(tally)
}

fn passwords(world: &World<'_>) -> Option<Tally> {
    let policy = world.inputs.own.passwords?;
    setting(
        world,
        "règle de mots de passe",
        Some(Setting::Shortest.advised().contains(&policy.shortest) && policy.known_refused),
    )
}

/// Three copies, two media, one elsewhere.
fn copies(world: &World<'_>) -> Option<Tally> {
    let backup = world.inputs.own.backup?;
    let fine = backup.copies >= 3 && backup.media >= 2 && backup.elsewhere >= 1;
    let number = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let counted = |count: u32, word: &str| format!("{} {}", shown(number(count)), agreed(number(count), word));
    let elsewhere =
        if backup.elsewhere == 0 { "aucune".to_owned() } else { format!("dont {}", shown(number(backup.elsewhere))) };
    let said = format!(
        "{}, sur {}, {elsewhere} ailleurs.",
        counted(backup.copies, "copie récente"),
        counted(backup.media, "support")
    );
    setting(world, "copies", Some(fine)).map(|tally| tally.saying(said))
}

/// Whoever asks who opened their record has the list within a month. Nobody asked: that a list can be made is enough.
fn requests(world: &World<'_>) -> Option<Tally> {
    let (all, today) = (&world.inputs.own.requests, world.inputs.today);
    let mut tally = Tally::of("demandes de liste").own().until(world.inputs.now + WEEK);
    tally.during(world.inputs.now);
    if all.is_empty() {
        world.inputs.own.audit?.listed?;
        tally.add("", Some(true));
        return Some(tally.saying("Personne n’a demandé la liste des accès à son dossier.".to_owned()));
    }
    for one in all {
        let name = format!("demande du {}", one.asked.strftime("%d/%m/%Y"));
        tally.add(&name, Some(!one.is_late(today)));
    }
    let waiting = all.iter().filter(|one| one.given.is_none()).count();
    let (late, was) = (tally.failing(), all.iter().filter(|one| one.was_late()).count());
    let mut said = match (waiting, late) {
        (0, _) => format!("{} {} de liste, aucune n’attend.", all.len(), agreed(all.len(), "demande")),
        (waiting, 0) => {
            format!("{waiting} {} de liste en attente, dans le délai d’un mois.", agreed(waiting, "demande"))
        }
        (_, late) => format!("{late} {} de liste sans réponse depuis plus d’un mois.", agreed(late, "demande")),
    };
    if was > 0 {
        said.push_str(&format!(" {was} {} après le délai.", agreed(was, "remise")));
    }
    Some(tally.saying(said))
}

/// The longest that records may be away, seconds: four hours.
const AWAY: i64 = 4 * 3600;

fn took(world: &World<'_>) -> Option<Tally> {
    let backup = world.inputs.own.backup?;
    let (drill, took) = (backup.drill?, backup.took_s?);
    let mut tally = Tally::of("reprise de Socle").own().until(drill.at + 92 * DAY);
    tally.add("Socle", Some(drill.ok && took <= AWAY));
    tally.during(drill.at);
    Some(tally.saying(format!("Socle restauré et relu en {} min, pour 4 h au plus.", (took + 59) / 60)))
}

/// What is at hand when nothing answers is worth a day: a pack, or, where there never was one, the handover on paper.
fn at_hand(world: &World<'_>) -> Option<Tally> {
    let own = world.inputs.own;
    let units = own.packs.map(|packs| packs.units).or(own.printed);
    Some(share(world, "unités", units)?.until(world.inputs.now + DAY))
}

/// Days that an opening is worth something.
const OPENED: i64 = 90;

/// A pack was opened without the server, of late.
fn opened(world: &World<'_>) -> Option<Tally> {
    let opened = world.inputs.own.packs?.opened;
    let fine = opened.is_some_and(|at| world.age(at) <= OPENED);
    let said = match opened {
        Some(at) => format!("Dossier de secours ouvert sans le serveur il y a {} jours.", world.age(at)),
        None => "Personne n’a encore montré qu’un dossier de secours s’ouvre sans le serveur.".to_owned(),
    };
    setting(world, "ouverture", Some(fine)).map(|tally| tally.saying(said))
}

/// No exception outlives its end.
fn derogations(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("dérogations").own().until(world.inputs.now + WEEK);
    let expired = |one: &Derogation| one.until < world.inputs.today;
    for one in world.inputs.derogations {
        tally.add(&one.measure, Some(!expired(one)));
    }
    tally.during(world.inputs.now);
    tally.unless_empty()
}
