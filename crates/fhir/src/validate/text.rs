//! What the validator says, in both languages; never content.

use crate::Issue;

/// A kind of fault: code of `http://hl7.org/fhir/issue-type`, French, English.
pub(super) type Fault = (&'static str, &'static str, &'static str);

pub(super) const ARRAY: Fault =
    ("structure", "Une liste était attendue : cet élément se répète.", "An array was expected: this element repeats.");
pub(super) const BASE64: Fault = ("value", "Ce n'est pas du base64.", "This is not base64.");
pub(super) const BLANK_NARRATIVE: Fault =
    ("invariant", "Le texte lisible est vide (txt-2).", "The narrative has no content (txt-2).");
pub(super) const BOOLEAN: Fault = ("structure", "true ou false était attendu.", "true or false was expected.");
pub(super) const CHOICE: Fault = (
    "structure",
    "Cet élément n'admet qu'une valeur, d'un seul type.",
    "This element takes one value, of one of its types.",
);
pub(super) const CODE: Fault = (
    "value",
    "Un code ne commence ni ne finit par un espace, et n'en a pas deux de suite.",
    "A code has no leading, trailing or repeated white space.",
);
pub(super) const CODE_UNKNOWN: Fault =
    ("code-invalid", "Ce code n'est pas de la liste exigée.", "This code is not in the required value set.");
pub(super) const COMPANION: Fault = (
    "structure",
    "Un nom précédé de « _ » ne complète qu'un élément simple.",
    "A name after an underscore completes a primitive element only.",
);
pub(super) const DATE: Fault = (
    "value",
    "Une date AAAA, AAAA-MM ou AAAA-MM-JJ était attendue.",
    "A date was expected: YYYY, YYYY-MM or YYYY-MM-DD.",
);
pub(super) const DATE_TIME: Fault = (
    "value",
    "Une date existante était attendue ; avec une heure, il faut les secondes et le fuseau.",
    "A real date was expected; with a time, seconds and zone are needed.",
);
pub(super) const DECIMAL: Fault = (
    "value",
    "Ce nombre est trop grand : moins de 1,8 × 10^308 était attendu.",
    "This number is too large: less than 1.8 × 10^308 was expected.",
);
pub(super) const EMPTY: Fault = (
    "structure",
    "Cet élément est vide : donnez une valeur ou retirez-le.",
    "This element is empty: give it a value or leave it out.",
);
pub(super) const FRAGMENT: Fault = (
    "invariant",
    "Cette référence désigne une ressource incluse qui n'est pas là (ref-1).",
    "This reference names a contained resource that is not there (ref-1).",
);
pub(super) const ID: Fault = (
    "value",
    "Un identifiant doit compter 1 à 64 lettres, chiffres, tirets ou points.",
    "An id is 1 to 64 letters, digits, dashes or dots.",
);
pub(super) const INSTANT: Fault = (
    "value",
    "Un instant complet était attendu : date, heure, secondes et fuseau.",
    "A full instant was expected: date, time, seconds and zone.",
);
pub(super) const INTEGER: Fault =
    ("value", "Un nombre entier de l'intervalle permis était attendu.", "A whole number within range was expected.");
pub(super) const LENGTHS: Fault = (
    "structure",
    "La liste et sa liste de compléments n'ont pas la même longueur.",
    "The array and its companion array differ in length.",
);
pub(super) const MISSING: Fault = ("required", "Cet élément est obligatoire.", "This element is required.");
pub(super) const NULL: Fault = ("structure", "Une valeur nulle n'est pas permise ici.", "null is not allowed here.");
pub(super) const NUMBER: Fault = ("structure", "Un nombre était attendu.", "A number was expected.");
pub(super) const OBJECT: Fault = ("structure", "Un objet était attendu.", "An object was expected.");
pub(super) const OID: Fault = ("value", "Un OID « urn:oid:… » était attendu.", "An OID was expected: urn:oid:…");
pub(super) const RESOURCE_TYPE: Fault = (
    "structure",
    "Une ressource d'un type de FHIR R4 était attendue.",
    "A resource of a type of FHIR R4 was expected.",
);
pub(super) const SINGLE: Fault =
    ("structure", "Une seule valeur était attendue, pas une liste.", "A single value was expected, not an array.");
pub(super) const STRING: Fault = ("structure", "Un texte était attendu.", "A string was expected.");
pub(super) const TARGET: Fault = (
    "value",
    "Cette référence ne peut pas désigner une ressource de ce type.",
    "This reference may not point at a resource of this type.",
);
pub(super) const TEXT: Fault = (
    "value",
    "Ce texte est blanc ou contient un caractère de contrôle.",
    "This text is blank or has a control character.",
);
pub(super) const TIME: Fault = ("value", "Une heure hh:mm:ss était attendue.", "A time was expected: hh:mm:ss.");
pub(super) const TOO_LONG: Fault =
    ("too-long", "Un texte ne dépasse pas un mégaoctet.", "A string is at most one megabyte.");
pub(super) const TWICE: Fault =
    ("duplicate", "Deux ressources incluses ont le même identifiant.", "Two contained resources have the same id.");
pub(super) const TYPE_DIFFERS: Fault =
    ("value", "Le type annoncé n'est pas celui de la référence.", "The type is not that of the reference.");
pub(super) const FULL_URL: Fault = (
    "value",
    "L'adresse de l'entrée (fullUrl) ne finit pas par l'identifiant de la ressource.",
    "The entry's fullUrl does not end with the id of the resource.",
);
pub(super) const UNKNOWN: Fault =
    ("structure", "Cet élément n'existe pas ici en FHIR R4.", "FHIR R4 has no such element here.");
pub(super) const URI: Fault = ("value", "Une adresse (URI) n'a pas d'espace.", "A URI has no white space.");
pub(super) const UUID: Fault = ("value", "Un UUID « urn:uuid:… » était attendu.", "A UUID was expected: urn:uuid:…");
pub(super) const XHTML: Fault = (
    "value",
    "Le texte lisible doit être un div XHTML bien formé, dans son espace de noms.",
    "The narrative must be a well-formed XHTML div in its namespace.",
);
pub(super) const XHTML_ACTIVE: Fault = (
    "invariant",
    "Le texte lisible n'admet ni script, ni formulaire, ni cadre, ni gestionnaire d'événement (txt-1).",
    "A narrative has no script, form, frame or event handler (txt-1).",
);

pub(super) const NESTED: Fault = (
    "invariant",
    "Une ressource incluse n'en inclut pas d'autre (dom-2).",
    "A contained resource contains no other (dom-2).",
);
pub(super) const CONTAINED_META: Fault = (
    "invariant",
    "Une ressource incluse n'a ni version, ni date, ni étiquette de sécurité (dom-4, dom-5).",
    "A contained resource has no version, time or security label (dom-4, dom-5).",
);
pub(super) const UNUSED: Fault = (
    "invariant",
    "Aucune référence ne désigne cette ressource incluse (dom-3).",
    "Nothing refers to this contained resource (dom-3).",
);
pub(super) const EXTENSION: Fault = (
    "invariant",
    "Une extension a une valeur ou des extensions, l'une ou les autres (ext-1).",
    "An extension has a value or extensions, one or the other (ext-1).",
);
pub(super) const EXTENSION_URL: Fault =
    ("value", "L'adresse d'une extension doit être absolue.", "The address of an extension must be absolute.");
pub(super) const REFERENCE: Fault = (
    "value",
    "Une référence « Type/id », « #id » ou une adresse absolue était attendue.",
    "A reference was expected: Type/id, #id or an absolute address.",
);

/// The issue of a fault at a path.
pub(super) fn issue((code, fr, en): Fault, path: &str) -> Issue {
    Issue::error(code, Some(path.to_owned()), fr, en)
}
