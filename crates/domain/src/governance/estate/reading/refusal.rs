//! Why a file, or a line, is not read. Says nothing of what is inside.

use serde::{Deserialize, Serialize};

/// Why a whole file is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Beyond [`super::LARGEST`].
    #[error("the file is larger than 64 MB")]
    TooLarge,
    /// Too many entries.
    #[error("the file has more than 500,000 entries")]
    TooMany,
    /// An archive, or compressed.
    #[error("the file is compressed")]
    Compressed,
    /// A document of an office program of today: an archive, by its nature.
    #[error("the file is a document of an office program")]
    Office,
    /// A page of the web, whatever its name.
    #[error("the file is a web page")]
    WebPage,
    /// Results of osquery that name no machine.
    #[error("the results name no machine")]
    Hostless,
    /// A document of an office program, an image, a program.
    #[error("the file is not text")]
    Binary,
    /// Letters that are not those of its encoding.
    #[error("the text does not follow its encoding")]
    Encoding,
    /// Some letters are written in UTF-8, others not.
    #[error("written partly in UTF-8, partly not")]
    Mixed,
    /// An encoding that is not read.
    #[error("the declared encoding is not read")]
    ForeignEncoding,
    /// XML that does not hold.
    #[error("malformed XML near line {0}")]
    Xml(u64),
    /// A document type that declares or fetches something.
    #[error("the XML brings a document type of its own")]
    DocumentType,
    /// An entity that is not one of the five.
    #[error("the XML uses an entity that it does not define itself, near line {0}")]
    Entity(u64),
    /// Elements within elements without end.
    #[error("the content is nested too deeply")]
    TooDeep,
    /// JSON that does not hold.
    #[error("malformed JSON near line {0}")]
    Json(u64),
    /// A quoted field that never ends.
    #[error("a quotation mark opened on line {0} is never closed")]
    Quote(u64),
    /// Well formed, and none of the formats.
    #[error("the format is not recognised")]
    Unknown,
    /// A table without the columns of any format.
    #[error("the columns are those of no known format")]
    Columns,
}

impl Refusal {
    /// Its word in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too-large",
            Self::TooMany => "too-many",
            Self::Compressed => "compressed",
            Self::Office => "office-document",
            Self::WebPage => "web-page",
            Self::Hostless => "no-host",
            Self::Binary => "binary",
            Self::Encoding => "encoding",
            Self::Mixed => "mixed-encoding",
            Self::ForeignEncoding => "foreign-encoding",
            Self::Xml(_) => "xml",
            Self::DocumentType => "document-type",
            Self::Entity(_) => "entity",
            Self::TooDeep => "too-deep",
            Self::Json(_) => "json",
            Self::Quote(_) => "quote",
            Self::Unknown => "unknown-format",
            Self::Columns => "unknown-columns",
        }
    }

    /// What happened, what to do.
    #[must_use]
    pub fn french(self) -> String {
        match self {
            Self::Empty => "Le fichier ne contient rien à lire.".to_owned(),
            Self::TooLarge => {
                "Le fichier dépasse 64 Mo : découpez-le, ou exportez moins de machines à la fois.".to_owned()
            }
            Self::TooMany => "Le fichier a plus de 500 000 entrées : découpez-le.".to_owned(),
            Self::Compressed => {
                "Le fichier est compressé : décompressez-le, puis importez ce qu'il contient.".to_owned()
            }
            Self::Office => "C'est un document de tableur ou de traitement de texte : ouvrez-le, enregistrez au format CSV, \
                puis importez."
                .to_owned(),
            Self::WebPage => "C'est une page web, pas un export : la session avait peut-être expiré. Reconnectez-vous et \
                refaites l'export ; si la page montre un tableau, ouvrez-la dans un tableur et enregistrez au format CSV."
                .to_owned(),
            Self::Hostless => "Ce relevé d'osquery ne dit pas de quelle machine : exportez avec hostIdentifier (journal \
                d'osqueryd), ou ajoutez le nom et le numéro de série (table system_info)."
                .to_owned(),
            Self::Binary => {
                "Ce n'est pas un fichier de texte. Depuis un tableur, enregistrez au format CSV, puis importez."
                    .to_owned()
            }
            Self::Mixed => "Ce fichier mêle deux codages : certaines lettres accentuées sont en UTF-8, d'autres non. \
                Enregistrez-le de nouveau en UTF-8."
                .to_owned(),
            Self::Encoding => "Des lettres ne suivent pas le codage du fichier : enregistrez-le en UTF-8.".to_owned(),
            Self::ForeignEncoding => {
                "Le codage de ce fichier n'est pas lu : enregistrez-le en UTF-8 (UTF-16 et Windows-1252 conviennent aussi)."
                    .to_owned()
            }
            Self::Xml(line) => format!("Le XML est mal formé, vers la ligne {line} : refaites l'export."),
            Self::DocumentType => {
                "Le XML apporte son propre type de document (DTD) : par sécurité, il n'est pas lu.".to_owned()
            }
            Self::Entity(line) => {
                format!("Le XML emploie une entité inconnue, vers la ligne {line} : par sécurité, il n'est pas lu.")
            }
            Self::TooDeep => "Le contenu est imbriqué trop profondément : par sécurité, il n'est pas lu.".to_owned(),
            Self::Json(line) => format!("Le JSON est mal formé, vers la ligne {line} : refaites l'export."),
            Self::Quote(line) => format!("Un guillemet ouvert à la ligne {line} n'est jamais fermé."),
            Self::Unknown => {
                "Le format n'est pas reconnu. Formats lus : inventaire GLPI (JSON) ou OCS (XML), nmap (XML), \
                osquery et CycloneDX (JSON), WSUS, annuaire, liste de machines, mouvements du personnel, Annuaire Santé et registres (CSV), \
                noms de domaine (réponses de dig)."
                    .to_owned()
            }
            Self::Columns => "Les colonnes ne sont celles d'aucun tableau connu : il faut FullDomainName (WSUS), \
                sAMAccountName (annuaire), nom et système ou numéro de série (machines), matricule, nom et date \
                d'entrée (personnel), ou celles d'un des tableaux à remplir de la page d'import."
                .to_owned(),
        }
    }
}

/// Why one line is not read, or matches no machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The line is not JSON.
    Json,
    /// JSON, and not an entry of this format.
    Foreign,
    /// Nothing tells the machine from another: no serial number, UUID, card nor name.
    Nameless,
    /// The line has not as many fields as the head of the table.
    Fields,
    /// A quotation mark is opened and never closed.
    Quote,
    /// The field that names the line is empty.
    Empty,
    /// A date cannot be read.
    Date,
    /// What came of it is neither a success, nor a failure, nor a number.
    Outcome,
    /// The machine did not answer the scan.
    Down,
    /// A table of osquery that is not used.
    Table,
    /// A value is coded, and no text.
    Coded,
    /// A backup that has not ended yet.
    Running,
    /// A bill of materials that names no program.
    Program,
    /// A result of osquery that names no machine.
    Host,
    /// Several machines have this name, and nothing else tells which.
    Ambiguous,
}

impl Reason {
    /// Its word in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Foreign => "foreign",
            Self::Nameless => "nameless",
            Self::Fields => "fields",
            Self::Quote => "quote",
            Self::Empty => "empty",
            Self::Date => "date",
            Self::Outcome => "outcome",
            Self::Down => "down",
            Self::Table => "table",
            Self::Coded => "coded",
            Self::Running => "running",
            Self::Program => "program",
            Self::Host => "host",
            Self::Ambiguous => "ambiguous",
        }
    }

    /// For a screen.
    #[must_use]
    pub fn french(self) -> &'static str {
        match self {
            Self::Json => "la ligne n'est pas du JSON bien formé",
            Self::Foreign => "ce n'est pas une entrée de ce format",
            Self::Nameless => "rien n'identifie la machine : ni numéro de série, ni UUID, ni carte réseau, ni nom",
            Self::Quote => "un guillemet ouvert dans la ligne n'est jamais fermé",
            Self::Fields => "la ligne n'a pas autant de champs que l'en-tête",
            Self::Empty => "le champ qui identifie la ligne est vide",
            Self::Date => "une date ne se lit pas",
            Self::Outcome => "le résultat, ou un nombre, ne se lit pas",
            Self::Down => "la machine n'a pas répondu à l'exploration",
            Self::Table => "cette table d'osquery n'est pas utilisée",
            Self::Coded => "une valeur codée (X'…') ne se lit pas",
            Self::Running => "cette sauvegarde n'est pas finie : refaites l'export quand elle le sera",
            Self::Program => "la composition ne dit pas de quel logiciel (metadata.component)",
            Self::Host => {
                "ce relevé d'osquery ne dit pas de quelle machine : il faut hostIdentifier, un nom ou un numéro de série"
            }
            Self::Ambiguous => "plusieurs machines portent ce nom et rien d'autre ne les départage",
        }
    }
}
