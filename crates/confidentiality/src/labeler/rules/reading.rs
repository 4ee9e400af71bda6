//! How sentences are read, as data.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How sentences are read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Context {
    /// Word classes of the pattern language, by name.
    pub classes: BTreeMap<String, Vec<String>>,
    /// What is understood of a short form: one word for one or several.
    pub abbreviations: BTreeMap<String, String>,
    /// After these a full stop ends no sentence.
    pub dotted: Vec<String>,
    /// Ordinary words that a misspelling of a rule's word would look like.
    pub known: Vec<String>,
    /// Begin another clause.
    pub breaks: Vec<String>,
    /// Deny what follows.
    pub denial: Vec<String>,
    /// Look like a denial and are none.
    pub no_denial: Vec<String>,
    /// Deny what precedes.
    pub denial_after: Vec<String>,
    /// Deny what precedes, right after a colon: « Alcool : 0 ».
    pub denial_colon: Vec<String>,
    /// The whole sentence is denied: « mention fausse », « hypothèse écartée ».
    pub denial_whole: Vec<String>,
    /// Never: denies even what a denial would leave.
    pub never: Vec<String>,
    /// Something still watched: a denial changes nothing.
    pub watch: Vec<String>,
    /// Looks like a relative and is none: « sage-femme ».
    pub no_kin: Vec<String>,
    /// What follows in the sentence is about relatives.
    pub of_family: Vec<String>,
    /// Said of what precedes: maternal, paternal.
    pub family_after: Vec<String>,
    /// Before a relative: the relative is not whom the clause is about.
    pub prepositions: Vec<String>,
    /// Before a relative, after a finding: it is the relative's.
    pub attributions: Vec<String>,
    /// Between a relative and what is said: the relative speaks, of somebody else.
    pub speech: Vec<String>,
    /// Somebody else becomes the subject.
    pub subjects: Vec<String>,
    /// Between a preposition or a subject and a relative.
    pub determiners: Vec<String>,
    /// A preposition that makes a relative what the sentence is about: « pour sa mère, … ».
    pub topics: Vec<String>,
    /// For everybody: training, prevention, posters.
    pub collective: Vec<String>,
    /// For everybody when a sentence opens with it: « rapport d’activité », « CVS ».
    pub opening: Vec<String>,
    /// For everybody when a sentence opens with it and a colon follows: « règlement : … ».
    pub opening_colon: Vec<String>,
    /// Somebody is designated all the same.
    pub designated: Vec<String>,
    /// Looks like somebody and is nobody: « a été mis à jour », « se déclare ».
    pub impersonal: Vec<String>,
    /// A title follows.
    pub fiction: Vec<String>,
    /// What is read, seen, sung or played follows, with its capital: « relit Le Sursis ».
    pub works: Vec<String>,
    /// Buildings, machines, accounts: an acronym beside them is one of the trade.
    pub technical: Vec<String>,
    /// First names, before a surname.
    pub given: Vec<String>,
    /// Words of rules that have another sense: « la coke de la forge », « sort son fou ».
    pub ambiguous: Vec<String>,
    /// Games, shows, animals, dishes: beside them an ambiguous word has its other sense.
    pub leisure: Vec<String>,
    /// Somebody takes it, suffers from it, is followed for it: no other sense.
    pub afflicted: Vec<String>,
    /// The sentence is a joke.
    pub joke: Vec<String>,
    /// Somebody jokes: what is said so is no fact, what stands beside it is.
    pub jest: Vec<String>,
    /// A joke, or not, it is so: an avowal, a date, a length of time, what somebody has, a follow-up.
    pub earnest: Vec<String>,
    /// The name of a place follows.
    pub naming: Vec<String>,
    /// A writing, a course, an evening whose title follows between quotation marks: « protocole « fin de vie » ».
    pub entitled: Vec<String>,
    /// May be for everybody when a sentence opens with it: « rappel », « formation »; something public must be said too.
    pub notice: Vec<String>,
    /// Where, when, for whom a notice is: « inscription », « en salle de pause », « tout soupçon ».
    pub public: Vec<String>,
    /// Somebody who is not named is concerned: no notice.
    pub borne: Vec<String>,
    /// A story is told: « dans le film », « le héros ».
    pub story: Vec<String>,
    /// What is told happened to somebody, or touches them: no story.
    pub lived: Vec<String>,
    /// Somebody's own words follow, or come before.
    pub quoting: Vec<String>,
    /// Of a parent, where children are who is cared for.
    pub parents: Vec<String>,
    /// Children of whom a parent is told.
    pub children: Vec<String>,
    /// What is organised: a meeting, a date, a room.
    pub organisation: Vec<String>,
    /// What a writing that only organises is made of, besides names and numbers.
    pub practical: Vec<String>,
    /// What somebody says, feels or shows: no mere organisation.
    pub disclosed: Vec<String>,
}
