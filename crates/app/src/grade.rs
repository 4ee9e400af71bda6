//! From a resource to what the store needs to know of it.

use crate::cx::Cx;
use crate::error::Result;
use confidentiality::labeler::{Context, RULES_VERSION};
use confidentiality::{Categories, Label, Level, Place, Reason};
use fhir::Resource;
use fhir::json::Value;
use store::{Graded, Version};

/// The rule that a reason names where a level is older than what the rules say now.
const KEPT: &str = "garde";
/// What a carer is told of it.
const WHY_KEPT: &str = "Ce niveau vient de plus tôt, ou d’une décision : corriger le texte ou mettre à jour les règles ne le fait pas baisser.";
/// The rule of the labeler that recognises nothing.
const NOTHING: &str = "defaut";

impl Cx {
    /// Labels a resource written in this request; `kind` is the kind of writing in words, where it is known.
    pub(crate) fn grade(&self, resource: &Resource, kind: Option<&str>) -> Graded {
        self.grade_at(self.place(), resource, kind, Vec::new())
    }

    /// The same, for what belongs to a place, and establishments of these FINESS categories sent.
    pub(crate) fn grade_at(
        &self,
        place: Place,
        resource: &Resource,
        kind: Option<&str>,
        sender_categories: Vec<String>,
    ) -> Graded {
        let context = Context {
            place_profile: self.app().profile(place),
            author_function: self.persona().map(str::to_owned),
            document_kind: kind.map(str::to_owned),
            received: Vec::new(),
            sender_categories,
        };
        let labeled = self.app().labeler().label_resource(&resource.value(), &context);
        Graded {
            safety: labeled.safety,
            label: labeled.label,
            family: labeled.family,
            place,
            mask: labeled.mask,
            rules: i64::from(RULES_VERSION),
        }
    }

    /// Why an item has its level, by the rules of today, read as its author wrote it; the level and categories are those it has.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn explain(&self, item: &Version) -> Result<Label> {
        let app = self.app();
        let held = app.store().posts(app.tenant(), item.author, item.updated).await?;
        let post = held.iter().find(|post| post.place == item.place).or_else(|| held.first());
        let filed = || item.resource.get(&["category"])?.get(0)?.get("text").and_then(Value::as_str);
        let context = Context {
            place_profile: app.profile(item.place),
            document_kind: post.and_then(|_| filed()).map(str::to_owned),
            author_function: post.map(|post| post.persona.clone()),
            ..Context::default()
        };
        let mut resource = item.resource.clone();
        // What the server says of the item is not what came with it.
        resource.set_server_security(&[]);
        let mut label = app.labeler().label_resource(&resource.value(), &context).label;
        if label.level > item.level && item.level <= Level::Standard {
            label.reasons.clear();
        }
        keep_up(&mut label, item.level, item.categories);
        Ok(Label { level: item.level, categories: item.categories, ..label })
    }
}

/// Raises a label to what is kept already, and says so where that is more.
pub(crate) fn keep_up(label: &mut Label, level: Level, categories: Categories) {
    if level <= label.level && categories.is_subset(label.categories) {
        return;
    }
    label.level = label.level.max(level);
    label.categories = label.categories.union(categories);
    label.reasons.retain(|reason| reason.rule != NOTHING);
    let text = WHY_KEPT.to_owned();
    label.reasons.push(Reason { rule: KEPT.to_owned(), rules_version: RULES_VERSION, span: None, path: None, text });
}
