//! An institute for children and teenagers with a disability.

use super::{Writing, w};

const T: &str = "transmission";
const O: &str = "observation";
const C: &str = "compte-rendu";

pub(super) const WRITINGS: &[Writing] = &[
    w("malik", T, 9, "Bonne journée. A attendu son tour à la cantine sans s'énerver, félicité devant le groupe."),
    w("malik", T, 8, "Retour de week-end difficile : fatigué, ne veut pas parler. À suivre demain."),
    w("malik", T, 7, "A joué {n} parties de dominos avec {autre}, sans tricher cette fois !"),
    w("malik", T, 6, "Crise à {h} {lieu} après un changement d'emploi du temps. Isolement au calme 15 min, retour ok."),
    w(
        "malik",
        T,
        6,
        "A pris le bus avec moi jusqu'à la mairie, a validé seul sa carte. Prochaine étape : je reste à un mètre.",
    ),
    w("malik", T, 5, "Repas : a goûté {plat}, une première. Le reste comme d'hab."),
    w("malik", T, 5, "Piscine annulée (maillot oublié). Déçu mais l'a bien dit, sans crier."),
    w("malik", T, 4, "Dispute avec {autre} pour la place près de la fenêtre. Réglé avec le tour de rôle affiché."),
    w("malik", T, 4, "A demandé sa carte « pause » tout seul, deux fois. On continue comme ça."),
    w("malik", T, 3, "Taxi en retard de {n}0 min ce soir, mère prévenue, a attendu au chaud avec Inaya."),
    w("malik", O, 5, "Atelier bois : sait maintenant mesurer et tracer seul. Très fier, a montré son étagère à tous."),
    w(
        "malik",
        O,
        4,
        "Autonomie du matin : s'habille seul sauf les lacets, {n} rappels contre une dizaine en septembre.",
    ),
    w(
        "malik",
        O,
        3,
        "Communication : enchaîne trois pictogrammes pour demander. Transmis à l'orthophoniste et à la famille.",
    ),
    w(
        "malik",
        O,
        1,
        "A dit à la récréation que son beau-père l'avait frappé. Noté ses mots. Information préoccupante à rédiger.",
    ),
    w("malik", O, 2, "Sortie au marché : a payé avec l'appoint, a dit bonjour à la vendeuse. Objectif atteint."),
    w("lea", T, 5, "Traitement de midi donné à {h}, pris sans difficulté."),
    w(
        "lea",
        T,
        4,
        "Crise d'épilepsie à {h}, {n} min, cédée seule. Mère prévenue, neurologue informé. Surveillance l'après-midi.",
    ),
    w("lea", T, 4, "Genou écorché {lieu}, lavé, pansement. Pas de douleur au retour en classe."),
    w("lea", T, 3, "T° {temp} à {h}, famille appelée, vient le chercher. Pas de signe de gravité."),
    w("lea", O, 3, "Poids {kg} kg, + {n} kg depuis le changement de traitement. À redire au Dr de l'hôpital de jour."),
    w(
        "lea",
        C,
        2,
        "Consultation de neurologie : dose du soir augmentée, EEG dans six mois, éviter l'écran après 20 h.",
    ),
    w(
        "sophie",
        "note psychologue",
        3,
        "Entretien : parle pour la première fois du départ de son père. Angoisse de séparation très présente.",
    ),
    w(
        "sophie",
        "note psychologue",
        3,
        "Bilan : attention labile, bonne mémoire visuelle. Estime de soi fragile, évite l'échec.",
    ),
    w(
        "sophie",
        "note psychologue",
        2,
        "Dessin de la maison : personne aux fenêtres. Répète qu'il « dérange ». À reprendre en séance, sans insister.",
    ),
    w(
        "sophie",
        "note psychologue",
        2,
        "Rencontre avec les parents séparés, chacun son récit. Proposer une médiation avant la réunion de projet.",
    ),
    w("nadia", "note sociale", 3, "Notification MDPH reçue, orientation IME renouvelée jusqu'en juillet."),
    w(
        "nadia",
        "note sociale",
        2,
        "Mesure d'assistance éducative prolongée d'un an par le juge des enfants. Visites médiatisées maintenues.",
    ),
    w("nadia", "note sociale", 2, "La famille a {n} mois de loyer de retard, dossier FSL déposé cette semaine."),
    w(
        "nadia",
        "note sociale",
        3,
        "Appel de {parent} : demande un séjour de répit en février. Dossier envoyé, réponse sous un mois.",
    ),
    w(
        "nadia",
        "note sociale",
        2,
        "AEEH : complément accordé. Photocopie donnée à la famille, expliqué avec les images.",
    ),
    w("chef", C, 4, "Réunion de projet : objectif transport en autonomie retenu, première sortie accompagnée {jour}."),
    w(
        "chef",
        C,
        2,
        "Point trimestriel avec l'école : deux matinées d'inclusion, AESH présente, bilan positif de l'enseignante.",
    ),
    w("chef", O, 2, "Absence non prévenue {n} jours de suite. Appel ce matin : grippe, certificat demandé."),
];
