//! Codes and letters.

/// A coded statement: system, code, words.
pub(crate) type Coded = (&'static str, &'static str, &'static str);

const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
const ATC: &str = "http://www.whocc.no/atc";

/// Health problems met at each place.
pub(crate) const CONDITIONS: [&[Coded]; 3] = [
    &[
        (ICD10, "I10", "Hypertension artérielle"),
        (ICD10, "E11.9", "Diabète de type 2"),
        (ICD10, "M17.9", "Gonarthrose"),
        (ICD10, "G30.1", "Maladie d'Alzheimer à début tardif"),
        (ICD10, "I48.9", "Fibrillation auriculaire"),
        (ICD10, "N18.3", "Insuffisance rénale chronique"),
        (ICD10, "M81.9", "Ostéoporose"),
        (ICD10, "H91.1", "Presbyacousie"),
        (ICD10, "C18.9", "Tumeur maligne du côlon"),
        (ICD10, "F32.2", "Épisode dépressif sévère"),
        (ICD10, "B24", "Immunodéficience humaine virale"),
    ],
    &[
        (ICD10, "F84.0", "Autisme infantile"),
        (ICD10, "Q90.9", "Syndrome de Down"),
        (ICD10, "F71.1", "Retard mental moyen"),
        (ICD10, "G40.9", "Épilepsie"),
        (ICD10, "J45.9", "Asthme"),
        (ICD10, "H52.1", "Myopie"),
        (ICD10, "F90.0", "Trouble de l'attention"),
    ],
    &[
        (ICD10, "F10.2", "Dépendance à l'alcool"),
        (ICD10, "F11.2", "Dépendance aux opiacés"),
        (ICD10, "B18.2", "Hépatite virale C chronique"),
        (ICD10, "K70.3", "Cirrhose alcoolique"),
        (ICD10, "J44.9", "Bronchopneumopathie chronique"),
        (ICD10, "F17.2", "Dépendance au tabac"),
        (ICD10, "K02.9", "Caries dentaires"),
    ],
];

/// Treatments given at each place.
pub(crate) const MEDICATIONS: [&[Coded]; 3] = [
    &[
        (ATC, "C10AA05", "Atorvastatine 20 mg"),
        (ATC, "C07AB07", "Bisoprolol 2,5 mg"),
        (ATC, "A02BC01", "Oméprazole 20 mg"),
        (ATC, "N02BE01", "Paracétamol 1 g"),
        (ATC, "B01AF02", "Apixaban 2,5 mg"),
        (ATC, "A10AB05", "Insuline aspartate"),
        (ATC, "A06AD15", "Macrogol, un sachet"),
        (ATC, "N06AB06", "Sertraline 50 mg"),
        (ATC, "J05AR13", "Abacavir, dolutégravir, lamivudine"),
    ],
    &[
        (ATC, "N03AG01", "Acide valproïque 500 mg"),
        (ATC, "N05AX08", "Rispéridone 1 mg"),
        (ATC, "R03AC02", "Salbutamol 100 µg"),
        (ATC, "N05CH01", "Mélatonine 2 mg"),
        (ATC, "N06BA04", "Méthylphénidate 10 mg"),
    ],
    &[
        (ATC, "N07BC02", "Méthadone 60 mg"),
        (ATC, "N07BC01", "Buprénorphine 8 mg"),
        (ATC, "N07BB04", "Naltrexone 50 mg"),
        (ATC, "A11DA01", "Thiamine 250 mg"),
        (ATC, "N07BA01", "Nicotine 21 mg, dispositif transdermique"),
    ],
];

pub(crate) const ALLERGIES: [&str; 6] = ["Pénicilline", "Arachide", "Latex", "Iode", "Fraises", "Sulfamides"];

/// Letters and reports, by place: title, text.
pub(crate) const LETTERS: [&[(&str, &str)]; 3] = [
    &[
        (
            "Compte rendu d'hospitalisation",
            "Chère consœur, hospitalisation de {n} jours pour une infection urinaire fébrile. Évolution favorable sous antibiotique. Sortie à {temp} °C, TA {ta}. Marche avec aide. Merci de contrôler la fonction rénale dans une semaine.",
        ),
        (
            "Courrier du cardiologue",
            "Consultation de suivi. TA {ta}, pouls {pouls} irrégulier. Pas de signe d'insuffisance cardiaque. Anticoagulant à poursuivre. À revoir dans un an, plus tôt si essoufflement.",
        ),
        (
            "Compte rendu de radiologie",
            "Bassin de face et hanche droite : pas de fracture visible. Coxarthrose bilatérale. Déminéralisation diffuse.",
        ),
        (
            "Lettre de la famille",
            "Madame, Monsieur, nous serons absents du {jour} au dimanche suivant. En cas de besoin, appelez {parent}. Merci pour tout ce que vous faites.",
        ),
    ],
    &[
        (
            "Bilan d'orthophonie",
            "Compréhension de phrases simples acquise. Production : {n} mots associés, avec support de pictogrammes. Séances à maintenir deux fois par semaine, outils à partager avec la famille et l'école.",
        ),
        (
            "Courrier de neurologie",
            "Épilepsie équilibrée sous traitement, une crise en {n} mois. Pas d'effet indésirable. Contrôle sanguin annuel. Activités sans restriction, baignade surveillée.",
        ),
        (
            "Compte rendu de l'équipe de suivi",
            "Présents : la famille, l'enseignante, l'éducateur, le chef de service. Inclusion prolongée le {jour} matin. La famille demande plus de nouvelles par le cahier.",
        ),
    ],
    &[
        (
            "Courrier du service d'addictologie",
            "Séjour de sevrage de {n} jours, sans complication. Sortie sous thiamine. Souhaite poursuivre au centre. Rendez-vous donné {jour} à {h}.",
        ),
        (
            "Attestation de présence",
            "Je soussigné atteste que la personne s'est présentée ce jour à {h} au centre. Attestation remise en main propre pour servir et valoir ce que de droit.",
        ),
        (
            "Résultats d'analyses",
            "Gamma-GT à {kg} UI/l, en baisse. Plaquettes normales. Sérologies à refaire dans six mois.",
        ),
    ],
];
