//! From a resource to what the store needs to know of it.

use crate::cx::Cx;
use confidentiality::labeler::{Context, Labeled, Labeler, RULES_VERSION, SafetyFact};
use confidentiality::{Level, MaskFlags};
use fhir::Resource;
use fhir::json::Value;
use store::Graded;

impl Cx {
    /// Labels a resource written in this request; `kind` is the kind of writing in words, where it is known.
    pub(crate) fn grade(&self, resource: &Resource, kind: Option<&str>) -> Graded {
        let context = Context {
            place_profile: self.profile(),
            author_function: self.persona().map(str::to_owned),
            document_kind: kind.map(str::to_owned),
            received: Vec::new(),
            sender_category: None,
        };
        let (labeler, value) = (self.app().labeler(), resource.value());
        let labeled = labeler.label_resource(&value, &context);
        let masks = resource.security().into_iter().filter_map(|tag| MaskFlags::parse(&tag.code));
        Graded {
            safety: safety(labeler, &value, context, &labeled),
            label: labeled.label,
            family: labeled.family,
            place: self.place(),
            mask: masks.fold(labeled.mask, MaskFlags::union),
            rules: i64::from(RULES_VERSION),
        }
    }
}

/// Resources that name a drug or an allergy.
const NAMING: [&str; 4] = ["MedicationRequest", "MedicationStatement", "MedicationDispense", "AllergyIntolerance"];
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// What must reach carers of this resource if few may read it. A drug or an allergy that is ordinary by itself may be kept
/// at the level of its former versions: what it says is then needed too.
pub(crate) fn safety(labeler: &Labeler, value: &Value, context: Context, labeled: &Labeled) -> Vec<SafetyFact> {
    let kind = value.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    if labeled.label.level >= Level::Sensitive || !NAMING.contains(&kind) {
        return labeled.safety.clone();
    }
    told_if_closed(labeler, value, context)
}

/// What must reach carers of this resource at level 3, whatever its own.
pub(crate) fn told_if_closed(labeler: &Labeler, value: &Value, mut context: Context) -> Vec<SafetyFact> {
    context.received.push((CONFIDENTIALITY.to_owned(), Level::Sensitive.hl7().to_owned()));
    labeler.label_resource(value, &context).safety
}
