//! The sentences of a finding, and what several findings agree on.

use super::table::{Cycle, End, Product};
use super::text::normalise;
use super::{Finding, Reason, Verdict};
use jiff::civil::Date;

/// What is recognised and not known.
pub(super) fn unknown(product: Option<&str>, rule: &str, fr: &str) -> Finding {
    Finding {
        product: product.map(str::to_owned),
        cycle: None,
        eol: None,
        eoes: None,
        verdict: Verdict::Unknown,
        reason: Reason { rule: rule.to_owned(), fr: fr.to_owned() },
    }
}

fn day(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

/// The date the facts are of, for a sentence.
fn as_of(date: Option<Date>) -> String {
    date.map_or_else(String::new, |date| format!(" du {}", day(date)))
}

pub(super) fn no_cycle(product: &Product, version: &str, date: Option<Date>) -> String {
    format!("{} : la version {version} n’est pas dans les faits{}.", product.title, as_of(date))
}

pub(super) fn newer(product: &Product, version: &str, date: Option<Date>) -> String {
    format!(
        "{} : la version {version} est plus récente que les faits{} ; mettez les faits à jour.",
        product.title,
        as_of(date)
    )
}

pub(super) fn older(product: &Product, version: &str, oldest: &str) -> String {
    format!("{} : la version {version} est plus ancienne que la {oldest}, qui n’est plus maintenue.", product.title)
}

/// One sentence for a verdict; `told`: the day the facts are of.
pub(super) fn sentence(product: &Product, cycle: &Cycle, verdict: Verdict, told: Option<Date>) -> String {
    let label = if cycle.label.is_empty() { &cycle.id } else { &cycle.label };
    let title = if normalise(label).starts_with(&normalise(&product.title)) {
        label.clone()
    } else {
        format!("{} {label}", product.title)
    };
    let end = cycle.security.day().map(day);
    let extended = cycle.extended.day().map(day);
    let rest = match (verdict, end, extended) {
        (Verdict::Supported, Some(end), _) => format!("correctifs de sécurité jusqu’au {end}."),
        (Verdict::Supported, None, _) => "aucune fin de support n’est annoncée.".to_owned(),
        (Verdict::EndsWithinYear, Some(end), _) => format!("les correctifs de sécurité s’arrêtent le {end}."),
        (Verdict::FreeExtended, Some(end), Some(extended)) => {
            format!("support régulier terminé le {end}, support étendu gratuit jusqu’au {extended}.")
        }
        (Verdict::Partial, _, _) => {
            "seuls certains correctifs arrivent encore ; aucune date de fin n’est annoncée.".to_owned()
        }
        (Verdict::EndedUnlessProven, Some(end), Some(extended)) => format!(
            "correctifs arrêtés le {end} pour tous ; un support étendu existe jusqu’au {extended}, il faut le prouver."
        ),
        (Verdict::EndedUnlessProven, _, _) => {
            "correctifs arrêtés pour tous ; un support étendu existe, il faut le prouver.".to_owned()
        }
        (Verdict::Ended, Some(end), Some(extended)) => {
            format!("correctifs arrêtés le {end}, et support étendu terminé le {extended}.")
        }
        (Verdict::Ended, Some(end), None) => format!("correctifs de sécurité arrêtés le {end}."),
        (Verdict::Ended, None, _) => "plus aucun correctif de sécurité ; la date n’est pas publiée.".to_owned(),
        (Verdict::Unknown, _, _) if cycle.security == End::Open => format!(
            "aucune fin n’était annoncée dans les faits{}, trop anciens pour ce jour\u{a0}: à vérifier auprès de l’éditeur.",
            as_of(told)
        ),
        _ => "aucune date n’est publiée.".to_owned(),
    };
    format!("{title} : {rest}")
}

/// « Windows 7 SP1 or Windows Server 2008 R2 », as a scanner writes it: each of them.
pub(super) fn alternatives(name: &str) -> Vec<String> {
    let spaced = name.replace(" ou ", " or ").replace(", or ", " or ").replace(", windows", " or windows");
    let parts: Vec<String> =
        spaced.split(" or ").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    let family =
        |name: &str| name.contains("windows") || name.contains("linux") || name.contains("bsd") || name.contains("os ");
    if parts.len() > 1 && parts.iter().all(|part| family(part)) { parts } else { vec![name.to_owned()] }
}

/// What several possible findings agree on. When every one of them is over, or over unless proven, the kinder of both.
pub(super) fn agree(each: &[Finding]) -> Finding {
    let Some(first) = each.first() else { return unknown(None, "aucune-regle", "Aucune règle ne reconnaît ce nom.") };
    if each.len() == 1 {
        return first.clone();
    }
    let same = |get: fn(&Finding) -> &Option<String>| {
        if each.iter().all(|one| get(one) == get(first)) { get(first).clone() } else { None }
    };
    let (product, cycle) = (same(|one| &one.product), same(|one| &one.cycle));
    let over = |one: &Finding| matches!(one.verdict, Verdict::Ended | Verdict::EndedUnlessProven);
    let verdict = if each.iter().all(|one| one.verdict == first.verdict) {
        first.verdict
    } else if each.iter().all(over) {
        Verdict::EndedUnlessProven
    } else {
        Verdict::Unknown
    };
    let fr = if verdict == Verdict::Unknown {
        "Plusieurs versions sont possibles, et elles n’ont pas le même support : précisez la version."
    } else {
        "Plusieurs versions sont possibles ; elles ont toutes ce support."
    };
    let dates = cycle.is_some();
    Finding {
        product,
        cycle,
        eol: first.eol.filter(|_| dates),
        eoes: first.eoes.filter(|_| dates),
        verdict,
        reason: Reason { rule: first.reason.rule.clone(), fr: fr.to_owned() },
    }
}

/// The cycle whose words are in a model's name: the longest.
pub(super) fn model<'p>(product: &'p Product, name: &str) -> Option<&'p Cycle> {
    let wanted = words(name);
    let fits = |text: &str| {
        let known = words(text);
        let inside = !known.is_empty() && wanted.windows(known.len()).any(|part| part == known);
        inside.then_some(known.len())
    };
    product
        .cycles
        .iter()
        .filter_map(|cycle| {
            fits(&cycle.label).max(fits(&cycle.id).filter(|_| cycle.label.is_empty())).map(|length| (length, cycle))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, cycle)| cycle)
}

fn words(text: &str) -> Vec<String> {
    let plain = normalise(text).replace('+', " plus ");
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
