//! The estate beside the facts of obsolescence: what of each machine is still supported.

use super::facts::System;
use super::{Asset, Component, Estate, Software};
use crate::governance::obsolescence::{Facts, Finding, Kind, Observed, Verdict, assess};
use jiff::civil::Date;
use serde::Serialize;

/// A program of a machine, and what is concluded of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// What is concluded.
    #[serde(flatten)]
    pub finding: Finding,
}

impl Asset {
    /// What is concluded of its operating system, or of the firmware it runs.
    #[must_use]
    pub fn system_finding(&self, facts: &Facts, at: Date) -> Finding {
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        let (maker, model, firmware) = (said(&self.facts.maker), said(&self.facts.model), said(&self.facts.firmware));
        let empty = System::default();
        let known = self.facts.system.as_ref();
        let system = known.unwrap_or(&empty);
        let word = |text: &'_ Option<String>| text.as_deref().unwrap_or_default().to_owned();
        let parts = [&system.version, &system.kernel, &system.service_pack, &system.arch].map(word);
        let [version, build, service_pack, arch] = &parts;
        let mut observed = Observed {
            kind: Kind::System,
            name: system.display(),
            version,
            build,
            service_pack,
            arch,
            maker: &maker,
            model: &model,
            ..Observed::default()
        };
        let made = if model.to_lowercase().contains(&maker.to_lowercase()) {
            model.clone()
        } else {
            format!("{maker} {model}")
        };
        if known.is_none() && !model.is_empty() {
            (observed.name, observed.version, observed.publisher) = (&made, &firmware, &maker);
        }
        let finding = assess(facts, &observed, at);
        // What a device says of itself names its firmware, where its model does not.
        let said = self.facts.description.as_deref().unwrap_or_default();
        if known.is_some() || said.is_empty() || finding.verdict != Verdict::Unknown {
            return finding;
        }
        let told = assess(facts, &Observed { name: said, version: "", ..observed }, at);
        if told.verdict != Verdict::Unknown || finding.product.is_none() && told.product.is_some() {
            return told;
        }
        finding
    }

    /// What is concluded of each of its programs and database services.
    #[must_use]
    pub fn software_findings(&self, facts: &Facts, at: Date) -> Vec<Judged> {
        let programs = self.facts.software.iter().flatten().cloned();
        let services = self.facts.databases.iter().flatten().map(|service| Software {
            name: service.name.clone(),
            version: service.version.clone(),
            ..Software::default()
        });
        programs.chain(services).map(|program| program.judged(facts, at)).collect()
    }
}

impl Software {
    fn judged(self, facts: &Facts, at: Date) -> Judged {
        let said = |text: &'_ Option<String>| text.as_deref().unwrap_or_default().to_owned();
        let [version, publisher, cpe] = [&self.version, &self.publisher, &self.cpe].map(said);
        let (kind, name) = (Kind::Software, self.name.as_str());
        let purl = self.package.as_ref().map(|sort| format!("pkg:{sort}/{name}")).unwrap_or_default();
        let publisher = publisher.as_str();
        let observed =
            Observed { kind, name, version: &version, publisher, cpe: &cpe, purl: &purl, ..Observed::default() };
        let finding = assess(facts, &observed, at);
        Judged { finding, name: self.name, version: self.version }
    }
}

impl Component {
    /// What is concluded of it.
    #[must_use]
    pub fn judged(&self, facts: &Facts, at: Date) -> Judged {
        let said = |text: &'_ Option<String>| text.as_deref().unwrap_or_default().to_owned();
        let [version, cpe, purl] = [&self.version, &self.cpe, &self.purl].map(said);
        let (kind, name) = (Kind::Software, self.name.as_str());
        let observed = Observed { kind, name, version: &version, cpe: &cpe, purl: &purl, ..Observed::default() };
        Judged { name: self.name.clone(), version: self.version.clone(), finding: assess(facts, &observed, at) }
    }
}

impl Estate {
    /// Each machine with the verdict on its system, by name.
    #[must_use]
    pub fn findings(&self, facts: &Facts, at: Date) -> Vec<(&Asset, Finding)> {
        self.assets.iter().map(|asset| (asset, asset.system_finding(facts, at))).collect()
    }
}
