//! What one actor may read during one request: made once, then a few integer comparisons per item.

use crate::matrix::Matrix;
use crate::measures::Measures;
use crate::permit::Refusal;
use crate::persona::Persona;
use crate::scope::{Key, Open4, Scope, Universal, grants, merge, scopes_of};
use crate::{
    Actor, Categories, ClientScope, Facts, Family, Level, MaskFlags, Masking, Person, Place, Purpose, Relation,
    Session, Strength,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// What one actor may read. Made only by [`clearance`].
#[derive(Clone)]
pub struct Clearance {
    pub(crate) actor: Actor,
    pub(crate) purpose: Purpose,
    pub(crate) universal: Option<Universal>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) staff_places: BTreeSet<Place>,
    pub(crate) visible_places: BTreeSet<Place>,
    pub(crate) admit_places: BTreeSet<Place>,
    pub(crate) write_places: BTreeSet<Place>,
    /// Of whom, and where, the accesses may be read; person 0 = everyone there, place 0 = everywhere.
    pub(crate) journals: BTreeSet<(Person, Place)>,
    /// Where the glass may be broken, and up to which level; 0 = everywhere.
    pub(crate) glass_places: BTreeMap<Place, Level>,
    /// Persons who have the actor as référent.
    pub(crate) referent_of: BTreeSet<Person>,
    /// Persons whose allergies and treatments the actor keeps.
    pub(crate) health_of: BTreeSet<Person>,
    /// Machines and accounts of the house may be seen.
    pub(crate) estate: bool,
    pub(crate) maskings: Vec<Masking>,
    pub(crate) blocked: MaskFlags,
    /// Highest level the session itself can reach now; `None` = not signed in.
    pub(crate) reach: Option<Level>,
    pub(crate) open4: Option<Open4>,
    pub(crate) measures: Arc<[Measures; 5]>,
    pub(crate) secret: Categories,
    pub(crate) why: BTreeSet<String>,
    /// The same of a glass that was broken: it says why one person's record was opened, and no other.
    pub(crate) glass: BTreeMap<Person, BTreeSet<String>>,
    /// What the predicate is given, once somebody has asked for it.
    pub(crate) lists: Arc<OnceLock<Arc<[String; 5]>>>,
}

impl fmt::Debug for Clearance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clearance(actor {}, {} scopes)", self.actor, self.scopes.len())
    }
}

impl Clearance {
    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// What for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Whether it is a program's, that needs no relation.
    #[must_use]
    pub fn is_universal(&self) -> bool {
        self.universal.is_some()
    }

    /// A program's place and cap.
    #[must_use]
    pub fn universal(&self) -> Option<Universal> {
        self.universal
    }

    /// Whether every item of the tenant may be read: references need no check.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        self.open4.is_some() && self.universal.is_some_and(|u| u.place.is_none() && u.cap == Level::VerySensitive)
    }

    /// Whether the actor may read every access to the record of this person, kept at this place. A program may when it
    /// sees everything; whoever may not still reads their own.
    #[must_use]
    pub fn may_read_journal(&self, person: Person, place: Place) -> bool {
        if self.is_universal() {
            return self.sees_all();
        }
        let here =
            |(whose, at): &(Person, Place)| (whose.is_zero() || *whose == person) && (at.is_zero() || *at == place);
        !person.is_zero() && self.journals.iter().any(here)
    }

    /// Whether the actor answers for the records of a place: they look at who opened them. Whose, [`Self::may_read_journal`] says.
    #[must_use]
    pub fn reviews_accesses(&self) -> bool {
        self.journals.iter().any(|(whose, _)| whose.is_zero())
    }

    /// Whether the actor may see, and bring in, what is known of the machines and accounts of the house. A program may when
    /// it sees everything.
    #[must_use]
    pub fn sees_estate(&self) -> bool {
        self.estate || self.sees_all()
    }

    /// Whether the actor may bring in what others wrote, taken as it is: a program with every right.
    ///
    /// # Errors
    /// Why not.
    pub fn may_import(&self) -> Result<(), Refusal> {
        match self.universal {
            Some(own) if !own.write => Err(Refusal::ClientReadOnly),
            Some(own) if own.chosen_ids && self.sees_all() => Ok(()),
            _ => Err(Refusal::ClientLimited),
        }
    }

    /// Whether the actor may choose the ids of what it creates.
    #[must_use]
    pub fn may_choose_ids(&self) -> bool {
        self.universal.is_some_and(|u| u.chosen_ids)
    }

    /// Whether ordinary items (level 2) of this family about this person would be shown: a relation opens the family, and
    /// nothing is masked. So, that none is shown means that there is none.
    #[must_use]
    pub fn sees_family(&self, person: Person, family: Family) -> bool {
        let opens =
            |scope: &Scope| scope.person == person && scope.cap >= Level::Standard && scope.families().contains(family);
        let masked = self.maskings.iter().any(|masking| masking.person == person);
        let program = self.universal.is_some_and(|universal| universal.cap >= Level::Standard);
        program || (self.reach >= Some(Level::Standard) && !masked && self.scopes.iter().any(opens))
    }

    /// Whether the actor takes care of this person: a relation lets them write, and opens everyday care or education. Then
    /// what matters for the person's safety reaches them, whatever else is closed or masked. No program cares; one that
    /// sees everything is told all the same.
    #[must_use]
    pub fn cares_for(&self, person: Person) -> bool {
        self.works_with(person, &[Family::Soin, Family::Edu])
    }

    /// Whether the actor cares for this person by what opens medical documents: then the drugs of items that they may not read
    /// are told too. A drug betrays its disease: to the others, what to do is told, and not by what.
    #[must_use]
    pub fn treats(&self, person: Person) -> bool {
        self.cares_for(person) && self.works_with(person, &[Family::Med])
    }

    /// Whether the actor keeps the allergies and the treatments of this person: their function does, and they are related. Any other
    /// tells them by a transmission. What is written is permitted besides, as every write.
    ///
    /// # Errors
    /// Why not.
    pub fn may_keep_health(&self, person: Person) -> Result<(), Refusal> {
        self.may_write()?;
        if self.health_of.contains(&person) {
            return Ok(());
        }
        let related = self.scopes.iter().any(|scope| scope.write && scope.person == person);
        Err(if related { Refusal::NotHealth } else { Refusal::NoRelation })
    }

    /// Whether a relation lets the actor write about this person, and opens one of these families, whatever is masked.
    fn works_with(&self, person: Person, any: &[Family]) -> bool {
        let opens = |scope: &Scope| any.iter().any(|family| scope.families().contains(*family));
        let works =
            |scope: &Scope| scope.person == person && scope.write && scope.cap >= Level::Standard && opens(scope);
        let related = self.reach >= Some(Level::Standard) && self.scopes.iter().any(works);
        !person.is_zero() && (self.sees_all() || related)
    }

    /// Whether the actor reviews what was written in the wrong record: all its posts do.
    #[must_use]
    pub fn reviews(&self) -> bool {
        !self.scopes.is_empty() && !self.blocked.intersects(MaskFlags::MISFILED)
    }

    /// What its relations open.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The persons it is related to, in order; `None`: everyone.
    #[must_use]
    pub fn persons(&self) -> Option<Vec<Person>> {
        if self.is_universal() {
            return None;
        }
        let persons: BTreeSet<Person> = self.scopes.iter().map(|s| s.person).filter(|p| !p.is_zero()).collect();
        Some(persons.into_iter().collect())
    }

    /// Whether it is related to this person (a program is, to everyone).
    #[must_use]
    pub fn knows(&self, person: Person) -> bool {
        self.is_universal() || self.scopes.iter().any(|s| s.person == person && !person.is_zero())
    }

    /// Places whose level 1 it reads; 0 = all.
    #[must_use]
    pub fn staff_places(&self) -> &BTreeSet<Place> {
        &self.staff_places
    }

    /// Places whose level 0 it reads; 0 = all.
    #[must_use]
    pub fn visible_places(&self) -> &BTreeSet<Place> {
        &self.visible_places
    }

    /// Highest level the session reaches now; `None` = not signed in.
    #[must_use]
    pub fn reach(&self) -> Option<Level> {
        self.reach
    }

    /// The highest level read at all: of a session, of a program within its rights; `None` = nothing.
    #[must_use]
    pub fn highest(&self) -> Option<Level> {
        if self.is_universal() { Level::from_code(self.universal_reach()) } else { self.reach }
    }

    /// The right to open level 4, if this session or program has it.
    #[must_use]
    pub fn open4(&self) -> Option<&Open4> {
        self.open4.as_ref()
    }

    /// A program's cap, lowered where it may not open level 4; -1 = not a program.
    pub(crate) fn universal_reach(&self) -> i64 {
        match (self.universal, &self.open4) {
            (None, _) => -1,
            (Some(universal), Some(_)) => universal.cap.code(),
            (Some(universal), None) => universal.cap.min(Level::Sensitive).code(),
        }
    }

    pub(crate) fn measures(&self, level: Level) -> &Measures {
        let [open, daily, standard, sensitive, very] = &*self.measures;
        match level {
            Level::Open => open,
            Level::Daily => daily,
            Level::Standard => standard,
            Level::Sensitive => sensitive,
            Level::VerySensitive => very,
        }
    }
}

/// Makes the clearance of one request.
#[must_use]
pub fn clearance(matrix: &Matrix, facts: &Facts) -> Clearance {
    let mut made = Clearance {
        actor: facts.actor,
        purpose: facts.purpose,
        universal: None,
        scopes: Vec::new(),
        staff_places: BTreeSet::new(),
        visible_places: BTreeSet::new(),
        admit_places: BTreeSet::new(),
        write_places: BTreeSet::new(),
        journals: BTreeSet::new(),
        glass_places: BTreeMap::new(),
        referent_of: BTreeSet::new(),
        health_of: BTreeSet::new(),
        estate: false,
        maskings: Vec::new(),
        // Until a persona says otherwise.
        blocked: MaskFlags::MISFILED,
        reach: reach(matrix, facts.session),
        open4: None,
        measures: matrix.all_measures(),
        secret: matrix.existence_secret(),
        why: BTreeSet::new(),
        glass: BTreeMap::new(),
        lists: Arc::default(),
    };
    match facts.client {
        _ if made.reach.is_none() => {}
        Some(client) => made.open_client(matrix, client),
        None => made.open_relations(matrix, facts),
    }
    made
}

/// The highest level this session reaches: each level's conditions hold, and those of every level below.
fn reach(matrix: &Matrix, session: Session) -> Option<Level> {
    let cap = matrix.strength_cap(session.strength)?.min(matrix.workstation_cap(session.workstation));
    let holds = |level: &Level| {
        let measures = matrix.measures(*level);
        let young = measures.sign_in_max_age_s.is_none_or(|limit| session.age_s <= limit);
        let stepped = match measures.step_up_s {
            None => true,
            Some(limit) => session.step_up_age_s.is_some_and(|age| age <= limit),
        };
        // A secret given again within the limit is a sign-in of that age.
        let renewed = measures.sign_in_max_age_s.zip(session.step_up_age_s).is_some_and(|(limit, age)| age <= limit);
        *level <= cap && (young || renewed) && stepped
    };
    Level::ALL.into_iter().take_while(holds).last()
}

impl Clearance {
    /// A program needs no step-up: its purpose says whether it opens level 4.
    fn open_client(&mut self, matrix: &Matrix, client: ClientScope) {
        let Some(strength) = matrix.strength_cap(Strength::Client) else {
            return;
        };
        let cap = client.cap.min(strength);
        let opens = self.purpose == Purpose::Api || self.purpose.is_job();
        self.open4 = (opens && cap == Level::VerySensitive).then_some(Open4 { purpose: self.purpose });
        self.universal =
            Some(Universal { place: client.place, cap, write: client.write, chosen_ids: client.chosen_ids });
        self.why.insert("client".to_owned());
    }

    fn open_relations(&mut self, matrix: &Matrix, facts: &Facts) {
        if self.reach == Some(Level::VerySensitive) {
            self.open4 = Some(Open4 { purpose: self.purpose });
        }
        let mut merged: BTreeMap<Key, Scope> = BTreeMap::new();
        let granted = grants(&facts.relations);
        let mut blocked = None;
        for relation in &facts.relations {
            let Some((persona, cap)) = matrix.persona(&relation.persona) else {
                continue;
            };
            self.visible_places.insert(relation.place);
            self.estate |= persona.estate && relation.person.is_zero();
            if persona.break_glass && relation.person.is_zero() {
                self.let_break(relation.place, cap);
            }
            blocked = Some(persona.blocked.union(blocked.unwrap_or_default()));
            let outsider = relation.person.is_zero() && !persona.staff;
            if outsider || !persona.counts(relation.kind) {
                continue;
            }
            self.open_place(persona, relation.place);
            if persona.health && persona.write && !relation.person.is_zero() {
                self.health_of.insert(relation.person);
            }
            self.open_journal(persona, relation);
            self.explain(relation);
            let core = match facts.place_profiles.get(&relation.place) {
                Some(profile) if persona.core_business => matrix.core_business(*profile),
                _ => Categories::empty(),
            };
            let extra = granted.get(&(relation.person, relation.place)).copied().unwrap_or_default();
            for scope in scopes_of(persona, cap, relation, core, extra) {
                merge(&mut merged, scope);
            }
        }
        self.blocked = blocked.unwrap_or(self.blocked);
        self.scopes = merged.into_values().collect();
        let glass: BTreeSet<Person> = self.scopes.iter().filter(|s| s.break_glass).map(|s| s.person).collect();
        self.maskings = facts.maskings.iter().filter(|m| !glass.contains(&m.person)).copied().collect();
    }

    /// Staff answers for whoever is at the place; any other only for the persons it is related to.
    fn open_journal(&mut self, persona: &Persona, relation: &Relation) {
        if persona.journal {
            let whose = if persona.staff { Person::new(0) } else { relation.person };
            let at = if persona.everywhere { Place::new(0) } else { relation.place };
            self.journals.insert((whose, at));
        }
    }

    fn open_place(&mut self, persona: &Persona, place: Place) {
        if persona.staff {
            self.staff_places.insert(place);
            if persona.write {
                self.write_places.insert(place);
            }
            if persona.admit {
                self.admit_places.insert(place);
            }
        }
    }
}
