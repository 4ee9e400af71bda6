//! One request: who, when, what for, with which clearance.

use crate::app::App;
use crate::error::Result;
use confidentiality::{
    Actor, Clearance, ClientScope, Facts, Level, Person, Place, PlaceProfile, Purpose, Relation, Session, Strength,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Account, ActorFacts, Ahead, Call, Damage, Damaged};

/// The actor of what an operator runs on the machine itself.
const OPERATOR: Actor = Actor::new(1);

/// Whether it is nobody, and no client: the server by itself, or a command on its machine.
#[must_use]
pub fn is_operator(actor: Actor) -> bool {
    actor == OPERATOR
}

/// What a request says of itself.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The request's own id.
    pub request: String,
    /// A stated reason, kept in the audit.
    pub reason: Option<String>,
    /// The workstation, if it is known.
    pub device: Option<String>,
}

/// Everything a use case needs to know of its request.
#[derive(Debug, Clone)]
pub struct Cx {
    app: App,
    clearance: Clearance,
    place: Place,
    /// Whoever asks works at that place; a program of the whole legal entity works at none.
    placed: bool,
    persona: Option<String>,
    signer: Signer,
    /// Where and as whom the actor knows each person.
    knows: Arc<[Relation]>,
    origin: Origin,
    /// What was asked together with the account.
    ahead: Ahead,
    now: i64,
    /// References to what has never been here are shown as they are.
    tells_unknown: bool,
    /// Where what does not open is noted, by who will say so.
    damage: Option<Damage>,
}

/// How a person signs what they write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signer {
    /// Name and function, as screens show them.
    pub display: String,
    /// Id of their Practitioner.
    pub practitioner: Option<String>,
}

impl Cx {
    /// A human, with the state of their session.
    pub(crate) async fn person(app: &App, account: &Account, session: Session, origin: Origin) -> Result<Self> {
        let (now, actor) = (app.now(), Actor::new(account.actor));
        let signer = Signer { display: account.display.clone(), practitioner: account.practitioner.clone() };
        let ActorFacts { relations, maskings, profiles } = app.store().actor_facts(app.tenant(), actor, now).await?;
        let post = relations.iter().find(|relation| relation.person.is_zero());
        let place = post.map(|relation| relation.place).unwrap_or_default();
        let persona = post.map(|relation| relation.persona.as_str().to_owned());
        let knows: Arc<[Relation]> = relations.iter().filter(|relation| !relation.person.is_zero()).cloned().collect();
        let facts = Facts {
            actor,
            relations,
            maskings,
            session,
            purpose: Purpose::Care,
            place_profiles: profiles,
            client: None,
        };
        let clearance = confidentiality::clearance(app.matrix(), &facts);
        let ahead = Ahead::default();
        Ok(Self {
            app: app.clone(),
            clearance,
            place,
            placed: true,
            persona,
            signer,
            knows,
            origin,
            ahead,
            now,
            tells_unknown: false,
            damage: None,
        })
    }

    /// A program, with the rights it was registered with.
    pub(crate) fn client(app: &App, actor: Actor, scope: ClientScope, purpose: Purpose, origin: Origin) -> Self {
        let facts = Facts {
            actor,
            relations: Vec::new(),
            maskings: Vec::new(),
            session: Session { strength: Strength::Client, ..Session::none() },
            purpose,
            place_profiles: BTreeMap::new(),
            client: Some(scope),
        };
        Self {
            app: app.clone(),
            clearance: confidentiality::clearance(app.matrix(), &facts),
            place: scope.place.unwrap_or_else(|| app.default_place()),
            placed: scope.place.is_some(),
            persona: None,
            signer: Signer::default(),
            knows: Arc::default(),
            origin,
            ahead: Ahead::default(),
            now: app.now(),
            tells_unknown: false,
            damage: None,
        }
    }

    /// The same request, of which something has been asked ahead.
    pub(crate) fn told(self, ahead: Ahead) -> Self {
        Self { ahead, ..self }
    }

    /// What has been asked ahead.
    pub(crate) fn ahead(&self) -> Ahead {
        self.ahead.clone()
    }

    /// The operator of the machine, who imports and exports, up to a level.
    pub fn operator(app: &App, place: Option<Place>, cap: Level, purpose: Purpose, origin: Origin) -> Self {
        let scope = ClientScope { place: None, cap, write: true, chosen_ids: true };
        let cx = Self::client(app, OPERATOR, scope, purpose, origin);
        Self { place: place.unwrap_or(cx.place), placed: place.is_some(), ..cx }
    }

    /// The operator, who exports the whole store: references to what has never been here are shown as they are.
    pub(crate) fn telling_unknown(self, tells_unknown: bool) -> Self {
        Self { tells_unknown, ..self }
    }

    /// The same request, of which what does not open is left out, noted and said; any other fails where it meets it.
    #[must_use]
    pub fn noting(self, damage: Damage) -> Self {
        Self { damage: Some(damage), ..self }
    }

    /// What could not be read so far and matters here.
    pub(crate) fn misses(&self, matters: impl Fn(Damaged) -> bool) -> bool {
        self.damage.as_ref().is_some_and(|damage| damage.counts().into_keys().any(matters))
    }

    /// The same program, reading to export up to a level; none for a person.
    pub(crate) fn exporting(&self, cap: Level, reason: Option<String>) -> Option<Self> {
        let own = self.clearance.universal()?;
        let scope = ClientScope { place: own.place, cap: own.cap.min(cap), write: false, chosen_ids: false };
        let origin = Origin { reason, ..self.origin.clone() };
        let cx = Self::client(&self.app, self.clearance.actor(), scope, Purpose::Export, origin);
        Some(Self { now: self.now, ..cx })
    }

    /// The same request, with a reason stated.
    pub(crate) fn because(&self, reason: &str) -> Self {
        let origin = Origin { reason: Some(reason.to_owned()), ..self.origin.clone() };
        Self { origin, ..self.clone() }
    }

    /// The stated reason.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.origin.reason.as_deref()
    }

    /// The application.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// What the actor may read.
    pub fn clearance(&self) -> &Clearance {
        &self.clearance
    }

    /// Where the actor works in this request.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether that is because whoever asks works there, and not for want of a better place.
    pub(crate) fn is_placed(&self) -> bool {
        self.placed
    }

    /// Persona code of the actor's first post.
    pub fn persona(&self) -> Option<&str> {
        self.persona.as_deref()
    }

    /// Whether the actor's function watches over who opens records, without knowing whose they are.
    pub fn audits(&self) -> bool {
        let code = self.persona().unwrap_or_default().into();
        self.app.matrix().persona(&code).is_some_and(|(row, _)| row.audits())
    }

    /// Whether the actor's function opens no record, whoever is confided to it.
    pub fn opens_no_record(&self) -> bool {
        let code = self.persona().unwrap_or_default().into();
        self.app.matrix().persona(&code).is_some_and(|(_, cap)| cap == Level::Open)
    }

    /// Whether the actor writes about people it accompanies.
    pub fn writes(&self) -> bool {
        self.clearance.scopes().iter().any(|scope| scope.write && !scope.person.is_zero())
    }

    /// Whether the actor may write about this person.
    pub fn writes_about(&self, person: Person) -> bool {
        self.clearance.scopes().iter().any(|scope| scope.write && scope.person == person)
    }

    /// Whether the actor keeps the allergies and the treatments of this person.
    pub fn keeps_health_of(&self, person: Person) -> bool {
        self.clearance.may_keep_health(person).is_ok()
    }

    /// Whether the actor accompanies people.
    pub fn cares(&self) -> bool {
        self.clearance.accompanies()
    }

    /// The same request where, and as whom, the actor accompanies this person: someone who works at two places writes at
    /// the person's.
    pub(crate) fn beside(&self, person: Person) -> Self {
        let mut known = self.knows.iter().filter(|relation| relation.person == person);
        if known.clone().any(|relation| relation.place == self.place) {
            return self.clone();
        }
        match known.next() {
            Some(relation) => {
                let persona = Some(relation.persona.as_str().to_owned());
                Self { place: relation.place, persona, ..self.clone() }
            }
            None => self.clone(),
        }
    }

    /// The same request at another place.
    pub(crate) fn at(&self, place: Place) -> Self {
        Self { place, placed: true, ..self.clone() }
    }

    /// How the actor signs; empty for a program.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// What kind of establishment [`Cx::place`] is.
    pub fn profile(&self) -> Option<PlaceProfile> {
        self.app.profile(self.place)
    }

    /// When the request began, UTC microseconds.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// The request's own id.
    pub fn request(&self) -> &str {
        &self.origin.request
    }

    /// A new public id: says nothing of when or in which order.
    pub(crate) fn fresh_id(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }

    /// The store call of a verb.
    pub(crate) fn call(&self, verb: &str) -> Call {
        Call {
            tenant: self.app.tenant(),
            clearance: self.clearance.clone(),
            now: self.now,
            origin: store::Origin {
                verb: verb.to_owned(),
                place: self.place,
                device: self.origin.device.clone(),
                reason: self.origin.reason.clone(),
                purpose: self.clearance.purpose().code().to_owned(),
                request: self.origin.request.clone(),
                tells_unknown: self.tells_unknown,
                damage: self.damage.clone(),
            },
        }
    }
}
