//! What is written in such places: ordinary and sensitive, short and long, with the shortcuts of the trade.

/// A writing: who writes it, how it is filed, and the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writing {
    pub(crate) login: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) text: &'static str,
}

/// A coded statement: system, code, words.
pub(crate) type Coded = (&'static str, &'static str, &'static str);

pub(crate) const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
pub(crate) const ATC: &str = "http://www.whocc.no/atc";

const fn w(login: &'static str, kind: &'static str, text: &'static str) -> Writing {
    Writing { login, kind, text }
}

pub(crate) const EHPAD: &[Writing] = &[
    w("amina", "transmission", "A bien dormi. Toilette faite au lavabo avec aide partielle, a choisi son gilet bleu."),
    w(
        "amina",
        "transmission",
        "N'a presque rien mangé ce midi, dit que la viande est trop dure. À revoir avec la cuisine.",
    ),
    w("amina", "transmission", "Rougeur au talon gauche ce matin, pas de plaie. Talonnière posée, transmis à Inès."),
    w("amina", "transmission", "Sa fille est passée, très contente de l'atelier chant. A réclamé le coiffeur."),
    w(
        "ines",
        "transmission",
        "TA 13/8, pouls 72. Pansement refait, plaie propre, bords nets. Prochain pansement jeudi.",
    ),
    w(
        "ines",
        "transmission",
        "Chute dans le couloir vers 6 h, sans traumatisme apparent. Surveillance 24 h, famille prévenue.",
    ),
    w(
        "ines",
        "transmission",
        "Douleur épaule droite à la mobilisation, EVA 4. Paracétamol donné à 8 h, effet correct à 9 h 30.",
    ),
    w(
        "hugo",
        "observation",
        "Refus de soins répétés cette semaine. Proposer la douche l'après-midi, avec Amina si possible.",
    ),
    w(
        "medco",
        "compte-rendu",
        "Troubles cognitifs majorés, MMS 14/30 contre 17 il y a six mois. Bilan orthophonique demandé.",
    ),
    w(
        "medco",
        "compte-rendu",
        "Adénocarcinome colique découvert sur l'anémie. Pas de chirurgie souhaitée par la résidente. Soins de confort.",
    ),
    w(
        "medco",
        "compte-rendu",
        "Séropositivité VIH connue depuis 1996, charge virale indétectable, poursuite de la trithérapie.",
    ),
    w(
        "medco",
        "observation",
        "Idées noires exprimées ce matin, dit vouloir « en finir ». Antidépresseur réévalué, avis psychiatrique demandé.",
    ),
    w("secretariat", "note", "Renouvellement de la carte mutuelle reçu. Photocopie classée."),
    w("secretariat", "note", "Rendez-vous dentiste mardi 14 h 30, transport réservé."),
];

pub(crate) const IME: &[Writing] = &[
    w(
        "malik",
        "transmission",
        "Bonne journée. A attendu son tour à la cantine sans s'énerver, félicité devant le groupe.",
    ),
    w("malik", "transmission", "Retour de week-end difficile : fatigué, ne veut pas parler. À suivre demain."),
    w(
        "malik",
        "observation",
        "Atelier bois : sait maintenant mesurer et tracer seul. Très fier, a montré son étagère à tous.",
    ),
    w(
        "malik",
        "observation",
        "A dit à la récréation que son beau-père l'avait frappé. Noté ses mots. Information préoccupante à rédiger.",
    ),
    w(
        "sophie",
        "note psychologue",
        "Entretien : parle pour la première fois du départ de son père. Angoisse de séparation très présente.",
    ),
    w(
        "sophie",
        "note psychologue",
        "Bilan : attention labile, bonne mémoire visuelle. Estime de soi fragile, évite l'échec.",
    ),
    w("nadia", "note sociale", "Notification MDPH reçue, orientation IME renouvelée jusqu'en juillet."),
    w(
        "nadia",
        "note sociale",
        "Mesure d'assistance éducative prolongée d'un an par le juge des enfants. Visites médiatisées maintenues.",
    ),
    w("nadia", "note sociale", "La famille a deux mois de loyer de retard, dossier FSL déposé cette semaine."),
    w(
        "chef",
        "compte-rendu",
        "Réunion de projet : objectif transport en autonomie retenu, première sortie accompagnée lundi.",
    ),
];

pub(crate) const CSAPA: &[Writing] = &[
    w("infirmier", "transmission", "Méthadone délivrée pour 7 jours, 60 mg/j. Pas de signe de manque. Revient lundi."),
    w("infirmier", "transmission", "N'est pas venu au rendez-vous. Message laissé."),
    w(
        "infirmier",
        "observation",
        "Dit avoir reconsommé de la cocaïne samedi, en soirée. Matériel de réduction des risques remis.",
    ),
    w("infirmier", "transmission", "Pansement à la main, plaie superficielle, vaccin antitétanique à jour."),
    w(
        "medecin",
        "compte-rendu",
        "Alcoolodépendance sévère, sevrage ambulatoire impossible cette fois. Demande d'hospitalisation programmée.",
    ),
    w("medecin", "compte-rendu", "Hépatite C guérie, ARN négatif à douze semaines. Contrôle annuel."),
    w(
        "medecin",
        "compte-rendu",
        "Sort de détention, obligation de soins. Attestations de présence à remettre au SPIP, sans contenu médical.",
    ),
    w("medecin", "observation", "Sommeil un peu meilleur. Arrêt du tabac envisagé au printemps, substituts proposés."),
];

pub(crate) const CONDITIONS: [&[Coded]; 3] = [
    &[
        (ICD10, "I10", "Hypertension artérielle"),
        (ICD10, "E11.9", "Diabète de type 2"),
        (ICD10, "M17.9", "Gonarthrose"),
        (ICD10, "G30.1", "Maladie d'Alzheimer à début tardif"),
        (ICD10, "I48.9", "Fibrillation auriculaire"),
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
    ],
    &[
        (ICD10, "F10.2", "Dépendance à l'alcool"),
        (ICD10, "F11.2", "Dépendance aux opiacés"),
        (ICD10, "B18.2", "Hépatite virale C chronique"),
        (ICD10, "K70.3", "Cirrhose alcoolique"),
        (ICD10, "J44.9", "Bronchopneumopathie chronique"),
    ],
];

pub(crate) const MEDICATIONS: [&[Coded]; 3] = [
    &[
        (ATC, "C10AA05", "Atorvastatine 20 mg"),
        (ATC, "C07AB07", "Bisoprolol 2,5 mg"),
        (ATC, "A02BC01", "Oméprazole 20 mg"),
        (ATC, "N02BE01", "Paracétamol 1 g"),
        (ATC, "N06AB06", "Sertraline 50 mg"),
        (ATC, "J05AR13", "Abacavir, dolutégravir, lamivudine"),
    ],
    &[
        (ATC, "N03AG01", "Acide valproïque 500 mg"),
        (ATC, "N05AX08", "Rispéridone 1 mg"),
        (ATC, "R03AC02", "Salbutamol 100 µg"),
        (ATC, "N05CH01", "Mélatonine 2 mg"),
    ],
    &[
        (ATC, "N07BC02", "Méthadone 60 mg"),
        (ATC, "N07BC01", "Buprénorphine 8 mg"),
        (ATC, "N07BB04", "Naltrexone 50 mg"),
        (ATC, "A11DA01", "Thiamine 250 mg"),
    ],
];

pub(crate) const ALLERGIES: [&str; 5] = ["Pénicilline", "Arachide", "Latex", "Iode", "Fraises"];
