//! One run: an operation is chosen, done by both, and their answers compared.

use super::content::{self, PATIENTS};
use super::naive::{Naive, Outcome};
use super::random::Stream;
use super::world::{CALLERS, Caller, START, UNIT, World};
use confidentiality::Level;
use fhir::search::Query;
use fhir::{Resource, ResourceType};
use store::{Call, Change, Error, Gather, Judge, Location, Pass, TimelineFilter, Version, Whom, Written};

pub(crate) struct Run {
    pub(crate) random: Stream,
    pub(crate) world: World,
    pub(crate) naive: Naive,
    pub(crate) now: i64,
    /// Version of the rules that judged last.
    rules: i64,
    /// Said when something differs.
    pub(crate) what: String,
}

/// Plays `steps` operations that `seed` decides.
pub(crate) async fn run(seed: u64, steps: usize, location: Location) {
    let world = World::open(location).await;
    let mut run =
        Run { random: Stream::new(seed), world, naive: Naive::default(), now: START, rules: 1, what: String::new() };
    run.admit().await;
    for step in 0..steps {
        run.now += 1 + run.random.below(3);
        let caller = run.random.pick(&CALLERS);
        run.what = format!("SOCLE_MODEL_SEED={seed} step {step} {caller:?}");
        let call = run.world.call(caller, run.now).await;
        run.step(&call).await;
    }
    let report = run.world.store.verify_audit(run.world.tenant, None, run.now).await.unwrap();
    assert_eq!(report.findings, [], "seed {seed}");
}

impl Run {
    /// The patients that are there from the start, and the staff.
    async fn admit(&mut self) {
        let call = self.world.call(Caller::Full, self.now).await;
        for id in PATIENTS.iter().take(4) {
            let change = self.arrival(id);
            self.write(&call, vec![change]).await;
        }
        let persons: Vec<_> = self.naive.persons.values().copied().collect();
        self.world.employ(&mut self.random, &persons).await;
    }

    fn arrival(&mut self, id: &str) -> Change {
        let resource = content::patient(&mut self.random, id);
        let graded = content::graded_patient(&mut self.random);
        Change::Create { resource, graded, if_none_exist: None, import: None }
    }

    async fn step(&mut self, call: &Call) {
        match self.random.below(100) {
            0..=34 => {
                let change = self.change();
                self.write(call, vec![change]).await;
            }
            35..=39 => self.write_several(call).await,
            40..=45 => self.create_unless(call).await,
            46..=56 => self.look(call).await,
            57..=60 => self.history(call).await,
            61..=80 => self.search(call).await,
            81..=87 => self.timeline(call).await,
            88..=91 => {
                self.gather(call).await;
                self.safety(call).await;
            }
            92..=93 => self.mask().await,
            94..=95 => self.relabel().await,
            _ => self.touch_patient(call).await,
        }
    }

    pub(crate) fn change(&mut self) -> Change {
        let naive = &self.naive;
        content::change(&mut self.random, |kind, id| {
            naive.find(kind, id).map(|at| naive.rows.get(at).unwrap().version())
        })
    }

    pub(crate) async fn write(&mut self, call: &Call, changes: Vec<Change>) {
        let real = self.world.store.write(call, changes.clone()).await;
        if let Ok(written) = &real {
            self.learn(&changes, written);
        }
        let real = real.map(|written| self.outcomes(&written)).map_err(|error| word(&error));
        let expected = self.naive.write(call, &changes);
        assert_eq!(real, expected, "{}: {changes:?}", self.what);
    }

    /// The number of a patient first written about.
    fn learn(&mut self, changes: &[Change], written: &[Written]) {
        for (change, written) in changes.iter().zip(written) {
            let (Change::Create { resource, .. } | Change::Update { resource, .. } | Change::Misfile { resource, .. }) =
                change
            else {
                continue;
            };
            let named = match fhir::owner::persons(resource) {
                fhir::owner::Owner::IsPatient => resource.id().map(str::to_owned),
                fhir::owner::Owner::Refs(references) => {
                    references.first().and_then(|reference| fhir::refs::local(reference)).map(|(_, id)| id)
                }
                fhir::owner::Owner::None => None,
            };
            if written.effect != store::Effect::Existing
                && let Some(id) = named
            {
                self.naive.persons.entry(id).or_insert(written.person);
            }
        }
    }

    fn outcomes(&self, written: &[Written]) -> Vec<Outcome> {
        let patient = |written: &Written| {
            let found = self.naive.persons.iter().find(|(_, person)| **person == written.person);
            found.map(|(id, _)| id.clone())
        };
        written.iter().map(|w| (w.id.clone(), w.version, w.effect.word(), patient(w))).collect()
    }

    /// Several changes of distinct resources: all or none.
    async fn write_several(&mut self, call: &Call) {
        let mut changes = Vec::new();
        let mut named = Vec::new();
        for _ in 0..3 {
            let change = self.change();
            let name = match &change {
                Change::Create { resource, .. }
                | Change::Update { resource, .. }
                | Change::Misfile { resource, .. } => {
                    // What points at a neighbour of the same write is the subject of other tests.
                    if resource.object().contains_key("focus") {
                        continue;
                    }
                    (resource.kind(), resource.id().unwrap().to_owned())
                }
                Change::Delete { kind, id, .. } => (*kind, id.clone()),
            };
            if !named.contains(&name) {
                named.push(name);
                changes.push(change);
            }
        }
        self.write(call, changes).await;
    }

    async fn create_unless(&mut self, call: &Call) {
        let kind = ResourceType::CONDITION;
        let id = content::id(&mut self.random, kind);
        let resource = content::resource(&mut self.random, kind, &id);
        let graded = content::graded(&mut self.random);
        let query = parse(kind, &format!("identifier=urn:x|{}", self.random.below(6)));
        let change = Change::Create { resource, graded, if_none_exist: Some(query), import: None };
        self.write(call, vec![change]).await;
    }

    async fn look(&mut self, call: &Call) {
        let kind = content::kind(&mut self.random);
        let id = content::id(&mut self.random, kind);
        let store = &self.world.store;
        let read = store.read(call, kind, &id).await.unwrap();
        let read = store.disclose(call, read).await.unwrap();
        let seen = self.naive.visible(call, kind, &id).map(|at| self.naive.rows.get(at).unwrap());
        let expected = seen.map(|row| (row.version(), self.naive.show(call, row, row.version()).into_value()));
        assert_eq!(read.as_ref().map(plain), expected, "{} read {id}", self.what);
        assert_eq!(read.map(|v| v.deleted), seen.map(|row| row.current().deleted), "{} read {id}", self.what);

        let history = store.history(call, kind, &id).await.unwrap();
        let history = store.disclose(call, history).await.unwrap();
        let expected: Vec<_> =
            self.naive.history(call, kind, &id).into_iter().map(|(n, resource)| (n, resource.into_value())).collect();
        assert_eq!(history.iter().map(plain).collect::<Vec<_>>(), expected, "{} history {id}", self.what);

        let number = 1 + self.random.below(3);
        let one = store.vread(call, kind, &id, number).await.unwrap();
        let one = store.disclose(call, one).await.unwrap();
        let expected = expected.into_iter().find(|(found, _)| *found == number);
        assert_eq!(one.as_ref().map(plain), expected, "{} vread {id} {number}", self.what);
    }

    async fn timeline(&mut self, call: &Call) {
        let patient = self.random.pick(&PATIENTS);
        let count = u32::try_from(1 + self.random.below(8)).unwrap();
        let what = format!("{} timeline {patient} by {count}", self.what);
        let filter = content::timeline_filter(&mut self.random, self.now);
        let what = format!("{what} {filter:?}");
        let expected = self.naive.timeline(call, patient, &filter);
        let (mut mark, mut seen) = (None, Vec::new());
        loop {
            let page = self.world.store.timeline(call, patient, &filter, mark, count).await.unwrap();
            let Some(page) = self.world.store.disclose(call, page).await.unwrap() else {
                assert!(expected.is_none(), "{what}");
                return;
            };
            assert!(expected.is_some(), "{what}: the patient is not this reader's to see");
            let expected = expected.as_ref().unwrap();
            let readable = i64::try_from(expected.items.len()).unwrap();
            assert_eq!((page.readable, page.hidden), (readable, expected.hidden), "{what}");
            seen.extend(page.items.iter().map(plain));
            mark = page.next;
            if mark.is_none() {
                let rows = expected.items.iter().map(|at| self.naive.rows.get(*at).unwrap());
                let shown = rows.map(|row| (row.version(), self.naive.show(call, row, row.version()).into_value()));
                assert_eq!(seen, shown.collect::<Vec<_>>(), "{what}");
                return;
            }
        }
    }

    /// Items of several persons at once, and what is kept of them before they are shown.
    async fn gather(&mut self, call: &Call) {
        let whom = self.whom();
        let (kinds, from, to) = content::kinds_and_dates(&mut self.random, self.now);
        let most = u32::try_from(1 + self.random.below(12)).unwrap();
        let saying = content::saying(&mut self.random, self.now);
        let only = self.random.chance(20).then(|| vec![self.naive.person(self.random.pick(&PATIENTS))]);
        let by = self.random.chance(20).then(|| call.actor());
        let (count, marks) = (!self.random.chance(20), self.random.chance(20));
        let wanted = Gather { whom, kinds, from, to, saying, only, by, most, count, marks };
        let what = format!("{} {wanted:?}", self.what);
        let persons = match &wanted.whom {
            Whom::Unit(unit) => Some(self.world.persons_of(*unit, call.now)),
            Whom::Person(person) => Some(vec![*person]),
            Whom::Patient(id) => {
                let seen = self.naive.timeline(call, id, &TimelineFilter::default()).is_some();
                Some(if seen { vec![self.naive.person(id)] } else { Vec::new() })
            }
            Whom::Known => call.clearance.persons(),
            Whom::Anyone => None,
        };
        let expected = self.naive.gather(call, persons.as_deref(), &wanted);
        let store = &self.world.store;
        let gathered = if self.random.chance(50) {
            store.gather(call, &wanted).await.unwrap()
        } else {
            // Several questions about one person are answered by what the person has at all.
            let whole = Gather { from: None, to: None, ..wanted.clone() };
            let plain = Gather::plain(wanted.whom.clone(), Vec::new(), 1);
            let [_, gathered, _] = store.gather_each(call, [whole, wanted.clone(), plain]).await.unwrap();
            gathered
        };
        let low = self.random.chance(30);
        let gathered = gathered.retain(|version| !low || version.level <= Level::Standard);
        let gathered = self.world.store.disclose(call, gathered).await.unwrap();
        assert_eq!((gathered.more, gathered.hidden), (expected.items.len() > most as usize, expected.hidden), "{what}");
        let rows = expected.items.iter().take(most as usize).map(|at| self.naive.rows.get(*at).unwrap());
        let rows = rows.filter(|row| !low || row.current().level <= Level::Standard);
        let shown = rows.map(|row| (row.version(), self.naive.show(call, row, row.version()).into_value()));
        assert_eq!(gathered.items.iter().map(plain).collect::<Vec<_>>(), shown.collect::<Vec<_>>(), "{what}");
    }

    /// Newer rules judge everything, or what older ones have raised is put back.
    async fn relabel(&mut self) {
        let store = &self.world.store;
        if self.rules > 1 && self.random.chance(30) {
            let rules = 2 + self.random.below(self.rules - 1);
            store.ask_rollback(&self.world.job(1, self.now), rules, 0, "essai").await.unwrap();
            while store.roll_back(&self.world.job(2, self.now), rules, 3).await.unwrap() > 0 {}
            self.naive.rows.iter_mut().for_each(|row| row.roll_back(rules));
            return;
        }
        self.rules += 1;
        let rules = self.rules;
        let judge: Judge = std::sync::Arc::new(move |sheet| content::judgement(sheet.resource, rules));
        let (mut after, job) = ((0, 0), self.world.job(1, self.now));
        while let Some(next) = store.relabel(&job, Pass { rules, after, most: 5 }, judge.clone()).await.unwrap().next {
            after = next;
        }
        for row in &mut self.naive.rows {
            let said = content::judgement(&row.current().resource, rules);
            row.judge(rules, &said);
        }
    }

    /// What reaches carers of what they may not read.
    async fn safety(&self, call: &Call) {
        let persons: Vec<_> = self.naive.persons.values().copied().collect();
        let facts = self.world.store.safety(call, &persons).await.unwrap();
        let facts = self.world.store.disclose(call, facts).await.unwrap();
        let in_order = |facts: Vec<store::Safety>| {
            let mut texts: Vec<String> = facts.iter().map(|fact| format!("{fact:?}")).collect();
            texts.sort();
            texts
        };
        assert_eq!(in_order(facts), in_order(self.naive.safety(call, &persons)), "{} safety", self.what);
    }

    fn whom(&mut self) -> Whom {
        match self.random.below(5) {
            0 => Whom::Unit(UNIT),
            1 => Whom::Anyone,
            2 => Whom::Patient(self.random.pick(&PATIENTS).to_owned()),
            3 => Whom::Person(self.naive.person(self.random.pick(&PATIENTS))),
            _ => Whom::Known,
        }
    }

    /// A person masks an item, a category, or all, from one actor or from all.
    async fn mask(&mut self) {
        let call = self.world.call(Caller::Full, self.now).await;
        let mut patient = self.random.pick(&PATIENTS).to_owned();
        let kind = content::kind(&mut self.random);
        let id = content::id(&mut self.random, kind);
        let mut rid = confidentiality::Rid::new(0);
        if let Some(at) = self.naive.find(kind, &id).filter(|_| self.random.chance(80)) {
            let read = self.world.store.read(&call, kind, &id).await.unwrap();
            rid = self.world.store.disclose(&call, read).await.unwrap().unwrap().rid;
            let row = self.naive.rows.get_mut(at).unwrap();
            row.rid = rid;
            patient = row.owned.0.last().cloned().unwrap_or(patient);
        }
        let Some(person) = self.naive.persons.get(&patient).copied() else { return };
        self.world.mask(&mut self.random, person, rid, self.now).await;
    }

    async fn touch_patient(&mut self, call: &Call) {
        let id = self.random.pick(&["p0", "p1", "p2", "p3", "p4", "p4"]);
        let change = match self.random.below(6) {
            0..=2 => self.arrival(id),
            3..=4 => Change::Update {
                resource: content::patient(&mut self.random, id),
                graded: content::graded_patient(&mut self.random),
                if_match: None,
                upsert: false,
                import: None,
            },
            _ => Change::Delete { kind: ResourceType::PATIENT, id: id.to_owned(), if_match: None },
        };
        self.write(call, vec![change]).await;
    }
}

fn parse(kind: ResourceType, text: &str) -> Query {
    fhir::search::parse(kind, &fhir::search::pairs(text), true).unwrap()
}

pub(crate) fn plain(version: &Version) -> (i64, serde_json::Value) {
    (version.version, Resource::value(&version.resource))
}

/// The kind of an error, in words both sides use.
fn word(error: &Error) -> String {
    match error {
        Error::Absent => "absent".to_owned(),
        Error::Conflict(conflict) => format!("conflict {conflict}"),
        Error::Refused(refusal) => format!("refused {}", refusal.code()),
        other => format!("unexpected {other}"),
    }
}
