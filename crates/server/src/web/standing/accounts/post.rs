//! The fields of a function: what, where, from when to when.

use crate::trouble::Trouble;
use crate::web::fields::Fields;
use crate::web::session::Visit;
use app::hiring::{self, NewPost, Spot, Unfit};
use confidentiality::Place;
use jiff::civil::Date;

/// What is wrong in a form: the field, and why.
pub(super) type Mistakes = Vec<(&'static str, String)>;

/// One spot that can be ticked: its value, its words, whether it is.
type Tick = (String, String, bool);

/// The fields, as they are shown.
pub(super) struct PostFields {
    pub(super) roles: Vec<(String, String, bool)>,
    /// Place by place.
    pub(super) places: Vec<(String, Vec<Tick>)>,
    pub(super) instead: bool,
    pub(super) from: String,
    pub(super) until: String,
}

/// The fields, as they were sent.
pub(super) struct Asked {
    role: String,
    spots: Vec<(Place, i64)>,
    from: Option<Date>,
    until: Option<Date>,
}

impl Asked {
    /// As the application takes them.
    pub(super) fn post(&self) -> NewPost<'_> {
        NewPost { role: &self.role, spots: &self.spots, from: self.from, until: self.until }
    }
}

fn value(spot: &Spot) -> String {
    format!("{}/{}", spot.place.value(), spot.unit)
}

/// The fields of a form: empty, or as they were sent.
pub(super) async fn shown(visit: &Visit, sent: Option<&Fields>) -> Result<PostFields, Trouble> {
    let spots = hiring::spots(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let given = |name: &str| sent.map_or("", |fields| fields.text(name)).to_owned();
    let ticked = sent.map(|fields| fields.all("lieu")).unwrap_or_default();
    let mut places: Vec<(String, Vec<Tick>)> = Vec::new();
    for spot in &spots {
        let tick = (value(spot), spot.name.clone(), ticked.contains(&value(spot)));
        match places.last_mut().filter(|(name, _)| *name == spot.place_name) {
            Some((_, ticks)) => ticks.push(tick),
            None => places.push((spot.place_name.clone(), vec![tick])),
        }
    }
    let role = given("fonction");
    let roles = hiring::roles(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let roles = roles.into_iter().map(|(code, words)| (code.clone(), words, code == role));
    Ok(PostFields {
        roles: roles.collect(),
        places,
        instead: !given("remplace").is_empty(),
        from: given("du"),
        until: given("au"),
    })
}

/// Reads the fields; what is missing or not to be read goes to `mistakes`.
pub(super) fn read(fields: &Fields, mistakes: &mut Mistakes) -> Asked {
    let mut wrong = |name, text: &str| mistakes.push((name, text.to_owned()));
    let role = fields.text("fonction");
    if role.is_empty() {
        wrong("fonction", "Choisissez une fonction.");
    }
    let spot = |text: &String| {
        let (place, unit) = text.split_once('/')?;
        Some((Place::new(place.parse().ok()?), unit.parse().ok()?))
    };
    let ticked = fields.all("lieu");
    let spots: Vec<(Place, i64)> = ticked.iter().filter_map(spot).collect();
    if spots.is_empty() || spots.len() < ticked.len() {
        wrong("lieu", "Cochez au moins un endroit.");
    }
    let mut day = |name| match fields.text(name).trim() {
        "" => None,
        text => text.parse().map_err(|_| wrong(name, UNREADABLE)).ok(),
    };
    let (from, until) = (day("du"), day("au"));
    let instead = if fields.text("remplace").is_empty() { "" } else { "interim:" };
    Asked { role: format!("{instead}{role}"), spots, from, until }
}

/// What is said of a date that cannot be read.
pub(super) const UNREADABLE: &str = "Cette date ne se lit pas.";

/// Beside which field it is said, and in which words.
pub(super) fn mistake(unfit: &Unfit) -> (&'static str, String) {
    let (field, text) = match unfit {
        Unfit::Nameless => ("nom", "Donnez un nom, de 200\u{a0}caractères au plus."),
        Unfit::Login => {
            ("identifiant", "Des lettres, des chiffres, et . _ - @ +, sans espace\u{a0}; 200\u{a0}caractères au plus.")
        }
        Unfit::Taken => (
            "identifiant",
            "Cet identifiant est déjà celui d’un compte, aux majuscules près\u{a0}: choisissez-en un autre.",
        ),
        Unfit::Role(_) | Unfit::OfOnePerson => ("fonction", "Choisissez une fonction de la liste."),
        Unfit::Held => ("fonction", "Cette personne a déjà cette fonction à l’un de ces endroits."),
        Unfit::Unit(_) => ("lieu", "L’un de ces endroits n’existe plus\u{a0}: cochez-en un autre."),
        Unfit::Contradictory => (
            "lieu",
            "«\u{a0}Aucune personne\u{a0}» ne va avec rien d’autre dans le même établissement\u{a0}: décochez l’un ou l’autre.",
        ),
        Unfit::Endless => ("au", "Un remplacement prend fin\u{a0}: donnez-en le dernier jour."),
        Unfit::Past => ("au", "Ce jour est déjà passé, ou vient avant le premier."),
        Unfit::Beyond => (
            "compte",
            "Ce compte ouvre ce dont vous ne répondez pas, ou appartient aussi à un autre établissement\u{a0}: demandez à la direction, ou à qui administre le serveur.",
        ),
        Unfit::Own => ("compte", "C’est votre propre compte\u{a0}: une autre personne en décide."),
        Unfit::Closed => ("compte", "Ce compte est fermé\u{a0}: rouvrez-le d’abord."),
        Unfit::Unknown | Unfit::Practitioner => ("compte", "Ce compte n’existe plus."),
        Unfit::Weak(weak) => return ("compte", weak.said()),
    };
    (field, text.to_owned())
}
