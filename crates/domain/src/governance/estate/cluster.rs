//! Which sightings are of one machine. A pure function of the set of sightings: their order says nothing.

use super::identity::{SHARED, Traits};
use std::collections::{BTreeMap, BTreeSet};

/// Two sources that do not agree on who is who.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conflict {
    /// One machine is told under several serial numbers or UUIDs.
    SeveralNumbers(Vec<String>),
    /// Several machines have this name.
    SameName(String),
    /// A serial number or UUID stands on many machines: it identifies none.
    SharedNumber(String),
    /// A card was seen on several machines: a docking station or an adapter.
    SharedCard(String),
    /// One machine is told under several names: renamed, installed anew, or a copy.
    SeveralNames(Vec<String>),
}

impl Conflict {
    /// For a screen.
    #[must_use]
    pub fn french(&self) -> String {
        match self {
            Self::SeveralNumbers(all) => format!("Plusieurs numéros pour cette machine : {}", all.join(", ")),
            Self::SameName(name) => format!("Plusieurs machines portent le nom {name}"),
            Self::SharedNumber(number) => {
                format!("Le numéro {number} est sur plusieurs machines : il n'en identifie aucune")
            }
            Self::SharedCard(card) => {
                format!("La carte réseau {card} a été vue sur plusieurs machines (station d'accueil, adaptateur)")
            }
            Self::SeveralNames(all) => {
                format!("Cette machine a porté plusieurs noms : {} (renommée, réinstallée ou copiée)", all.join(", "))
            }
        }
    }
}

/// What is compared of one sighting.
#[derive(Debug, Clone, Default)]
struct Keys {
    serial: Option<String>,
    uuid: Option<String>,
    macs: BTreeSet<String>,
    name: Option<String>,
    domain: Option<String>,
    outside: bool,
}

impl Keys {
    fn is_bare(&self) -> bool {
        self.serial.is_none() && self.uuid.is_none() && self.macs.is_empty() && self.name.is_none()
    }
}

/// Sightings put together.
#[derive(Debug, Default)]
pub(super) struct Clusters {
    /// The members of each machine, by their places in what was given.
    pub(super) machines: Vec<Vec<usize>>,
    /// Conflicts, and the sightings they are about.
    pub(super) conflicts: Vec<(Conflict, BTreeSet<usize>)>,
    /// Sightings that could be of several machines.
    pub(super) ambiguous: Vec<usize>,
}

/// A cluster's keys, together.
#[derive(Debug, Default)]
struct Group {
    serials: BTreeSet<String>,
    uuids: BTreeSet<String>,
    macs: BTreeSet<String>,
    domains: BTreeSet<String>,
    /// Names told from inside.
    names: BTreeSet<String>,
}

impl Group {
    /// Two machines that have one number or card, and differ in every other thing that both tell: a copy, or a dock.
    fn is_other(&self, other: &Self) -> bool {
        let apart =
            |one: &BTreeSet<String>, two: &BTreeSet<String>| !one.is_empty() && !two.is_empty() && one.is_disjoint(two);
        apart(&self.names, &other.names) && self.macs != other.macs && !self.macs.is_empty() && !other.macs.is_empty()
    }

    fn is_strong(&self) -> bool {
        !(self.serials.is_empty() && self.uuids.is_empty() && self.macs.is_empty())
    }
}

struct Joining {
    keys: Vec<Keys>,
    parent: Vec<usize>,
    /// The members of each cluster, by its root.
    members: Vec<Vec<usize>>,
    conflicts: Vec<(Conflict, BTreeSet<usize>)>,
}

/// Puts sightings together: by serial number, then UUID, then cards, then name; never over a stronger difference.
pub(super) fn join(traits: &[(&Traits, bool)]) -> Clusters {
    let keys = traits.iter().map(|(traits, outside)| Keys {
        outside: *outside,
        serial: traits.serial_key(),
        uuid: traits.uuid_key(),
        macs: traits.mac_keys(),
        name: traits.name.as_ref().map(super::Name::key),
        domain: traits.name.as_ref().and_then(|name| name.domain.clone()),
    });
    let mut keys: Vec<Keys> = keys.collect();
    written_whole(&mut keys);
    known_domains(&mut keys);
    let members = (0..keys.len()).map(|at| vec![at]).collect();
    let mut joining = Joining { parent: (0..keys.len()).collect(), members, keys, conflicts: Vec::new() };
    joining.drop_shared();
    joining.by_serial();
    joining.by_uuid();
    joining.by_card();
    let ambiguous = joining.by_name();
    joining.end(&ambiguous)
}

/// How long a NetBIOS name may be: what is longer was cut there.
const NETBIOS: usize = 15;

/// A name that was cut to fifteen signs is the one longer name that begins with them, where there is one alone.
fn written_whole(keys: &mut [Keys]) {
    let mut whole: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in keys.iter().filter_map(|keys| keys.name.as_ref()).filter(|name| name.chars().count() > NETBIOS) {
        whole.entry(name.chars().take(NETBIOS).collect()).or_default().insert(name.clone());
    }
    for keys in keys {
        let candidates = keys.name.as_ref().and_then(|name| whole.get(name));
        if let Some(one) = candidates.filter(|all| all.len() == 1).and_then(BTreeSet::first) {
            keys.name = Some(one.clone());
        }
    }
}

/// Seen from outside, the domain is the one of whoever answers for addresses (« .lan », « .home »): it tells two machines of
/// one name apart only where a machine of that name says that it is in it.
fn known_domains(keys: &mut [Keys]) {
    let mut inside: BTreeMap<String, BTreeSet<Option<String>>> = BTreeMap::new();
    for keys in keys.iter().filter(|keys| !keys.outside) {
        inside.entry(keys.name.clone().unwrap_or_default()).or_default().insert(keys.domain.clone());
    }
    for keys in keys.iter_mut().filter(|keys| keys.outside) {
        let told = inside.get(keys.name.as_deref().unwrap_or_default());
        if told.is_some_and(|domains| !domains.contains(&keys.domain)) {
            keys.domain = None;
        }
    }
}

impl Joining {
    fn root(&self, mut at: usize) -> usize {
        while let Some(next) = self.parent.get(at).copied().filter(|next| *next != at) {
            at = next;
        }
        at
    }

    fn union(&mut self, all: impl IntoIterator<Item = usize>) {
        let roots: BTreeSet<usize> = all.into_iter().map(|at| self.root(at)).collect();
        let Some(first) = roots.first().copied() else { return };
        for root in roots.into_iter().filter(|root| *root != first) {
            if let Some(parent) = self.parent.get_mut(root) {
                *parent = first;
            }
            let moved = self.members.get_mut(root).map(std::mem::take).unwrap_or_default();
            if let Some(members) = self.members.get_mut(first) {
                members.extend(moved);
            }
        }
    }

    /// Sightings by one of their keys.
    fn indexed<'a>(&'a self, key: impl Fn(&'a Keys) -> Vec<&'a String>) -> BTreeMap<String, Vec<usize>> {
        let mut index: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, keys) in self.keys.iter().enumerate() {
            for key in key(keys) {
                index.entry(key.clone()).or_default().push(at);
            }
        }
        index
    }

    fn distinct<'a>(&'a self, of: &[usize], key: impl Fn(&'a Keys) -> Option<&'a String>) -> usize {
        of.iter().filter_map(|at| self.keys.get(*at).and_then(&key)).collect::<BTreeSet<_>>().len()
    }

    /// What each cluster of these sightings is known by.
    fn groups(&self, of: &[usize]) -> BTreeMap<usize, Group> {
        let wanted: BTreeSet<usize> = of.iter().map(|at| self.root(*at)).collect();
        let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
        for root in wanted {
            let group = groups.entry(root).or_default();
            let members = self.members.get(root).into_iter().flatten();
            for keys in members.filter_map(|at| self.keys.get(*at)) {
                group.serials.extend(keys.serial.clone());
                group.uuids.extend(keys.uuid.clone());
                group.macs.extend(keys.macs.iter().cloned());
                group.domains.extend(keys.domain.clone());
                group.names.extend(keys.name.clone().filter(|_| !keys.outside));
            }
        }
        groups
    }

    /// A number on many machines that differ in everything else identifies none of them.
    fn drop_shared(&mut self) {
        let serials = self.indexed(|keys| keys.serial.iter().collect());
        for (serial, of) in serials {
            let names = self.distinct(&of, |keys| keys.name.as_ref());
            if names >= SHARED && self.distinct(&of, |keys| keys.uuid.as_ref()) >= SHARED {
                of.iter().filter_map(|at| self.keys.get_mut(*at).map(|keys| keys.serial.take())).for_each(drop);
                self.conflicts.push((Conflict::SharedNumber(serial), of.into_iter().collect()));
            }
        }
        let uuids = self.indexed(|keys| keys.uuid.iter().collect());
        for (uuid, of) in uuids {
            let names = self.distinct(&of, |keys| keys.name.as_ref());
            let others = self.distinct(&of, |keys| keys.serial.as_ref());
            if names >= SHARED && (others >= SHARED || others == 0) {
                of.iter().filter_map(|at| self.keys.get_mut(*at).map(|keys| keys.uuid.take())).for_each(drop);
                self.conflicts.push((Conflict::SharedNumber(uuid), of.into_iter().collect()));
            }
        }
    }

    fn by_serial(&mut self) {
        for of in self.indexed(|keys| keys.serial.iter().collect()).into_values() {
            self.union(of);
        }
    }

    fn by_uuid(&mut self) {
        for (uuid, of) in self.indexed(|keys| keys.uuid.iter().collect()) {
            let groups = self.groups(&of);
            let serials: BTreeSet<&String> = groups.values().flat_map(|group| &group.serials).collect();
            if groups.len() <= 1 || (serials.len() <= 1 && !copies(&groups)) {
                self.union(of);
            } else {
                of.iter().filter_map(|at| self.keys.get_mut(*at).map(|keys| keys.uuid.take())).for_each(drop);
                self.conflicts.push((Conflict::SharedNumber(uuid), of.into_iter().collect()));
            }
        }
    }

    fn by_card(&mut self) {
        for (card, of) in self.indexed(|keys| keys.macs.iter().collect()) {
            let groups = self.groups(&of);
            if groups.len() <= 1 || (agree(&groups) && !copies(&groups)) {
                self.union(of);
            } else {
                for at in &of {
                    if let Some(keys) = self.keys.get_mut(*at) {
                        keys.macs.remove(&card);
                    }
                }
                self.conflicts.push((Conflict::SharedCard(card), of.into_iter().collect()));
            }
        }
    }

    /// The sightings that could be of several machines of their name.
    fn by_name(&mut self) -> Vec<usize> {
        let mut ambiguous = Vec::new();
        for (name, of) in self.indexed(|keys| keys.name.iter().collect()) {
            let groups = self.groups(&of);
            let domains: BTreeSet<&String> = groups.values().flat_map(|group| &group.domains).collect();
            let carded = groups.values().filter(|group| !group.macs.is_empty()).count();
            if groups.len() <= 1 || (agree(&groups) && carded <= 1 && domains.len() <= 1) {
                self.union(of);
                continue;
            }
            self.conflicts.push((Conflict::SameName(name), of.iter().copied().collect()));
            let (strong, weak): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(_, group)| group.is_strong());
            let mut alone: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
            for (root, group) in weak {
                let domain = group.domains.first().cloned();
                let same = strong.iter().filter(|(_, one)| domain.as_ref().is_some_and(|d| one.domains.contains(d)));
                let same: Vec<usize> = same.map(|(root, _)| *root).collect();
                let open = strong.iter().filter(|(_, one)| domain.is_none() || one.domains.is_empty());
                let open: Vec<usize> = open.map(|(root, _)| *root).collect();
                match (same.as_slice(), open.as_slice()) {
                    ([one], _) | ([], [one]) => self.union([*one, root]),
                    ([], []) => alone.entry(domain).or_default().push(root),
                    _ => ambiguous.push(root),
                }
            }
            // Without a domain, among several that have one.
            if alone.len() > 1 {
                ambiguous.extend(alone.remove(&None).unwrap_or_default());
            }
            alone.into_values().for_each(|roots| self.union(roots));
        }
        ambiguous
    }

    fn end(mut self, ambiguous: &[usize]) -> Clusters {
        let mut machines: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in 0..self.keys.len() {
            machines.entry(self.root(at)).or_default().push(at);
        }
        let mut lost: BTreeSet<usize> = ambiguous.iter().map(|at| self.root(*at)).collect();
        // Known by nothing but what turned out to be shared.
        let bare = |at: &usize| self.keys.get(*at).is_none_or(Keys::is_bare);
        lost.extend(machines.iter().filter(|(_, members)| members.iter().all(bare)).map(|(root, _)| *root));
        let ambiguous = lost.iter().flat_map(|root| machines.remove(root).unwrap_or_default()).collect();
        for members in machines.values() {
            let all = |key: fn(&Keys) -> Option<&String>| {
                members.iter().filter_map(|at| self.keys.get(*at).and_then(key)).cloned().collect::<BTreeSet<_>>()
            };
            for numbers in [all(|keys| keys.serial.as_ref()), all(|keys| keys.uuid.as_ref())] {
                if numbers.len() > 1 {
                    let of = members.iter().copied().collect();
                    self.conflicts.push((Conflict::SeveralNumbers(numbers.into_iter().collect()), of));
                }
            }
            let own = members.iter().filter_map(|at| self.keys.get(*at)).filter(|keys| !keys.outside);
            let names: BTreeSet<String> = own.filter_map(|keys| keys.name.clone()).collect();
            if names.len() > 1 {
                let of = members.iter().copied().collect();
                self.conflicts.push((Conflict::SeveralNames(names.into_iter().collect()), of));
            }
        }
        self.conflicts.sort();
        Clusters { machines: machines.into_values().collect(), conflicts: self.conflicts, ambiguous }
    }
}

/// Two of them cannot be one machine, though nothing stronger says so.
fn copies(groups: &BTreeMap<usize, Group>) -> bool {
    let all: Vec<&Group> = groups.values().collect();
    all.iter().enumerate().any(|(at, one)| all.iter().skip(at + 1).any(|other| one.is_other(other)))
}

/// No two of them are known by numbers that differ.
fn agree(groups: &BTreeMap<usize, Group>) -> bool {
    let serials: BTreeSet<&String> = groups.values().flat_map(|group| &group.serials).collect();
    let with_uuid = groups.values().filter(|group| !group.uuids.is_empty()).count();
    serials.len() <= 1 && with_uuid <= 1
}
