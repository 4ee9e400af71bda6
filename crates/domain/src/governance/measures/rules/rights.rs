//! Rights of those who are accompanied, counted in their records: DROIT, RGPD.

use super::tally::Tally;
use super::{DAY, Rule, World};
use crate::governance::measures::evidence::Connector;
use crate::governance::measures::own::Share;
use crate::governance::measures::rights::Rights;

pub(super) const RULES: &[Rule] = &[
    counted("DROIT-02", "personne-de-confiance", |world| share(world, "personnes majeures", |all| all.trusted), None),
    counted(
        "DROIT-03",
        "mesures-de-protection",
        |world| share(world, "mesures de protection", |all| all.protection),
        None,
    ),
    counted("DROIT-04", "acces-des-representants", representatives, None),
    counted("RGPD-04", "durees-de-conservation", |world| share(world, "dossiers", |all| all.retention), None),
    counted("RGPD-06", "notice-remise", |world| share(world, "personnes accueillies", |all| all.informed), None),
    counted(
        "RGPD-07",
        "consentements-dates",
        |world| share(world, "consentements et oppositions", |all| all.consents),
        Some("le respect des oppositions par les partages hors de Socle reste à montrer"),
    ),
];

const fn counted(
    measure: &'static str,
    id: &'static str,
    run: fn(&World<'_>) -> Option<Tally>,
    remaining: Option<&'static str>,
) -> Rule {
    Rule { measure, id, connector: Connector::Dui, days: 7, run, remaining }
}

fn share(world: &World<'_>, what: &'static str, part: fn(Rights) -> Option<Share>) -> Option<Tally> {
    let rights = world.inputs.own.rights?;
    let share = part(rights)?;
    let mut tally = Tally::of(what).own().until(rights.at + 7 * DAY);
    tally.many(share.comply, share.of);
    tally.during(rights.at);
    tally.unless_empty()
}

/// Nobody outside has an account, or each opens what was named.
fn representatives(world: &World<'_>) -> Option<Tally> {
    let rights = world.inputs.own.rights?;
    let none = rights.representatives.is_some_and(|share| share.of == 0);
    if !none {
        return share(world, "comptes de représentants", |all| all.representatives);
    }
    let mut tally = Tally::of("comptes de représentants").own().until(rights.at + 7 * DAY);
    tally.add("", Some(true));
    tally.during(rights.at);
    Some(tally.saying("Aucun proche ni représentant n’a de compte.".to_owned()))
}
