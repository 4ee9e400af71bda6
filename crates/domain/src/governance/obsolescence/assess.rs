//! From what was observed to a verdict.

use super::community::cpe_parts;
use super::facts::Extended;
use super::rules::{Key, Rule, SERVER};
use super::table::{Cycle, End, Product};
use super::text::{Texts, normalise};
use super::version::{self, Place, Version};
use super::windows::{self, Choice};
use super::words;
use super::{Facts, Finding, Kind, Observed, Reason, Verdict};
use jiff::ToSpan as _;
use jiff::civil::Date;

/// How well what was observed is supported on the day `at`. Unsupported from the day after the last day; never fails:
/// what is not known is [`Verdict::Unknown`], with the reason.
pub fn assess(facts: &Facts, observed: &Observed<'_>, at: Date) -> Finding {
    facts.memory.recall(observed, at, || judged(facts, observed, at))
}

fn judged(facts: &Facts, observed: &Observed<'_>, at: Date) -> Finding {
    let texts = Texts::of(observed);
    let alternatives = words::alternatives(&texts.name);
    if alternatives.len() > 1 {
        let each: Vec<Finding> = alternatives
            .iter()
            .map(|name| one(facts, observed, &Texts { name: name.clone(), ..texts.clone() }, at))
            .collect();
        return words::agree(&each);
    }
    one(facts, observed, &texts, at)
}

fn one(facts: &Facts, observed: &Observed<'_>, texts: &Texts, at: Date) -> Finding {
    if let Some(rule) = facts.rules.find(observed.kind, texts) {
        let Some(id) = rule.product.as_deref() else {
            return words::unknown(None, &rule.id, rule.why.as_deref().unwrap_or("Aucune date n’est publiée."));
        };
        return by_rule(facts, rule, id, texts, at);
    }
    if observed.kind == Kind::Device {
        return words::unknown(
            None,
            "modele-sans-fait",
            "Le fabricant ne publie pas de date pour ce modèle, ou elle n’est pas dans nos faits.",
        );
    }
    if let Some(finding) = by_cpe(facts, observed, at).or_else(|| by_title(facts, texts, at)) {
        return finding;
    }
    if texts.name.is_empty() {
        return nameless();
    }
    words::unknown(None, "aucune-regle", "Aucune règle ne reconnaît ce nom.")
}

fn nameless() -> Finding {
    words::unknown(None, "sans-nom", "L’inventaire ne dit pas ce que c’est.")
}

/// A product that only a loaded file knows, by its CPE.
fn by_cpe(facts: &Facts, observed: &Observed<'_>, at: Date) -> Option<Finding> {
    let (name, told) = cpe_parts(observed.cpe)?;
    let id = facts.by_cpe(&name)?;
    let version = told.unwrap_or(observed.version);
    Some(by_version(facts, "cpe", id, &[normalise(version).as_str()], "", at))
}

/// A product that only a loaded file knows, by its exact name.
fn by_title(facts: &Facts, texts: &Texts, at: Date) -> Option<Finding> {
    let id = facts.by_title(&texts.name)?;
    Some(by_version(facts, "nom-exact", id, &[texts.version.as_str(), texts.name.as_str()], &texts.name, at))
}

fn by_rule(facts: &Facts, rule: &Rule, id: &str, texts: &Texts, at: Date) -> Finding {
    let Some(product) = facts.products.get(id) else {
        return words::unknown(Some(id), &rule.id, "L’éditeur ne publie pas de date exploitable : demandez-la-lui.");
    };
    if rule.key == Key::Windows {
        return of_windows(facts, rule, product, texts, at);
    }
    if let Some(cycle) = rule.pattern(texts) {
        return match product.find(&cycle) {
            Some(cycle) => judge(facts, &rule.id, id, product, cycle, texts, at),
            None => words::unknown(Some(id), &rule.id, &words::no_cycle(product, &cycle, facts.as_of)),
        };
    }
    match rule.key {
        Key::Model => {
            let name = if texts.model.is_empty() { &texts.name } else { &texts.model };
            match words::model(product, name) {
                Some(cycle) => judge(facts, &rule.id, id, product, cycle, texts, at),
                None => words::unknown(Some(id), &rule.id, "Ce modèle n’est pas dans les faits."),
            }
        }
        Key::Pattern | Key::Windows => words::unknown(Some(id), &rule.id, "La version n’est pas reconnue."),
        Key::Number => by_version(facts, &rule.id, id, &rule.versions(texts), &texts.name, at),
    }
}

/// Client or server: the label is looked at first, for builds are shared.
fn of_windows(facts: &Facts, rule: &Rule, client: &Product, texts: &Texts, at: Date) -> Finding {
    let unknown = Product::default();
    let servers = facts.products.get(SERVER).unwrap_or(&unknown);
    let one = |is_server| of_either(facts, rule, (client, servers), is_server, texts, at);
    if windows::is_either(client, servers, texts) {
        return words::agree(&[one(false), one(true)]);
    }
    one(windows::is_server(texts) || windows::only_server(client, servers, texts))
}

fn of_either(
    facts: &Facts,
    rule: &Rule,
    (client, servers): (&Product, &Product),
    is_server: bool,
    texts: &Texts,
    at: Date,
) -> Finding {
    let (id, product, choice) = if is_server {
        (SERVER, servers, windows::server(servers, texts))
    } else {
        ("windows", client, windows::client(client, texts))
    };
    match choice {
        Choice::One(cycle, told) => match product.find(&cycle) {
            Some(cycle) => {
                let mut finding = judge(facts, &rule.id, id, product, cycle, texts, at);
                if !told {
                    finding.reason.fr.push_str(" L’édition n’est pas connue : le support le plus court est retenu.");
                }
                finding
            }
            None => words::unknown(Some(id), &rule.id, &words::no_cycle(product, &cycle, facts.as_of)),
        },
        Choice::Among(cycles) => among(facts, &rule.id, id, product, &cycles, texts, at),
        Choice::Unknown if texts.name.is_empty() => nameless(),
        Choice::Unknown => {
            words::unknown(Some(id), &rule.id, "Ce numéro de version de Windows n’est pas dans les faits.")
        }
    }
}

fn by_version(facts: &Facts, rule: &str, id: &str, versions: &[&str], name: &str, at: Date) -> Finding {
    let Some(product) = facts.products.get(id) else {
        return words::unknown(None, rule, "Ce produit n’est pas dans les faits.");
    };
    let texts = Texts { name: name.to_owned(), ..Texts::default() };
    let ids = || product.cycles.iter().map(|cycle| cycle.id.as_str());
    if let Some((low, high)) = versions.first().and_then(|text| Version::range(text)) {
        return among(facts, rule, id, product, &version::between(&low, &high, ids()), &texts, at);
    }
    let mut nearest = None;
    for text in versions {
        let Some(version) = Version::first(text) else { continue };
        match version::place(&version, ids()) {
            Place::In(cycle) => {
                if let Some(cycle) = product.find(&cycle) {
                    return judge(facts, rule, id, product, cycle, &texts, at);
                }
            }
            Place::Among(cycles) => return among(facts, rule, id, product, &cycles, &texts, at),
            place => nearest = nearest.or(Some((version, place))),
        }
    }
    match nearest {
        None => words::unknown(Some(id), rule, &format!("{} : la version n’est pas dite.", product.title)),
        Some((version, Place::Before(oldest))) => before(facts, rule, id, product, (&version, &oldest), at),
        Some((version, Place::After(_))) => {
            words::unknown(Some(id), rule, &words::newer(product, &version.to_string(), facts.as_of))
        }
        Some((version, place)) => skipped(facts, rule, id, product, (&version, &place), at),
    }
}

/// Older than the oldest cycle that is known: over, when that one is.
fn before(
    facts: &Facts,
    rule: &str,
    id: &str,
    product: &Product,
    (version, oldest): (&Version, &str),
    at: Date,
) -> Finding {
    let over = product.find(oldest).is_some_and(|cycle| verdict(facts, id, cycle, at) == Verdict::Ended);
    let mut finding = words::unknown(Some(id), rule, &words::no_cycle(product, &version.to_string(), facts.as_of));
    if over {
        finding.verdict = Verdict::Ended;
        finding.reason.fr = words::older(product, &version.to_string(), oldest);
    }
    finding
}

/// A version that stands between known cycles: over, when every cycle up to the next one is.
fn skipped(
    facts: &Facts,
    rule: &str,
    id: &str,
    product: &Product,
    (version, place): (&Version, &Place),
    at: Date,
) -> Finding {
    let unknown = || words::unknown(Some(id), rule, &words::no_cycle(product, &version.to_string(), facts.as_of));
    let Place::Between(next) = place else { return unknown() };
    let ended = |cycle: &Cycle| verdict(facts, id, cycle, at) == Verdict::Ended;
    let until = Version::parse(next);
    let up_to = |cycle: &&Cycle| Version::parse(&cycle.id).is_some_and(|known| Some(known) <= until);
    if product.cycles.iter().filter(up_to).all(ended) {
        let mut finding = unknown();
        finding.verdict = Verdict::Ended;
        finding.reason.fr = words::older(product, &version.to_string(), next);
        return finding;
    }
    unknown()
}

/// One of several cycles: what they agree on.
fn among(
    facts: &Facts,
    rule: &str,
    id: &str,
    product: &Product,
    cycles: &[String],
    texts: &Texts,
    at: Date,
) -> Finding {
    let each = cycles.iter().filter_map(|cycle| product.find(cycle));
    let each: Vec<Finding> = each.map(|cycle| judge(facts, rule, id, product, cycle, texts, at)).collect();
    if each.is_empty() {
        return words::unknown(Some(id), rule, "La version n’est pas reconnue.");
    }
    words::agree(&each)
}

fn judge(facts: &Facts, rule: &str, id: &str, product: &Product, cycle: &Cycle, texts: &Texts, at: Date) -> Finding {
    let verdict = verdict(facts, id, cycle, at);
    let mut fr = words::sentence(product, cycle, verdict, facts.told_on(cycle));
    if let Some(note) = facts.note(id, &cycle.id, &texts.name) {
        fr.push(' ');
        fr.push_str(&note.fr);
    }
    if cycle.to_check {
        fr.push_str(" Date à vérifier auprès de l’éditeur.");
    }
    Finding {
        product: Some(id.to_owned()),
        cycle: Some(cycle.id.clone()),
        eol: cycle.security.day(),
        eoes: cycle.extended.day(),
        verdict,
        reason: Reason { rule: rule.to_owned(), fr },
    }
}

fn verdict(facts: &Facts, id: &str, cycle: &Cycle, at: Date) -> Verdict {
    match cycle.security {
        End::Untold => Verdict::Unknown,
        End::Open if cycle.active.is_past(at) => Verdict::Partial,
        End::Open if facts.is_news(cycle, at) => Verdict::Supported,
        End::Open => Verdict::Unknown,
        end if end.is_past(at) => match cycle.extended {
            End::On(day) if day < at => Verdict::Ended,
            End::Untold | End::Open => Verdict::Ended,
            End::On(_) | End::Over if facts.extended(id) == Extended::Free => Verdict::FreeExtended,
            End::On(_) | End::Over => Verdict::EndedUnlessProven,
        },
        End::On(day) if at.checked_add(1.year()).is_ok_and(|limit| day <= limit) => Verdict::EndsWithinYear,
        End::On(_) | End::Over => Verdict::Supported,
    }
}
