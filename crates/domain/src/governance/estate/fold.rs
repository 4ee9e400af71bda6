//! Lines of all imports become the estate: nothing but the lines is kept, so an import can be taken back.
//!
//! Of each thing told, the newest telling wins; by when it was seen, then by when it was imported, then by what it says: the
//! order in which lines are given says nothing, nor does giving one twice.

use super::cluster::{self, Conflict};
use super::facts::Facts;
use super::identity::Traits;
use super::register::Entry;
use super::{Account, Bill, Content, Format, Line, Movement, Reason, Sighting, departures, release};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where a line comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// Number of the import.
    pub import: i64,
    /// When it was imported, UTC microseconds.
    pub at: i64,
    /// The file, by its last name.
    pub file: String,
    /// Its format.
    pub format: Format,
    /// Where the line begins.
    pub line: u64,
    /// Which entry of the file it is, from 1: several may begin on one line.
    pub entry: u64,
}

/// A line that told something, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<T> {
    /// Where it comes from.
    pub source: Source,
    /// What it says.
    pub told: T,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Stands for it in an address; the same as long as its strongest number is.
    pub key: String,
    /// The name to show, unique in the estate: `NAME`, `NAME#2`.
    pub name: String,
    /// What it is recognised by.
    pub traits: Traits,
    /// What is known of it: of each thing the newest told.
    pub facts: Facts,
    /// Which of [`Asset::seen`] told each thing.
    pub from: BTreeMap<&'static str, usize>,
    /// Who told, newest first.
    pub seen: Vec<Seen<Sighting>>,
    /// When it was last seen, UTC microseconds.
    pub last: i64,
    /// What sources do not agree on.
    pub conflicts: Vec<Conflict>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// About something known already.
    Matched,
    /// The first to speak of it.
    Created,
    /// Kept, and about nothing that can be told apart.
    Unmatched(Reason),
}

/// Everything known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Estate {
    /// Machines, by name.
    pub assets: Vec<Asset>,
    /// Accounts, by login.
    pub accounts: Vec<Seen<Account>>,
    /// Movements of staff.
    pub movements: Vec<Seen<Movement>>,
    /// Programs and their parts.
    pub products: Vec<Seen<Bill>>,
    /// Lines of registers.
    pub entries: Vec<Seen<Entry>>,
    /// Lines that could be told of nothing.
    pub unmatched: Vec<Seen<Reason>>,
    /// All lines that speak of one thing.
    same: Vec<(String, BTreeSet<Source>)>,
    /// Of each import, which of these it speaks of.
    spoken: BTreeMap<i64, Vec<usize>>,
}

/// When it was seen, when it was imported, what it says.
type Rank = (i64, i64, String);

/// When something was seen: as it says itself, else when it was imported, and no later.
fn rank(seen: Option<i64>, at: i64, told: &impl Serialize) -> Rank {
    (seen.map_or(at, |seen| seen.min(at)), at, serde_json::to_string(told).unwrap_or_default())
}

/// Of lines under one key, the newest.
struct Newest<T> {
    by_key: BTreeMap<String, (Rank, Seen<T>)>,
    same: BTreeMap<String, BTreeSet<Source>>,
}

impl<T: Serialize> Newest<T> {
    fn new() -> Self {
        Self { by_key: BTreeMap::new(), same: BTreeMap::new() }
    }

    fn add(&mut self, key: String, seen: Option<i64>, line: Seen<T>) {
        let rank = rank(seen, line.source.at, &line.told);
        self.same.entry(key.clone()).or_default().insert(line.source.clone());
        match self.by_key.get(&key) {
            Some((known, before)) if (known, &before.source) >= (&rank, &line.source) => {}
            _ => {
                self.by_key.insert(key, (rank, line));
            }
        }
    }

    /// The same, each line about what it says rather than about its key.
    fn shown(self, same: &mut Vec<(String, BTreeSet<Source>)>, about: fn(&T) -> String) -> Vec<Seen<T>> {
        let mut own = Vec::new();
        let lines = self.end(&mut own);
        same.extend(own.into_iter().zip(&lines).map(|((_, of), line)| (about(&line.told), of)));
        lines
    }

    fn end(self, same: &mut Vec<(String, BTreeSet<Source>)>) -> Vec<Seen<T>> {
        same.extend(self.same);
        self.by_key.into_values().map(|(_, line)| line).collect()
    }
}

impl Estate {
    /// Folds lines of any number of imports.
    pub fn fold(lines: impl IntoIterator<Item = (Source, Content)>) -> Self {
        let (mut machines, mut unmatched, mut same) = (Vec::new(), Vec::new(), Vec::new());
        let (mut accounts, mut movements, mut products) = (Newest::new(), Newest::new(), Newest::new());
        let mut entries = Newest::new();
        let mut files = departures::Files::default();
        for (source, content) in lines {
            match content {
                Content::Machine(sighting) => machines.push(Seen { told: sighting.until(source.at), source }),
                Content::Account(told) => {
                    files.add(&source, &told);
                    accounts.add(told.key(), told.seen(source.at), Seen { source, told });
                }
                Content::Movement(told) => movements.add(told.key(), None, Seen { source, told }),
                Content::Product(told) => products.add(told.name.to_lowercase(), told.seen, Seen { source, told }),
                Content::Entry(told) => entries.add(told.key(), None, Seen { source, told: *told }),
                Content::Unread(told) => unmatched.push(Seen { source, told }),
            }
        }
        let (assets, lost) = assets(machines);
        unmatched.extend(lost);
        unmatched.sort_by(|one, other| one.source.cmp(&other.source));
        let sources = |asset: &Asset| asset.seen.iter().map(|seen| seen.source.clone()).collect();
        same.extend(assets.iter().map(|asset| (asset.name.clone(), sources(asset))));
        let (accounts, movements) = (accounts.end(&mut same), movements.end(&mut same));
        let products = products.end(&mut same);
        let entries = entries.shown(&mut same, Entry::about);
        let accounts = departures::marked(accounts, &files);
        let mut spoken: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (index, (_, lines)) in same.iter().enumerate() {
            let imports: BTreeSet<i64> = lines.iter().map(|line| line.import).collect();
            imports.into_iter().for_each(|import| spoken.entry(import).or_default().push(index));
        }
        Self { assets, accounts, movements, products, entries, unmatched, same, spoken }
    }

    /// The lines of a file, each with its place.
    pub fn lines(source: Source, lines: Vec<Line>) -> impl Iterator<Item = (Source, Content)> {
        let place =
            move |(line, entry): (Line, u64)| (Source { line: line.line, entry, ..source.clone() }, line.content);
        lines.into_iter().zip(1..).map(place)
    }

    /// What became of each line of an import, beside those of earlier ones, and what it is about.
    #[must_use]
    pub fn fates(&self, import: i64) -> BTreeMap<Source, (Fate, Option<&str>)> {
        let mut fates = BTreeMap::new();
        for (about, lines) in self.spoken.get(&import).into_iter().flatten().filter_map(|index| self.same.get(*index)) {
            let known = lines.iter().any(|line| line.import < import);
            let mut first = !known;
            for line in lines.iter().filter(|line| line.import == import) {
                let fate = if std::mem::take(&mut first) { Fate::Created } else { Fate::Matched };
                fates.insert(line.clone(), (fate, Some(about.as_str())));
            }
        }
        let begin = self.unmatched.partition_point(|line| line.source.import < import);
        for line in self.unmatched.iter().skip(begin).take_while(|line| line.source.import == import) {
            fates.insert(line.source.clone(), (Fate::Unmatched(line.told), None));
        }
        fates
    }
}

fn assets(mut machines: Vec<Seen<Sighting>>) -> (Vec<Asset>, Vec<Seen<Reason>>) {
    machines.sort_by_cached_key(|line| (rank(line.told.seen, line.source.at, &line.told), line.source.clone()));
    machines.dedup();
    let traits: Vec<(&Traits, bool)> = machines.iter().map(|line| (&line.told.traits, line.told.outside)).collect();
    let clusters = cluster::join(&traits);
    let lost = clusters.ambiguous.iter().filter_map(|at| machines.get(*at));
    let lost = lost.map(|line| Seen { source: line.source.clone(), told: Reason::Ambiguous }).collect();
    let mut assets: Vec<Asset> = Vec::with_capacity(clusters.machines.len());
    let mut about: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, (_, of)) in clusters.conflicts.iter().enumerate() {
        of.iter().for_each(|at| about.entry(*at).or_default().push(index));
    }
    for members in &clusters.machines {
        let these: BTreeSet<usize> = members.iter().filter_map(|at| about.get(at)).flatten().copied().collect();
        let conflicts = these.iter().filter_map(|index| clusters.conflicts.get(*index)).map(|(told, _)| told.clone());
        let seen: Vec<Seen<Sighting>> = members.iter().filter_map(|at| machines.get(*at)).cloned().collect();
        assets.push(asset(seen, conflicts.collect()));
    }
    assets.sort_by_cached_key(|asset| (asset.name.to_lowercase(), strongest(&asset.traits), asset.key.clone()));
    number(&mut assets);
    (assets, lost)
}

/// `NAME`, `NAME#2`, `NAME#3`: a name that a machine has of its own is nobody else's.
fn number(assets: &mut [Asset]) {
    let mut taken: BTreeSet<String> = assets.iter().map(|asset| asset.name.to_lowercase()).collect();
    let mut next: BTreeMap<String, usize> = BTreeMap::new();
    for asset in assets {
        let count = match next.get_mut(&asset.name.to_lowercase()) {
            None => {
                next.insert(asset.name.to_lowercase(), 2);
                continue;
            }
            Some(count) => count,
        };
        while !taken.insert(format!("{}#{count}", asset.name).to_lowercase()) {
            *count += 1;
        }
        asset.name = format!("{}#{count}", asset.name);
        asset.key = hash(&format!("{} {count}", asset.key));
        *count += 1;
    }
}

/// What it is best known by.
fn strongest(traits: &Traits) -> String {
    let name = || traits.name.as_ref().map(super::Name::key);
    let mac = || traits.mac_keys().into_iter().next();
    traits.serial_key().or_else(|| traits.uuid_key()).or_else(mac).or_else(name).unwrap_or_default()
}

/// FNV-1a, 64 bits: short and the same everywhere; it hides nothing and need not.
fn hash(text: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

/// One machine out of what was seen of it, oldest first.
fn asset(mut seen: Vec<Seen<Sighting>>, conflicts: Vec<Conflict>) -> Asset {
    seen.reverse();
    let mut traits = Traits::default();
    let mut best = None;
    for (at, line) in seen.iter().enumerate() {
        let told = &line.told.traits;
        traits.serial = traits.serial.or_else(|| told.serial.clone().filter(|_| told.serial_key().is_some()));
        traits.uuid = traits.uuid.or_else(|| told.uuid.clone().filter(|_| told.uuid_key().is_some()));
        traits.macs.extend(told.mac_keys());
        // A machine knows its own name better than a server or the network does.
        let own = match line.source.format {
            Format::Glpi | Format::Ocs | Format::Osquery => 2,
            _ => usize::from(!line.told.outside),
        };
        if told.name.is_some() && best.is_none_or(|(known, _)| own > known) {
            best = Some((own, at));
        }
    }
    let named = best.and_then(|(_, at)| seen.get(at)).and_then(|line| line.told.traits.name.clone());
    let domain = seen.iter().find_map(|line| line.told.traits.name.as_ref()?.domain.clone());
    traits.name = named.map(|name| super::Name { domain: name.domain.or(domain), ..name });
    let (facts, from) = merged(&seen);
    let name = traits.name.as_ref().map(|name| name.shown.clone());
    let name = name.or_else(|| traits.serial.clone()).or_else(|| traits.uuid.clone());
    let name = name.or_else(|| traits.macs.first().cloned()).unwrap_or_default();
    let last = seen.iter().map(|line| line.told.seen.unwrap_or(line.source.at)).max().unwrap_or_default();
    Asset { key: hash(&strongest(&traits)), name, traits, facts, from, seen, last, conflicts }
}

/// Of each thing the newest told, and by which; what was deduced from outside only where nothing is told.
fn merged(seen: &[Seen<Sighting>]) -> (Facts, BTreeMap<&'static str, usize>) {
    let (mut facts, mut from) = (Facts::default(), BTreeMap::new());
    let inside = seen.iter().enumerate().filter(|(_, line)| !line.told.outside);
    let outside = seen.iter().enumerate().filter(|(_, line)| line.told.outside);
    macro_rules! first {
        ($lines:expr, $($field:ident)*) => {
            for (at, line) in $lines {
                $(if facts.$field.is_none() && line.told.facts.$field.is_some() {
                    facts.$field = line.told.facts.$field.clone();
                    from.insert(stringify!($field), at);
                })*
            }
        };
    }
    first!(
        inside.chain(outside),
        kind maker model firmware system software patches antivirus firewalls drives remote admins secure_boot databases
        updates holder location tag started description managed
    );
    first!(seen.iter().enumerate(), ports addresses);
    if let Some((system, at)) = own_system(seen, &facts, &from) {
        facts.system = Some(system);
        from.insert("system", at);
    }
    (facts, from)
}

/// A list of machines, an update server's or a directory's, knows the release of a machine, hardly its edition and no more: as
/// long as it is the one that the machine told itself, the machine's words stand, with the newest revision. Else the list, which
/// is newer, is right; unless nothing says of when it is, nor which build it means.
fn own_system(
    seen: &[Seen<Sighting>],
    facts: &Facts,
    from: &BTreeMap<&'static str, usize>,
) -> Option<(super::System, usize)> {
    let (_, at) = (facts.system.as_ref()?, from.get("system")?);
    let is_list = |line: &Seen<Sighting>| {
        matches!(line.source.format, Format::Wsus | Format::Directory | Format::Computers) || line.told.outside
    };
    if !is_list(seen.get(*at)?) {
        return None;
    }
    let told = || {
        let inside = seen.iter().enumerate().filter(|(_, line)| !line.told.outside);
        inside.filter_map(|(at, line)| Some((at, line, line.told.facts.system.as_ref()?)))
    };
    let (own_at, _, own) = told().find(|(_, line, _)| !is_list(line))?;
    let says = |line: &Seen<Sighting>, system| line.told.seen.is_some() || release::tells_build(system);
    let (at, line, system) = told().find(|(_, line, system)| !is_list(line) || says(line, system))?;
    let service_pack = system.service_pack.clone().or_else(|| own.service_pack.clone());
    if is_list(line) && !release::agrees(system, own) {
        return Some((system.clone(), at));
    }
    Some((super::System { service_pack, ..own.clone() }, own_at))
}
