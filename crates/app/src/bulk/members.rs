//! The members of a group, and whether an item is of the record of one of them.

use super::{Job, Whose};
use crate::cx::Cx;
use crate::error::Result;
use confidentiality::Person;
use fhir::json::Value;
use fhir::{Resource, ResourceType, refs};
use std::collections::BTreeSet;
use store::Version;

/// The patients who are members of a group at that time: not those who have left it, or have not come yet.
pub(super) fn of(group: &Resource, at: i64) -> Vec<String> {
    let all = group.get(&["member"]).and_then(Value::as_array).into_iter().flatten();
    let references = all.filter(|member| is_member(member, at)).filter_map(|member| {
        let reference = member.get("entity")?.get("reference")?.as_str();
        reference.and_then(refs::local).filter(|(kind, _)| *kind == ResourceType::PATIENT)
    });
    let mut seen = BTreeSet::new();
    references.map(|(_, id)| id).filter(|id| seen.insert(id.clone())).collect()
}

fn is_member(member: &Value, at: i64) -> bool {
    if member.get("inactive").and_then(Value::as_bool) == Some(true) {
        return false;
    }
    let bound = |name: &str| member.get("period")?.get(name)?.as_str().and_then(fhir::date::interval);
    bound("start").is_none_or(|(from, _)| from <= at) && bound("end").is_none_or(|(_, to)| at < to)
}

/// The persons of a job, looked up when the first is asked about.
pub(super) struct Members<'a> {
    job: &'a Job,
    persons: Option<BTreeSet<Person>>,
}

impl Job {
    pub(super) fn members(&self) -> Members<'_> {
        Members { job: self, persons: None }
    }
}

impl Members<'_> {
    /// Whether a version is of the record of a member; of anybody where the job is not of a group.
    pub(super) async fn hold(&mut self, cx: &Cx, version: &Version) -> Result<bool> {
        let Whose::Group(_) = self.job.whose else { return Ok(true) };
        if self.persons.is_none() {
            let (mut persons, call) = (BTreeSet::new(), cx.call("export"));
            for id in &self.job.members {
                let found = cx.app().store().read(&call, ResourceType::PATIENT, id).await?;
                persons.extend(cx.app().store().disclose(&call, found).await?.map(|patient| patient.person));
            }
            self.persons = Some(persons);
        }
        Ok(self.persons.as_ref().is_some_and(|persons| persons.contains(&version.person)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_those_who_are_members_at_that_time() {
        let member = |id: &str, more: Value| {
            let mut one = json!({"entity": {"reference": format!("Patient/{id}")}});
            one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            one
        };
        let group = json!({"resourceType": "Group", "type": "person", "actual": true, "member": [
            member("here", json!({})), member("here", json!({})), member("left", json!({"inactive": true})),
            member("stays", json!({"inactive": false, "period": {"start": "2026-01-01", "end": "2026-12-31"}})),
            member("past", json!({"period": {"end": "2026-05-01"}})),
            member("last-day", json!({"period": {"end": "2026-05-28"}})),
            member("later", json!({"period": {"start": "2026-06"}})),
            {"entity": {"reference": "Practitioner/x"}}, {"entity": {"display": "x"}}]});
        let at = fhir::date::interval("2026-05-28T12:00:00Z").unwrap().0;
        assert_eq!(of(&Resource::from_value(group).unwrap(), at), ["here", "stays", "last-day"]);
    }
}
