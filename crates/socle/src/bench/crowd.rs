//! A person of whom almost nothing may be shown: very many items, nearly all of them above what a carer reads.

use super::http::{Ask, Client, Who};
use super::load;
use super::people;
use super::report::{Board, Figure, Goal, Measure};
use super::scenarios::Ground;
use crate::failure::{Failure, LOCKED, Result};
use serde_json::{Value, json};
use std::sync::Arc;

/// Items of the person …
const ITEMS: u64 = 200_000;
/// … of which one in so many is not restricted.
const SHOWN: u64 = 200;
/// Items of one transaction.
const PART: u64 = 2_000;

/// Writes the person, then reads it as a carer and as a program.
pub(super) async fn crowd(ground: &Ground, people: &[Who], board: &mut Board) -> Result<()> {
    let patient = write(ground).await?;
    let id = patient.split('/').next_back().unwrap_or_default();
    let page = format!("/personnes/{id}");
    let mut carer = None;
    for who in people {
        if Client::connect(who).await?.send(&Ask::get(&page)).await?.status < 400 {
            carer = Some(who);
            break;
        }
    }
    let carer =
        carer.ok_or_else(|| Failure::new(LOCKED, "Personne de la démonstration n'accompagne cette personne."))?;
    let goal = Goal { measure: Measure::P95Ms, bars: None };
    for (name, address) in [("crowded_page", page.clone()), ("crowded_thread", format!("{page}/fil"))] {
        let seen = load::closed(carer, 2, ground.time, Arc::new(move |_, _| Ask::get(address.clone()))).await?;
        board.show(Figure::load(name, 2, goal, &seen, 1.0, Some(ground.bare)));
    }
    let search = format!("/fhir/Observation?patient={patient}&_count=20");
    let seen = load::closed(&ground.program, 2, ground.time, Arc::new(move |_, _| Ask::get(search.clone()))).await?;
    board.show(Figure::load("crowded_search", 2, goal, &seen, 1.0, Some(ground.metal.reads)));
    Ok(())
}

/// The address of the person.
async fn write(ground: &Ground) -> Result<String> {
    let person = json!({ "resourceType": "Patient", "active": true, "name": [{ "family": "Courtepointe" }] });
    let bundle = transaction(&[json!({ "resource": person, "request": { "method": "POST", "url": "Patient" } })]);
    let reply = Client::connect(&ground.program).await?.send(&bundle).await?.done("personne")?.json()?;
    let location = reply.pointer("/entry/0/response/location").and_then(Value::as_str).unwrap_or_default();
    let at = location.split("/fhir/").last().and_then(|at| at.split("/_history").next()).unwrap_or_default().to_owned();
    for from in (0..ITEMS).step_by(PART as usize) {
        let parts: Vec<Value> = (from..from + PART).map(|n| item(n, &at)).collect();
        load::all(&ground.program, 1, vec![transaction(&parts)]).await?;
    }
    Ok(at)
}

fn transaction(entries: &[Value]) -> Ask {
    Ask::json("POST", "/fhir", &json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries }))
}

fn item(n: u64, patient: &str) -> Value {
    let at = format!("{}-{:02}-{:02}", 2016 + n % 10, n % 12 + 1, n % 28 + 1);
    let mut resource = people::observation(n, n, &json!({ "reference": patient }), None, &at);
    if let (Some(map), false) = (resource.as_object_mut(), n.is_multiple_of(SHOWN)) {
        let system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
        map.insert("meta".to_owned(), json!({ "security": [{ "system": system, "code": "R" }] }));
    }
    json!({ "resource": resource, "request": { "method": "POST", "url": "Observation" } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_all_items_are_restricted() {
        let restricted = |n| item(n, "Patient/a").pointer("/resource/meta/security/0/code").is_some();
        assert_eq!((0..ITEMS).filter(|n| !n.is_multiple_of(SHOWN)).count(), 199_000);
        assert!(!restricted(0) && restricted(1) && !restricted(SHOWN));
    }
}
