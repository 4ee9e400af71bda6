//! A centre for people with an addiction.

use super::{Writing, w};

const T: &str = "transmission";
const O: &str = "observation";
const C: &str = "compte-rendu";

pub(super) const WRITINGS: &[Writing] = &[
    w("infirmier", T, 9, "Méthadone délivrée pour 7 jours, {kg} mg/j. Pas de signe de manque. Revient {jour}."),
    w("infirmier", T, 7, "N'est pas venu au rdv de {h}. Message laissé, 2e appel {jour}."),
    w("infirmier", T, 6, "Passé sans rdv, a pris un café. Va « comme ci comme ça », dort mal. On en reparle {jour}."),
    w(
        "infirmier",
        T,
        5,
        "TA {ta}, pouls {pouls}. Tremblements légers, pas de sueurs. Hydratation, encouragé à boire moins le soir.",
    ),
    w("infirmier", T, 5, "Test urinaire : méthadone seule. Content, a appelé {parent} pour le dire."),
    w(
        "infirmier",
        T,
        4,
        "Matériel de réduction des risques remis ({n} kits). Rappel sur le partage et les lieux de dépôt.",
    ),
    w(
        "infirmier",
        O,
        4,
        "Dit avoir reconsommé de la cocaïne samedi, en soirée. Pas de jugement, on reprend le plan de {jour}.",
    ),
    w("infirmier", T, 4, "Pansement à la main, plaie superficielle, vaccin antitétanique à jour."),
    w("infirmier", T, 3, "Arrivé alcoolisé, discussion courte et calme, délivrance reportée à demain {h}. Accepté."),
    w("infirmier", T, 3, "A dormi {n} nuits dehors. 115 appelé avec lui, place trouvée ce soir."),
    w(
        "infirmier",
        O,
        3,
        "Poids {kg} kg, mange un repas par jour. Colis alimentaire donné, adresse du restaurant social.",
    ),
    w("infirmier", T, 2, "Vaccin hépatite B, 2e injection. Prochaine dans cinq mois, carte remplie."),
    w("infirmier", O, 2, "A oublié {n} prises. Pilulier donné, alarme du téléphone réglée ensemble."),
    w(
        "medecin",
        C,
        3,
        "Alcoolodépendance sévère, sevrage ambulatoire impossible cette fois. Demande d'hospitalisation programmée.",
    ),
    w("medecin", C, 3, "Buprénorphine stable à 8 mg, pas de craving. Ordonnance 28 jours, délivrance fractionnée."),
    w("medecin", C, 2, "Hépatite C guérie, ARN négatif à douze semaines. Contrôle annuel."),
    w(
        "medecin",
        C,
        2,
        "Sort de détention, obligation de soins. Attestations de présence à remettre au SPIP, sans contenu médical.",
    ),
    w("medecin", O, 3, "Sommeil un peu meilleur. Arrêt du tabac envisagé au printemps, substituts proposés."),
    w("medecin", C, 2, "ECG : QT à la limite, dose de méthadone inchangée, contrôle dans {n} semaines."),
    w(
        "medecin",
        O,
        2,
        "Épisode dépressif en cours, pas d'idées suicidaires ce jour. Revu dans une semaine, {parent} au courant.",
    ),
    w(
        "medecin",
        C,
        1,
        "Sérologie VIH positive annoncée ce jour. Rendez-vous infectiologie {jour}. Soutien de l'équipe, ne souhaite le dire à personne.",
    ),
    w("medecin", C, 2, "Synthèse : deux ans d'abstinence à l'alcool. Espacer à un rendez-vous par mois, à sa demande."),
];
