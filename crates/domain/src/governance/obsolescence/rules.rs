//! Rules, as data: which product a name means, and where its cycle is to be read.

use super::Kind;
use super::text::Texts;
use regex::{Regex, RegexSet};
use serde::Deserialize;

/// The files of rules, in order: the first rule that fits decides.
pub(super) const FILES: [(&str, &str); 4] = [
    ("systems.toml", include_str!("data/systems.toml")),
    ("software.toml", include_str!("data/software.toml")),
    ("parts.toml", include_str!("data/parts.toml")),
    ("devices.toml", include_str!("data/devices.toml")),
];

/// The product of Windows that are servers: rules by [`Key::Windows`] find it themselves.
pub(super) const SERVER: &str = "windows-server";

/// How a cycle is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Key {
    /// By the numbers of the version: the longest cycle that begins it.
    #[default]
    Number,
    /// Windows: by build and edition.
    Windows,
    /// By the model's words, against ids and labels of the cycles.
    Model,
    /// Only by the rule's own patterns.
    Pattern,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    #[serde(default)]
    kind: WrittenKind,
    product: Option<String>,
    name: Option<String>,
    not: Option<String>,
    publisher: Option<String>,
    maker: Option<String>,
    model: Option<String>,
    /// What the version must look like, where one name means two products.
    numbered: Option<String>,
    /// What it must not look like.
    unnumbered: Option<String>,
    purl: Option<String>,
    #[serde(default)]
    key: Key,
    version: Option<String>,
    #[serde(default)]
    read: Vec<Field>,
    #[serde(default)]
    cycles: Vec<(String, String)>,
    why: Option<String>,
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "examples are run as tests"))]
    yes: Vec<String>,
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "examples are run as tests"))]
    no: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenKind {
    #[default]
    System,
    Software,
    Device,
}

/// Where a version is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Field {
    /// In the name, after what the rule recognised.
    Name,
    /// In the version.
    Version,
    /// In the build or kernel.
    Build,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Written>,
}

/// One rule, ready to be used.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    kind: Kind,
    /// None: recognised, and nothing is known of its support; `why` says so.
    pub(super) product: Option<String>,
    name: Option<Regex>,
    not: Option<Regex>,
    publisher: Option<Regex>,
    maker: Option<Regex>,
    model: Option<Regex>,
    numbered: Option<Regex>,
    unnumbered: Option<Regex>,
    purl: Option<Regex>,
    pub(super) key: Key,
    version: Option<Regex>,
    read: Vec<Field>,
    cycles: Vec<(Regex, String)>,
    pub(super) why: Option<String>,
    #[cfg(test)]
    pub(super) yes: Vec<String>,
    #[cfg(test)]
    pub(super) no: Vec<String>,
}

/// Every rule, and one automaton over their names.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) all: Vec<Rule>,
    names: RegexSet,
}

/// Why the rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NotRules {
    /// The file is not as described.
    #[error("{0}: {1}")]
    Toml(String, String),
    /// A pattern is not one.
    #[error("rule {0}: {1}")]
    Pattern(String, String),
}

impl Rules {
    /// Reads the shipped rules.
    pub(super) fn shipped() -> Result<Self, NotRules> {
        let mut all = Vec::new();
        for (name, text) in FILES {
            let file: File = toml::from_str(text).map_err(|e| NotRules::Toml(name.into(), e.to_string()))?;
            for written in file.rule {
                let id = written.id.clone();
                all.push(Rule::build(written).map_err(|e| NotRules::Pattern(id, e.to_string()))?);
            }
        }
        // A rule without a name fits any name: what else it asks decides.
        let patterns = all.iter().map(|rule| rule.name.as_ref().map_or("", Regex::as_str));
        let names = RegexSet::new(patterns).map_err(|e| NotRules::Pattern("*".into(), e.to_string()))?;
        Ok(Self { all, names })
    }

    /// The first rule that fits.
    pub(super) fn find(&self, kind: Kind, texts: &Texts) -> Option<&Rule> {
        self.names.matches(&texts.name).into_iter().filter_map(|i| self.all.get(i)).find(|rule| rule.fits(kind, texts))
    }

    /// Ids of the products named by rules.
    pub(super) fn products(&self) -> impl Iterator<Item = &str> {
        let servers = self.all.iter().filter(|rule| rule.key == Key::Windows).map(|_| SERVER);
        self.all.iter().filter_map(|rule| rule.product.as_deref()).chain(servers)
    }
}

impl Rule {
    fn build(written: Written) -> Result<Self, regex::Error> {
        let one = |pattern: Option<String>| pattern.map(|pattern| Regex::new(&pattern)).transpose();
        let cycles = written.cycles.iter();
        let cycles: Result<Vec<_>, _> = cycles.map(|(pattern, id)| Ok((Regex::new(pattern)?, id.clone()))).collect();
        let read = if written.read.is_empty() { vec![Field::Name, Field::Version] } else { written.read };
        Ok(Self {
            id: written.id,
            kind: match written.kind {
                WrittenKind::System => Kind::System,
                WrittenKind::Software => Kind::Software,
                WrittenKind::Device => Kind::Device,
            },
            product: written.product,
            name: one(written.name)?,
            not: one(written.not)?,
            publisher: one(written.publisher)?,
            maker: one(written.maker)?,
            model: one(written.model)?,
            numbered: one(written.numbered)?,
            unnumbered: one(written.unnumbered)?,
            purl: one(written.purl)?,
            key: written.key,
            version: one(written.version)?,
            read,
            cycles: cycles?,
            why: written.why,
            #[cfg(test)]
            yes: written.yes,
            #[cfg(test)]
            no: written.no,
        })
    }

    #[cfg(test)]
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    fn fits(&self, kind: Kind, texts: &Texts) -> bool {
        let asks = |pattern: &Option<Regex>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(text));
        let refuses =
            |pattern: &Option<Regex>, text: &str| pattern.as_ref().is_some_and(|pattern| pattern.is_match(text));
        self.kind == kind
            && asks(&self.name, &texts.name)
            && asks(&self.publisher, &texts.publisher)
            && asks(&self.maker, &texts.maker)
            && asks(&self.model, &texts.model)
            && asks(&self.numbered, &texts.version)
            && asks(&self.purl, &texts.purl)
            && !refuses(&self.unnumbered, &texts.version)
            && !refuses(&self.not, &texts.name)
    }

    /// The cycle that the rule's own patterns give; `$1` stands for what the first group found.
    pub(super) fn pattern(&self, texts: &Texts) -> Option<String> {
        let all = texts.all();
        // An empty id stops the search: the numbers of the version decide.
        let (found, id) = self.cycles.iter().find_map(|(pattern, id)| Some((pattern.captures(&all)?, id)))?;
        let mut cycle = String::new();
        found.expand(id, &mut cycle);
        Some(cycle).filter(|cycle| !cycle.is_empty())
    }

    /// The texts in which a version may be written, the best first.
    pub(super) fn versions<'t>(&self, texts: &'t Texts) -> Vec<&'t str> {
        let captured = |text: &'t str| {
            let found = self.version.as_ref()?.captures(text)?;
            found.get(1).map(|group| group.as_str())
        };
        let read = |field: &Field| match field {
            Field::Name if self.version.is_some() => captured(&texts.name),
            Field::Name => {
                let after = self.name.as_ref().and_then(|name| name.find(&texts.name)).map_or(0, |found| found.end());
                texts.name.get(after..)
            }
            Field::Version => captured(&texts.version).or(Some(texts.version.as_str())),
            Field::Build => Some(texts.build.as_str()),
        };
        self.read.iter().filter_map(read).filter(|text| !text.is_empty()).collect()
    }
}
