//! Windows: one build is shared by up to four cycles, and by clients and servers; build and edition decide together.

use super::Facts;
use super::table::{Cycle, Product};
use super::text::Texts;
use regex::Regex;
use std::sync::LazyLock;

/// What was recognised of a Windows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// One cycle; whether the edition was told.
    One(String, bool),
    /// One of these.
    Among(Vec<String>),
    /// A build or a version that the facts do not know.
    Unknown,
}

/// Which line of cycles an edition follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Iot,
    LongTerm,
    Enterprise,
    Home,
    Untold,
}

/// In order: the first that fits decides.
const EDITIONS: [(&str, Line); 6] = [
    (r"\biot|iotenterprise", Line::Iot),
    (r"ltsc|ltsb|\benterprisesn?\b", Line::LongTerm),
    (r"pro(fessional|fessionnel)? ?(for )?education", Line::Home),
    (r"entreprise|enterprise|education|multi-?session|virtual desktop|serverrdsh", Line::Enterprise),
    (r"\bpro\b|professionn?el|professional|famille|\bhome\b|\bcore|workstation|unilingue|\bse\b|\bteam\b", Line::Home),
    (r"starter|ultimate|integrale|premium|basique|basic|\bbusiness\b", Line::Home),
];

/// Kernels before Windows 10: kernel, client, server.
const KERNELS: [(&str, &str, &str); 7] = [
    ("6.3", "8.1", "2012-r2"),
    ("6.2", "8", "2012"),
    ("6.1", "7-sp1", "2008-r2-sp1"),
    ("6.0", "6-sp2", "2008-sp2"),
    ("5.2", "5-sp3", "2003-sp2"),
    ("5.1", "5-sp3", "2003-sp2"),
    ("5.0", "2000", "2000"),
];

/// Names before Windows 10, and names of servers.
const OLD_CLIENTS: [(&str, &str); 9] = [
    (r"windows (rt )?8\.1", "8.1"),
    (r"windows (8|rt)\b", "8"),
    (r"windows 7\b", "7-sp1"),
    (r"vista", "6-sp2"),
    (r"windows xp", "5-sp3"),
    (r"windows 2000", "2000"),
    (r"windows (me|millennium)\b", "me"),
    (r"windows 98", "98"),
    (r"windows (nt|95)", "nt4"),
];
const SERVERS: [(&str, &str); 14] = [
    (r"20h2", "20h2-sac"),
    (r"23h2", "23h2-ac"),
    (r"version (1709|1803|1809|1903|1909|2004)\b", "$1-sac"),
    (r"2025", "2025"),
    (r"2022", "2022"),
    (r"2019", "2019"),
    (r"2016", "2016"),
    (r"2012 ?r2", "2012-r2"),
    (r"2012", "2012"),
    (r"(2008 ?r2|sbs 2011|small business server 2011|home server 2011)", "2008-r2-sp1"),
    (r"2008", "2008-sp2"),
    (r"2003.*(service pack 1|sp1)\b", "2003-sp1"),
    (r"2003", "2003-sp2"),
    (r"2000", "2000"),
];
/// The year of a long-term edition, and the version it is of.
const YEARS: [(&str, &str); 5] = [
    (r"lts[bc] 2024|2024 lts", "24h2"),
    (r"lts[bc] 2021|2021 lts", "21h2"),
    (r"lts[bc] 2019|2019 lts", "1809"),
    (r"lts[bc] 2016|2016 lts", "1607"),
    (r"lts[bc] 2015|2015 lts", "1507"),
];

struct Patterns {
    server: Regex,
    build: Regex,
    bare: Regex,
    release: Regex,
    range: Regex,
    kernel: Regex,
    editions: Vec<(Regex, Line)>,
    old: Vec<(Regex, &'static str)>,
    servers: Vec<(Regex, &'static str)>,
    years: Vec<(Regex, &'static str)>,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| Patterns::build().ok());

impl Patterns {
    fn build() -> Result<Self, regex::Error> {
        fn all<T: Copy>(list: &[(&str, T)]) -> Result<Vec<(Regex, T)>, regex::Error> {
            list.iter().map(|(pattern, meaning)| Ok((Regex::new(pattern)?, *meaning))).collect()
        }
        Ok(Self {
            server: Regex::new(r"server|serveur|\bsbs\b|^server(standard|datacenter|solution)")?,
            build: Regex::new(r"10\.0[. ]*\(?(\d{5})\b|\bbuild (\d{5})\b")?,
            bare: Regex::new(r"^(\d{5})(?:\.\d+)?$")?,
            release: Regex::new(r"\b(1507|1511|1607|1703|1709|180[39]|190[39]|2004|2[0-9]h[12])\b")?,
            range: Regex::new(
                r"\b(1507|1511|1607|1703|1709|180[39]|190[39]|2004|2[0-9]h[12])\b.* - .*\b(1507|1511|1607|1703|1709|180[39]|190[39]|2004|2[0-9]h[12])\b",
            )?,
            kernel: Regex::new(r"^([56]\.\d)(?:$|\.\d{4}\b| ?\(\d{4}\))")?,
            editions: all(&EDITIONS)?,
            old: all(&OLD_CLIENTS)?,
            servers: all(&SERVERS)?,
            years: all(&YEARS)?,
        })
    }

    /// The number of the build, wherever it is told.
    fn number(&self, texts: &Texts) -> Option<String> {
        let fields = [&texts.build, &texts.service_pack, &texts.version, &texts.name];
        fields.into_iter().find_map(|text| {
            let found = self.build.captures(text).or_else(|| self.bare.captures(text))?;
            found.iter().skip(1).flatten().next().map(|group| group.as_str().to_owned())
        })
    }

    fn first<T: Copy>(list: &[(Regex, T)], text: &str) -> Option<T> {
        list.iter().find(|(pattern, _)| pattern.is_match(text)).map(|(_, meaning)| *meaning)
    }

    fn line(&self, texts: &Texts) -> Line {
        let text = format!("{} {}", texts.name, texts.edition);
        Self::first(&self.editions, &text).unwrap_or(Line::Untold)
    }

    /// The two digits and a half of the version, as the machine shows it: `22h2`.
    fn release(&self, texts: &Texts) -> Option<String> {
        let year = || Self::first(&self.years, &texts.name).map(str::to_owned);
        let shown = |text: &str| self.release.find(text).map(|found| found.as_str().to_owned());
        shown(&texts.version).or_else(year).or_else(|| shown(&texts.name))
    }
}

/// It calls itself a server.
pub(super) fn is_server(texts: &Texts) -> bool {
    let said = |patterns: &Patterns| patterns.server.is_match(&texts.name) || patterns.server.is_match(&texts.edition);
    PATTERNS.as_ref().is_some_and(said) && !texts.edition.contains("serverrdsh")
}

/// The cycle of a client.
pub(super) fn client(product: &Product, texts: &Texts) -> Choice {
    let Some(patterns) = PATTERNS.as_ref() else { return Choice::Unknown };
    let line = patterns.line(texts);
    if let Some(number) = patterns.number(texts) {
        let cycles: Vec<&Cycle> =
            product.cycles.iter().filter(|cycle| cycle.build == format!("10.0.{number}")).collect();
        if let Some(id) = pick(&cycles, line) {
            return Choice::One(id, line != Line::Untold);
        }
    }
    let family = if texts.name.contains("windows 11") { "11-" } else { "10-" };
    let modern = texts.name.contains("windows 10") || texts.name.contains("windows 11");
    // 10.0 is the kernel of both, and of servers.
    if texts.name.ends_with("windows 10.0") && patterns.number(texts).is_none() && texts.version.is_empty() {
        return Choice::Unknown;
    }
    let spanned = patterns.range.captures(&texts.name).map(|range| (range, Line::Untold));
    if let Some((range, line)) = spanned.or_else(|| patterns.range.captures(&texts.version).map(|range| (range, line)))
    {
        return between(product, family, &range, line);
    }
    if let Some(release) = patterns.release(texts).filter(|_| modern || patterns.number(texts).is_some()) {
        let begins = format!("{family}{release}");
        let cycles: Vec<&Cycle> = product.cycles.iter().filter(|cycle| cycle.id.starts_with(&begins)).collect();
        return pick(&cycles, line).map_or(Choice::Unknown, |id| Choice::One(id, line != Line::Untold));
    }
    if modern {
        return if patterns.number(texts).is_some() { Choice::Unknown } else { any(product, family, line) };
    }
    let old =
        Patterns::first(&patterns.old, &texts.name).or_else(|| old_kernel(patterns, texts).map(|(client, _)| client));
    old.map_or(Choice::Unknown, |id| Choice::One(id.to_owned(), true))
}

/// The cycle of a server. A build tells it when the name has no year.
pub(super) fn server(product: &Product, texts: &Texts) -> Choice {
    let Some(patterns) = PATTERNS.as_ref() else { return Choice::Unknown };
    let number = patterns.number(texts);
    let built: Vec<&Cycle> = match &number {
        Some(number) => product.cycles.iter().filter(|cycle| cycle.build == format!("10.0.{number}")).collect(),
        None => Vec::new(),
    };
    let named = patterns.servers.iter().find_map(|(pattern, id)| {
        let found = pattern.captures(&texts.name)?;
        let mut cycle = String::new();
        found.expand(id, &mut cycle);
        Some(cycle)
    });
    // Two cycles of one build: the name has a year, or only a version.
    match (named, built.as_slice()) {
        (Some(id), []) if number.is_none() || product.find(&id).is_some_and(|cycle| cycle.build.starts_with('6')) => {
            Choice::One(id, true)
        }
        (Some(id), built) if built.iter().any(|cycle| cycle.id == id) => Choice::One(id, true),
        (_, [one]) => Choice::One(one.id.clone(), true),
        (_, [_, _, ..]) => Choice::Among(built.iter().map(|cycle| cycle.id.clone()).collect()),
        (_, []) if number.is_some() => Choice::Unknown,
        _ => old_kernel(patterns, texts).map_or(Choice::Unknown, |(_, id)| Choice::One(id.to_owned(), true)),
    }
}

/// A build that clients and servers have alike, and no name that tells which: it may be either.
pub(super) fn is_either(client: &Product, server: &Product, texts: &Texts) -> bool {
    let Some(patterns) = PATTERNS.as_ref() else { return false };
    let Some(number) = patterns.number(texts) else { return false };
    let build = format!("10.0.{number}");
    let has = |product: &Product| product.cycles.iter().any(|cycle| cycle.build == build);
    let told = texts.name.contains("windows 1") || patterns.line(texts) != Line::Untold;
    has(server) && has(client) && !told && !is_server(texts)
}

/// A build that only servers have.
pub(super) fn only_server(client: &Product, server: &Product, texts: &Texts) -> bool {
    let Some(number) = PATTERNS.as_ref().and_then(|patterns| patterns.number(texts)) else { return false };
    let build = format!("10.0.{number}");
    let has = |product: &Product| product.cycles.iter().any(|cycle| cycle.build == build);
    has(server) && !has(client)
}

fn old_kernel(patterns: &Patterns, texts: &Texts) -> Option<(&'static str, &'static str)> {
    [&texts.build, &texts.version].into_iter().find_map(|text| {
        let found = patterns.kernel.captures(text)?.get(1)?.as_str().to_owned();
        KERNELS.iter().find(|(kernel, _, _)| *kernel == found).map(|(_, client, server)| (*client, *server))
    })
}

/// The cycle an edition follows among those of one build: the shortest support when the edition is not told.
fn pick(cycles: &[&Cycle], line: Line) -> Option<String> {
    let endings: &[&str] = match line {
        Line::Iot => &["-iot-lts", "-e-lts", "-iot", "-e", ""],
        Line::LongTerm => &["-e-lts", "-e", ""],
        Line::Enterprise => &["-e", ""],
        Line::Home | Line::Untold => &["-w", ""],
    };
    endings.iter().find_map(|ending| {
        let fits = |cycle: &&&Cycle| if ending.is_empty() { is_bare(&cycle.id) } else { is_ending(&cycle.id, ending) };
        cycles.iter().find(fits).map(|cycle| cycle.id.clone())
    })
}

fn is_bare(id: &str) -> bool {
    id.matches('-').count() == 1
}

fn is_ending(id: &str, ending: &str) -> bool {
    id.ends_with(ending) && id.matches('-').count() == 1 + ending.matches('-').count()
}

/// The release of a client's build: `21h2` of `19044`.
pub(in crate::governance) fn release(build: &str) -> Option<&'static str> {
    let kernel = format!("10.0.{build}");
    let cycles = &Facts::shipped().products.get("windows")?.cycles;
    cycles.iter().find(|cycle| cycle.build == kernel)?.id.split('-').nth(1)
}

/// Every cycle of a family that an edition may be.
fn any(product: &Product, family: &str, line: Line) -> Choice {
    let mut releases: Vec<&str> =
        product.cycles.iter().filter_map(|cycle| cycle.id.strip_prefix(family)?.split('-').next()).collect();
    releases.dedup();
    let of = |release: &&str| {
        let begins = format!("{family}{release}");
        let cycles: Vec<&Cycle> = product.cycles.iter().filter(|cycle| cycle.id.starts_with(&begins)).collect();
        pick(&cycles, line)
    };
    Choice::Among(releases.iter().filter_map(of).collect())
}

/// « Windows 10 1809 - 21H2 »: any edition, as seen from the network, or the one that is told.
fn between(product: &Product, family: &str, range: &regex::Captures<'_>, line: Line) -> Choice {
    let end = |index| range.get(index).map(|found| order(found.as_str())).unwrap_or_default();
    let (low, high) = (end(1), end(2));
    let release = |cycle: &Cycle| cycle.id.strip_prefix(family)?.split('-').next().map(str::to_owned);
    let inside =
        |cycle: &&Cycle| release(cycle).is_some_and(|release| (low.clone()..=high.clone()).contains(&order(&release)));
    let all: Vec<&Cycle> = product.cycles.iter().filter(inside).collect();
    if line == Line::Untold {
        return Choice::Among(all.iter().map(|cycle| cycle.id.clone()).collect());
    }
    let mut releases: Vec<String> = all.iter().filter_map(|cycle| release(cycle)).collect();
    releases.dedup();
    let of = |wanted: &String| {
        let cycles: Vec<&Cycle> = all.iter().copied().filter(|cycle| release(cycle).as_ref() == Some(wanted)).collect();
        pick(&cycles, line)
    };
    Choice::Among(releases.iter().filter_map(of).collect())
}

/// `1809` before `20h2` before `2104`.
fn order(release: &str) -> String {
    release.replace("h1", "05").replace("h2", "10")
}
