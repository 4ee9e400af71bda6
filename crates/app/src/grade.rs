//! From a resource to what the store needs to know of it.

use crate::cx::Cx;
use confidentiality::labeler::{Context, RULES_VERSION};
use confidentiality::{MaskFlags, Place};
use fhir::Resource;
use store::Graded;

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
        let masks = resource.security().into_iter().filter_map(|tag| MaskFlags::parse(&tag.code));
        Graded {
            safety: labeled.safety,
            label: labeled.label,
            family: labeled.family,
            place,
            mask: masks.fold(labeled.mask, MaskFlags::union),
            rules: i64::from(RULES_VERSION),
        }
    }
}
