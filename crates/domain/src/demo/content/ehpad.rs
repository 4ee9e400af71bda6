//! A care home for older people.

use super::{Writing, w};

const T: &str = "transmission";
const O: &str = "observation";
const C: &str = "compte-rendu";
const N: &str = "note";

pub(super) const WRITINGS: &[Writing] = &[
    w("amina", T, 9, "A bien dormi. Toilette faite au lavabo avec aide partielle, a choisi son gilet bleu."),
    w("amina", T, 9, "RAS cette nuit, 2 changes. Réveil calme à {h}."),
    w("amina", T, 8, "N'a presque rien mangé ce midi, dit que {plat} ne passe pas. À revoir avec la cuisine."),
    w("amina", T, 8, "A bien mangé, repris {plat} deux fois. Bonne hydratation."),
    w("amina", T, 6, "Rougeur au talon gauche ce matin, pas de plaie. Talonnière posée, transmis à Inès."),
    w("amina", T, 6, "Visite : {parent}, très contente de l'atelier chant. A réclamé le coiffeur."),
    w("amina", T, 5, "Refus de douche ce matin, proposée de nouveau à {h}, acceptée avec le lève-personne."),
    w("amina", T, 5, "Douche faite. Peau sèche aux jambes, crème appliquée. Ongles coupés."),
    w("amina", T, 5, "Agitée au coucher, cherchait son mari. Rassurée, tisane, endormie vers {h}."),
    w("amina", T, 4, "Pas de selles depuis {n} jours, IDE prévenue, jus de pruneau donné."),
    w("amina", T, 4, "A marché jusqu'à la salle à manger avec son déambulateur, fière d'elle."),
    w("amina", T, 3, "Trouvée assise par terre {lieu} à {h}. Pas de douleur dite. IDE appelée tout de suite."),
    w("amina", T, 3, "Lunettes retrouvées dans le lit de {autre}. Marquées à son nom."),
    w("amina", T, 3, "Appareil auditif en panne, pile changée, ok."),
    w("amina", T, 2, "Ne veut plus que {autre} entre dans sa chambre. À voir en équipe svp."),
    w(
        "ines",
        T,
        7,
        "TA {ta}, pouls {pouls}, T° {temp}. Pansement refait, plaie propre, bords nets. Prochain pst {jour}.",
    ),
    w(
        "ines",
        T,
        5,
        "Douleur épaule droite à la mobilisation, EVA {eva}. Paracétamol donné à {h}, effet correct une heure après.",
    ),
    w("ines", T, 5, "Glycémie à jeun 1,{n}2 g/l. Insuline faite selon protocole."),
    w(
        "ines",
        T,
        4,
        "Chute {lieu} vers {h}, sans traumatisme apparent. Surveillance 24 h, famille prévenue ({parent}).",
    ),
    w("ines", T, 4, "A recraché le comprimé du matin, redonné écrasé dans la compote, pris."),
    w("ines", T, 3, "Fébrile à {temp}, toux grasse. Médecin appelé, passe ce soir. Hydratation toutes les heures."),
    w("ines", T, 3, "Bilan sanguin prélevé à {h}, envoyé au labo. Résultats attendus {jour}."),
    w(
        "ines",
        T,
        3,
        "Retour d'hospitalisation à {h} : traitement modifié, voir l'ordonnance. Fatiguée, contente de rentrer.",
    ),
    w("ines", T, 2, "Œdème des deux chevilles, poids + {n} kg en une semaine. Transmis au Dr Vasseur."),
    w("hugo", O, 4, "Refus de soins répétés cette semaine. Proposer la douche l'après-midi, avec Amina si possible."),
    w(
        "hugo",
        O,
        3,
        "Perte de {n} kg en trois mois. Enrichir les collations, pesée chaque {jour}, diététicienne prévenue.",
    ),
    w(
        "hugo",
        O,
        3,
        "Réunion de flash : reprendre la marche matin et soir, barrière du lit à réévaluer avec la famille.",
    ),
    w("hugo", O, 2, "Plainte de {parent} sur le linge perdu, reçue ce jour. Inventaire refait avec la lingerie."),
    w(
        "medco",
        C,
        3,
        "Troubles cognitifs majorés, MMS {n}/30 de moins qu'il y a six mois. Bilan orthophonique demandé.",
    ),
    w(
        "medco",
        C,
        3,
        "Examen mensuel : état stable, auscultation libre, TA {ta}. Traitement reconduit sans changement.",
    ),
    w(
        "medco",
        C,
        1,
        "Adénocarcinome colique découvert sur l'anémie. Pas de chirurgie souhaitée. Soins de confort, HAD contactée.",
    ),
    w("medco", C, 1, "Séropositivité VIH connue depuis 1996, charge virale indétectable, poursuite de la trithérapie."),
    w(
        "medco",
        O,
        2,
        "Idées noires exprimées ce matin, dit vouloir « en finir ». Antidépresseur réévalué, avis psychiatrique demandé.",
    ),
    w("medco", C, 2, "Dénutrition modérée : compléments deux fois par jour, albumine dans un mois."),
    w("medco", C, 2, "Anticoagulant suspendu {n} jours avant l'extraction dentaire, relais à prévoir, voir protocole."),
    w("secretariat", N, 3, "Renouvellement de la carte mutuelle reçu. Photocopie classée."),
    w("secretariat", N, 3, "Rendez-vous dentiste {jour} à {h}, transport réservé, {parent} accompagne."),
    w(
        "secretariat",
        N,
        2,
        "Courrier du juge des tutelles : mesure de curatelle renouvelée pour cinq ans. Original au coffre.",
    ),
    w("secretariat", N, 2, "Absence du {jour} au dimanche dans la famille, repas décomptés, pilulier remis."),
];
