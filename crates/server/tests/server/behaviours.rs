//! What search answers, line by line: the behaviours FHIR R4 describes (search §3.1.1), as somebody who does not know this
//! server would try them.

use crate::support::{BASE, Program, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const RESOURCES: &str = include_str!("behaviours/resources.jsonl");
const SEARCHES: &str = include_str!("behaviours/searches.txt");
const STRICT: [(&str, &str); 1] = [("prefer", "handling=strict")];

async fn filled(world: &World) -> Program<'_> {
    let full = world.program("full").await;
    for line in RESOURCES.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        let url = format!("/fhir/{}/{}", value["resourceType"].as_str().unwrap(), value["id"].as_str().unwrap());
        full.put(&url, &value).await.expect(201);
    }
    full
}

fn link<'a>(bundle: &'a Value, relation: &str) -> Option<&'a str> {
    bundle["link"].as_array()?.iter().find(|link| link["relation"] == relation)?["url"].as_str()
}

fn ids(bundle: &Value, mode: &str) -> Vec<String> {
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let of = entries.iter().filter(|entry| entry["search"]["mode"] == mode);
    of.map(|entry| entry["resource"]["id"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Every page to the end: what matched, in order, and what came beside it.
async fn all(full: &Program<'_>, asked: &str) -> Result<(Vec<String>, BTreeSet<String>), String> {
    let (mut found, mut beside, mut total) = (Vec::new(), BTreeSet::new(), None);
    let mut url = format!("/fhir{}{}", if asked.starts_with('?') { "" } else { "/" }, asked.replace('|', "%7C"));
    loop {
        let answer = full.send("GET", &url, &STRICT, "").await;
        if answer.status != 200 {
            return Err(format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)));
        }
        let page = answer.json();
        found.extend(ids(&page, "match"));
        beside.extend(ids(&page, "include"));
        total = total.or(page["total"].as_u64());
        match link(&page, "next") {
            Some(next) => url = next.to_owned(),
            None => break,
        }
    }
    match total {
        Some(total) if usize::try_from(total).unwrap() != found.len() => Err(format!("a total of {total}: {found:?}")),
        _ => Ok((found, beside)),
    }
}

/// Why a line does not hold.
async fn check(full: &Program<'_>, line: &str) -> Result<(), String> {
    if let Some(asked) = line.strip_suffix(" !400") {
        let status = full.get(&format!("/fhir/{asked}")).await.status;
        return if status == 400 { Ok(()) } else { Err(format!("answered {status}")) };
    }
    if let Some(asked) = line.strip_suffix(" !strict") {
        let strict = full.send("GET", &format!("/fhir/{asked}"), &STRICT, "").await.status;
        let lenient = full.get(&format!("/fhir/{asked}")).await.json();
        let (said, own) = (ids(&lenient, "outcome").len(), link(&lenient, "self").unwrap_or_default().to_owned());
        let fine = strict == 400 && said == 1 && !own.contains('?');
        return if fine { Ok(()) } else { Err(format!("answered {strict}, {said} outcome, {own}")) };
    }
    let (asked, expected) = line.split_once(" =>").ok_or("no answer")?;
    let (matches, beside) = expected.split_once('+').unwrap_or((expected, ""));
    let mut wanted: Vec<String> = matches.split_whitespace().map(str::to_owned).collect();
    let asked = asked.replace("BASE", &format!("{BASE}/fhir"));
    let (mut found, included) = all(full, &asked).await?;
    if !asked.contains("_sort=") {
        wanted.sort();
        found.sort();
    }
    let others: BTreeSet<String> = beside.split_whitespace().map(str::to_owned).collect();
    if (&found, &included) == (&wanted, &others) { Ok(()) } else { Err(format!("found {found:?} + {included:?}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_as_the_specification_says() {
    let world = World::new().await;
    let full = filled(&world).await;
    let (mut count, mut wrong) = (0, Vec::new());
    for line in SEARCHES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        count += 1;
        if let Err(why) = check(&full, line).await {
            wrong.push(format!("{line}\n    {why}"));
        }
    }
    assert!(count >= 240, "{count} lines");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_counts_and_summaries() {
    let world = World::new().await;
    let full = filled(&world).await;
    let get = async |asked: &str| full.get(&format!("/fhir/{asked}")).await.expect(200).json();
    for asked in ["Observation?_summary=count", "Observation?_count=0", "Observation?_count=0&_total=none"] {
        let page = get(asked).await;
        assert_eq!((page["total"].as_u64(), page.get("entry"), link(&page, "next")), (Some(7), None, None), "{asked}");
    }
    let page = get("Observation?_total=none&_count=3").await;
    assert_eq!((page.get("total"), ids(&page, "match").len()), (None, 3));
    for total in ["accurate", "estimate"] {
        assert_eq!(get(&format!("Observation?_total={total}&_count=3")).await["total"], 7);
    }
    let page = get("Observation?code=29463-7&_count=1&_include=Observation:patient").await;
    assert_eq!((page["total"].as_u64(), ids(&page, "match").len(), ids(&page, "include").len()), (Some(2), 1, 1));
    let none = get("Observation?code=nothing").await;
    assert_eq!((none["total"].as_u64(), none.get("entry")), (Some(0), None));
    let few = get("Patient?_id=p1&_elements=identifier,gender").await;
    let shown = &few["entry"][0]["resource"];
    assert!(shown.get("identifier").is_some() && shown.get("gender").is_some() && shown.get("name").is_none());
    assert_eq!(shown["meta"]["tag"][0]["code"], "SUBSETTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_and_an_address_are_one_search() {
    let world = World::new().await;
    let full = filled(&world).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let post = async |url: &str, body: &str| full.send("POST", url, &form, body).await.expect(200).json();
    let body = post("/fhir/Observation/_search", "patient=p1&code=http%3A%2F%2Floinc.org%7C29463-7").await;
    assert_eq!(ids(&body, "match"), ["b1", "b6"]);
    let both = post("/fhir/Observation/_search?patient=p1", "code=8302-2").await;
    assert_eq!(ids(&both, "match"), ["b2"]);
    let paged = post("/fhir/Observation/_search", "patient=p1&_count=2").await;
    let next = full.get(link(&paged, "next").unwrap()).await.expect(200).json();
    assert_eq!((ids(&paged, "match").len(), ids(&next, "match").len()), (2, 1));
    assert_eq!(ids(&post("/fhir/Patient/p1/Observation/_search", "code=8302-2").await, "match"), ["b2"]);
    assert_eq!(ids(&post("/fhir/_search", "_type=Organization&_id=o1").await, "match"), ["o1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_ours_is_a_relative_reference_in_conditions_too() {
    let world = World::new().await;
    let full = filled(&world).await;
    let own = format!("{BASE}/fhir/Patient/p1");
    let value = json!({"resourceType": "Condition", "subject": {"reference": "Patient/p1"}, "code": {"text": "x"}});
    let condition = format!("patient={own}&code=I10");
    full.send("POST", "/fhir/Condition", &[("if-none-exist", &condition)], &value.to_string()).await.expect(200);
    let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": "GET", "url": format!("Condition?patient={own}")}},
        {"request": {"method": "GET", "url": "Observation?date=ge2021-06-01T00:00:00+02:00&date=lt2021-06-01T00:00:01+02:00&code=29463-7"}},
        {"resource": value, "request": {"method": "POST", "url": "Condition", "ifNoneExist": condition}}]});
    let answer = full.post("/fhir", &bundle).await.expect(200).json();
    assert_eq!(answer["entry"][0]["resource"]["total"], 1);
    assert_eq!(ids(&answer["entry"][1]["resource"], "match"), ["b6"]);
    assert!(answer["entry"][2]["response"]["status"].as_str().unwrap().starts_with("200"));
}
