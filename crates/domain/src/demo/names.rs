//! Ordinary French first names and surnames, put together at random.

pub(crate) const SURNAMES: [&str; 48] = [
    "Abgrall",
    "Aubertin",
    "Barbot",
    "Belkacem",
    "Besnard",
    "Bonnaud",
    "Boucheron",
    "Caillaud",
    "Chastel",
    "Coëffard",
    "Collinet",
    "Delmotte",
    "Desmarets",
    "Diallo",
    "Dufay",
    "Escoffier",
    "Faure-Lanoë",
    "Fontenelle",
    "Garnaud",
    "Gillardeau",
    "Guivarc'h",
    "Haddad",
    "Houdayer",
    "Jacquelin",
    "Kerbrat",
    "Lachaume",
    "Lemonnier",
    "Lesueur",
    "Maillochon",
    "Marchand",
    "Mauduit",
    "Mounier",
    "Nguyen-Roux",
    "Orsini",
    "Pasquier",
    "Pelletan",
    "Poirson",
    "Quéméner",
    "Ravel",
    "Rouvière",
    "Sabourin",
    "Tanguy",
    "Tessereau",
    "Thuillier",
    "Vasseur",
    "Verdier",
    "Wagner",
    "Zerrouki",
];

pub(crate) const WOMEN_OLD: [&str; 14] = [
    "Jeannine", "Odette", "Simone", "Yvette", "Huguette", "Marcelle", "Ginette", "Suzanne", "Andrée", "Renée",
    "Lucienne", "Germaine", "Paulette", "Denise",
];
pub(crate) const MEN_OLD: [&str; 10] =
    ["Lucien", "Marcel", "Roger", "René", "Raymond", "Fernand", "Maurice", "André", "Émile", "Gaston"];
pub(crate) const GIRLS: [&str; 10] =
    ["Lina", "Jade", "Éloïse", "Maëlys", "Inès", "Louane", "Aïcha", "Camille", "Zoé", "Manon"];
pub(crate) const BOYS: [&str; 10] =
    ["Nolan", "Enzo", "Ilyès", "Malo", "Théo", "Sacha", "Kylian", "Noé", "Rayan", "Gabin"];
pub(crate) const WOMEN: [&str; 10] =
    ["Sandrine", "Nathalie", "Céline", "Aurore", "Karine", "Mélanie", "Fatiha", "Stéphanie", "Laure", "Delphine"];
pub(crate) const MEN: [&str; 10] =
    ["Franck", "Thierry", "Sébastien", "Mickaël", "David", "Karim", "Cédric", "Yann", "Bruno", "Jérôme"];
