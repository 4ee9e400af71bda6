//! Codes and letters.

/// A coded statement, and who has it: those of a trait (of everybody when empty), so many in a hundred.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coded {
    pub(crate) system: &'static str,
    pub(crate) code: &'static str,
    pub(crate) words: &'static str,
    pub(crate) of: &'static str,
    pub(crate) percent: u64,
}

const fn coded(system: &'static str, code: &'static str, words: &'static str, of: &'static str, percent: u64) -> Coded {
    Coded { system, code, words, of, percent }
}

const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
const ATC: &str = "http://www.whocc.no/atc";

/// Health problems met at each place.
pub(crate) const CONDITIONS: [&[Coded]; 3] = [
    &[
        coded(ICD10, "I10", "Hypertension artérielle", "", 45),
        coded(ICD10, "E11.9", "Diabète de type 2", "diabete", 100),
        coded(ICD10, "M17.9", "Gonarthrose", "", 35),
        coded(ICD10, "G30.1", "Maladie d’Alzheimer à début tardif", "demence", 85),
        coded(ICD10, "I48.9", "Fibrillation auriculaire", "anticoagulant", 80),
        coded(ICD10, "N18.3", "Insuffisance rénale chronique", "", 22),
        coded(ICD10, "M81.9", "Ostéoporose", "", 30),
        coded(ICD10, "H91.1", "Presbyacousie", "", 30),
        coded(ICD10, "C18.9", "Tumeur maligne du côlon", "cancer", 100),
        coded(ICD10, "F32.2", "Épisode dépressif sévère", "depression", 100),
        coded(ICD10, "B24", "Immunodéficience humaine virale", "vih", 100),
    ],
    &[
        coded(ICD10, "F84.0", "Autisme infantile", "autisme", 100),
        coded(ICD10, "Q90.9", "Syndrome de Down", "trisomie", 100),
        coded(ICD10, "F71.1", "Retard mental moyen", "", 30),
        coded(ICD10, "G40.9", "Épilepsie", "epilepsie", 100),
        coded(ICD10, "J45.9", "Asthme", "asthme", 100),
        coded(ICD10, "H52.1", "Myopie", "", 25),
        coded(ICD10, "F90.0", "Trouble de l’attention", "tdah", 100),
    ],
    &[
        coded(ICD10, "B24", "Immunodéficience humaine virale", "vih", 100),
        coded(ICD10, "F32.1", "Épisode dépressif moyen", "depression", 100),
        coded(ICD10, "F10.2", "Dépendance à l’alcool", "alcool", 100),
        coded(ICD10, "F11.2", "Dépendance aux opiacés", "opiaces", 100),
        coded(ICD10, "B18.2", "Hépatite virale C chronique", "vhc", 100),
        coded(ICD10, "K70.3", "Cirrhose alcoolique", "alcool", 25),
        coded(ICD10, "J44.9", "Bronchopneumopathie chronique", "", 18),
        coded(ICD10, "F17.2", "Dépendance au tabac", "", 70),
        coded(ICD10, "K02.9", "Caries dentaires", "", 40),
    ],
];

/// Treatments given at each place.
pub(crate) const MEDICATIONS: [&[Coded]; 3] = [
    &[
        coded(ATC, "C10AA05", "Atorvastatine 20 mg", "", 35),
        coded(ATC, "C07AB07", "Bisoprolol 2,5 mg", "", 35),
        coded(ATC, "A02BC01", "Oméprazole 20 mg", "", 40),
        coded(ATC, "N02BE01", "Paracétamol 1 g", "", 60),
        coded(ATC, "B01AF02", "Apixaban 2,5 mg", "anticoagulant", 95),
        coded(ATC, "A10AB05", "Insuline aspartate", "diabete", 70),
        coded(ATC, "A06AD15", "Macrogol, un sachet", "", 50),
        coded(ATC, "N06AB06", "Sertraline 50 mg", "depression", 90),
        coded(ATC, "J05AR13", "Abacavir, dolutégravir, lamivudine", "vih", 100),
    ],
    &[
        coded(ATC, "N03AG01", "Acide valproïque 500 mg", "epilepsie", 95),
        coded(ATC, "N05AX08", "Rispéridone 1 mg", "autisme", 25),
        coded(ATC, "R03AC02", "Salbutamol 100 µg", "asthme", 100),
        coded(ATC, "N05CH01", "Mélatonine 2 mg", "", 20),
        coded(ATC, "N06BA04", "Méthylphénidate 10 mg", "tdah", 65),
    ],
    &[
        coded(ATC, "J05AR13", "Abacavir, dolutégravir, lamivudine", "vih", 100),
        coded(ATC, "N06AB06", "Sertraline 50 mg", "depression", 60),
        coded(ATC, "N07BC02", "Méthadone 60 mg", "opiaces", 55),
        coded(ATC, "N07BC01", "Buprénorphine 8 mg", "opiaces", 45),
        coded(ATC, "N07BB04", "Naltrexone 50 mg", "alcool", 30),
        coded(ATC, "A11DA01", "Thiamine 250 mg", "alcool", 80),
        coded(ATC, "N07BA01", "Nicotine 21 mg, dispositif transdermique", "", 35),
    ],
];

/// What some people do not bear, what it does to them, and whether it is severe.
pub(crate) const ALLERGIES: [(&str, &str, bool); 9] = [
    ("Pénicilline", "Œdème de Quincke", true),
    ("Pénicilline", "Éruption sur le tronc", false),
    ("Arachide", "Choc anaphylactique, stylo d’adrénaline à portée", true),
    ("Latex", "Rougeurs au contact", false),
    ("Iode", "Urticaire après un scanner", false),
    ("Sulfamides", "Éruption étendue, hospitalisation", true),
    ("Fraises", "Urticaire", false),
    ("Venin de guêpe", "Malaise, gonflement du visage", true),
    ("Sparadrap", "Irritation de la peau", false),
];

/// Letters and reports, by place: title, text, and the trait it goes with, if any.
pub(crate) const LETTERS: [&[(&str, &str, &str)]; 3] = [
    &[
        (
            "Compte rendu d’hospitalisation",
            "Chère consœur, hospitalisation de {n} jours pour une infection urinaire fébrile. Évolution favorable sous antibiotique. Sortie à {temp} °C, TA {ta}. Marche avec aide. Merci de contrôler la fonction rénale dans une semaine.",
            "",
        ),
        (
            "Courrier du cardiologue",
            "Consultation de suivi. TA {ta}, pouls {pouls} irrégulier. Pas de signe d’insuffisance cardiaque. Anticoagulant à poursuivre. À revoir dans un an, plus tôt si essoufflement.",
            "anticoagulant",
        ),
        (
            "Compte rendu de radiologie",
            "Bassin de face et hanche droite : pas de fracture visible. Coxarthrose bilatérale. Déminéralisation diffuse.",
            "",
        ),
        (
            "Lettre de la famille",
            "Madame, Monsieur, nous serons absents du {jour} au dimanche suivant. En cas de besoin, appelez {parent}. Merci pour tout ce que vous faites.",
            "",
        ),
    ],
    &[
        (
            "Bilan d’orthophonie",
            "Compréhension de phrases simples acquise. Production : {n} mots associés, avec support de pictogrammes. Séances à maintenir deux fois par semaine, outils à partager avec la famille et l’école.",
            "",
        ),
        (
            "Courrier de neurologie",
            "Épilepsie équilibrée sous traitement, une crise en {n} mois. Pas d’effet indésirable. Contrôle sanguin annuel. Activités sans restriction, baignade surveillée.",
            "epilepsie",
        ),
        (
            "Compte rendu de l’équipe de suivi",
            "Présents : la famille, l’enseignante, l’éducateur, le chef de service. Inclusion prolongée le {jour} matin. La famille demande plus de nouvelles par le cahier.",
            "",
        ),
    ],
    &[
        (
            "Courrier du service d’addictologie",
            "Séjour de sevrage de {n} jours, sans complication. Sortie sous thiamine. Souhaite poursuivre au centre. Rendez-vous donné {jour} à {rdv}.",
            "alcool",
        ),
        (
            "Attestation de présence",
            "Je soussigné atteste que la personne s’est présentée ce jour à {rdv} au centre. Attestation remise en main propre pour servir et valoir ce que de droit.",
            "",
        ),
        (
            "Résultats d’analyses",
            "Gamma-GT à {mg} UI/l, en baisse. Plaquettes normales. Sérologies à refaire dans six mois.",
            "",
        ),
    ],
];
