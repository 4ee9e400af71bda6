//! Binary as itself.

use crate::support::{BASE, World, create, patient, secret_condition};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn content_is_read_as_itself_unless_fhir_is_named() {
    let world = World::new().await;
    let full = world.program("full").await;
    let it = json!({"resourceType": "Binary", "contentType": "text/plain; charset=utf-8", "data": "aMOp",
        "securityContext": {"reference": "Patient/a"}});
    let path = format!("/fhir/{}", create(&full, it).await);
    for accept in ["*/*", "text/plain", "text/*", "text/html, */*;q=0.1"] {
        let own = full.send("GET", &path, &[("accept", accept)], "").await.expect(200);
        assert_eq!((own.text().as_str(), own.header("content-type")), ("hé", "text/plain; charset=utf-8"), "{accept}");
        assert_eq!((own.header("etag"), own.header("x-security-context")), ("W/\"1\"", "Patient/a"));
        assert_eq!(
            (own.header("content-disposition"), own.header("x-content-type-options")),
            ("attachment", "nosniff")
        );
    }
    for accept in ["application/fhir+json", "application/json"] {
        let resource = full.send("GET", &path, &[("accept", accept)], "").await.expect(200).json();
        assert_eq!(resource["data"], "aMOp", "{accept}");
    }
    assert_eq!(full.get(&format!("{path}?_format=json")).await.expect(200).json()["data"], "aMOp");
    let refused = full.send("GET", &path, &[("accept", "application/pdf")], "").await.expect(406);
    assert_eq!(refused.json()["resourceType"], "OperationOutcome");
    full.send("GET", &path, &[("if-none-match", "W/\"1\"")], "").await.expect(304);
    let head = full.send("HEAD", &path, &[], "").await.expect(200);
    assert_eq!((head.header("content-length"), head.body.len()), ("3", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_written_as_itself() {
    let world = World::new().await;
    let full = world.program("full").await;
    let (pdf, csv) = (("content-type", "application/pdf"), ("content-type", "text/csv"));
    let of = ("x-security-context", "Patient/a");
    let made = full.send("POST", "/fhir/Binary", &[pdf, of], "%PDF-1.4").await;
    let made = made.expect(201).json();
    assert_eq!((&made["contentType"], &made["data"]), (&json!("application/pdf"), &json!("JVBERi0xLjQ=")));
    assert_eq!(made["securityContext"]["reference"], "Patient/a");
    let path = format!("/fhir/Binary/{}", made["id"].as_str().unwrap());
    let put = full.send("PUT", &path, &[csv, ("if-match", "W/\"1\""), of], "a;b").await;
    full.send("PUT", &path, &[csv], "a;b").await.expect(422);
    assert_eq!(put.expect(200).header("etag"), "W/\"2\"");
    assert_eq!(full.get(&path).await.expect(200).text(), "a;b");
    assert_eq!(full.get(&format!("{path}/_history/1")).await.expect(200).text(), "%PDF-1.4");
    full.send("POST", "/fhir/Binary", &[("content-type", "application/fhir+xml")], "<a/>").await.expect(415);
    full.send("POST", "/fhir/Binary", &[("content-type", "nonsense")], "x").await.expect(415);
    full.send("POST", "/fhir/Binary", &[("content-type", "application/json")], "{\"a\":1}").await.expect(400);
    full.send("POST", "/fhir/Patient", &[pdf], "%PDF-1.4").await.expect(415);
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_content_is_absent() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let label = json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}]);
    let it =
        json!({"resourceType": "Binary", "contentType": "text/plain", "data": "eA==", "meta": {"security": label}});
    let path = format!("/fhir/{}", create(&full, it).await);
    for accept in ["text/plain", "application/pdf", "*/*"] {
        let hidden = limited.send("GET", &path, &[("accept", accept)], "").await.expect(404);
        let absent = limited.send("GET", "/fhir/Binary/nobody", &[("accept", accept)], "").await.expect(404);
        assert_eq!(hidden.body, absent.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_goes_in_and_out_whole_or_in_part() {
    let world = World::new().await;
    let full = world.program("full").await;
    let pdf = ("content-type", "application/pdf");
    let bytes: Vec<u8> = (0..900_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let made = full.send_bytes("POST", "/fhir/Binary", &[pdf], bytes.clone()).await.expect(201);
    let path = format!("/fhir/Binary/{}", made.json()["id"].as_str().unwrap());
    let whole = full.send("GET", &path, &[("accept", "application/pdf")], "").await.expect(200);
    assert!(whole.body == bytes);
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let json = full.send("GET", &path, &[("accept", "application/fhir+json")], "").await.expect(200).json();
    assert!(json["data"] == made.json()["data"]);
    let range = |range: &'static str| [("accept", "*/*"), ("range", range)];
    let part = full.send("GET", &path, &range("bytes=1000000-1000009"), "").await.expect(206);
    assert_eq!(part.header("content-range"), "bytes 1000000-1000009/3600000");
    assert_eq!(part.body, bytes[1_000_000..1_000_010]);
    let last = full.send("GET", &path, &range("bytes=-5"), "").await.expect(206);
    assert_eq!(last.body, bytes[3_599_995..]);
    let beyond = full.send("GET", &path, &range("bytes=3600000-"), "").await.expect(416);
    assert_eq!(beyond.header("content-range"), "bytes */3600000");
    for asked in ["bytes=0-1,5-6", "lines=1-2", "bytes=5-1"] {
        full.send("GET", &path, &[("accept", "*/*"), ("range", asked)], "").await.expect(200);
    }
    let conditional = [("accept", "*/*"), ("range", "bytes=0-0"), ("if-range", "W/\"1\"")];
    full.send("GET", &path, &conditional, "").await.expect(200);
    let too_large = vec![b'a'; (24 << 20) + 1];
    full.send_bytes("POST", "/fhir/Binary", &[pdf], too_large).await.expect(413);
}

/// A document with addresses in every form, to what is opened or closed beside it.
fn document(who: &str, binary: &str) -> Value {
    let own = format!("{BASE}/fhir/{binary}");
    json!({"resourceType": "DocumentReference", "status": "current", "subject": {"reference": who},
        "text": {"status": "additional", "div":
            format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"{binary}\">Pièce</a> <img src=\"{own}\" alt=\"\"/></div>")},
        "extension": [{"url": "urn:test", "valueUri": own}, {"url": "urn:test", "valueUrl": binary}],
        "content": [{"attachment": {"contentType": "text/plain", "title": "Pièce", "url": binary}},
            {"attachment": {"url": format!("{own}?_format=json")}}, {"attachment": {"url": "https://ailleurs.test/Binary/1"}}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_what_is_hidden_are_masked_as_references_are() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    let label = json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]);
    let mut text = json!({"resourceType": "Binary", "contentType": "text/plain", "data": "eA=="});
    let open = create(&full, text.clone()).await;
    text["meta"] = json!({"security": label});
    let closed = create(&full, text).await;
    let mut seen = Vec::new();
    for binary in [open.as_str(), &closed, "Binary/nowhere"] {
        let path = format!("/fhir/{}", create(&full, document(&who, binary)).await);
        assert_eq!(full.get(&path).await.expect(200).text().matches(binary).count(), 6, "{binary}");
        let shown = limited.get(&path).await.expect(200);
        assert_eq!(shown.text().matches(binary).count(), if binary == open { 6 } else { 0 }, "{binary}");
        let put = limited.put(&path, &shown.json()).await;
        assert_eq!(put.status, if binary == open { 200 } else { 412 }, "{binary}");
        let found = |page: Value| page["total"].as_i64();
        for asked in [format!("location={binary}"), format!("location:below={binary}")] {
            let asked = format!("/fhir/DocumentReference?{asked}");
            assert_eq!(found(full.get(&asked).await.expect(200).json()), Some(1), "{asked}");
            let theirs = if binary == open { Some(1) } else { Some(0) };
            assert_eq!(found(limited.get(&asked).await.expect(200).json()), theirs, "{asked}");
        }
        seen.push(shown.json());
    }
    let masked = json!({"extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]});
    let content = &seen[1]["content"];
    assert_eq!(content[0]["attachment"], json!({"contentType": "text/plain", "title": "Pièce", "_url": masked}));
    assert_eq!(content[2]["attachment"]["url"], "https://ailleurs.test/Binary/1");
    assert_eq!(seen[1]["extension"][1], json!({"url": "urn:test", "_valueUrl": masked}));
    // What is closed and what does not exist look alike.
    assert_eq!(
        (&seen[1]["content"], &seen[1]["text"], &seen[1]["extension"]),
        (&seen[2]["content"], &seen[2]["text"], &seen[2]["extension"])
    );
}

/// What is raised after something pointed at it closes there too: what is shown follows the row, not what was written.
#[tokio::test(flavor = "multi_thread")]
async fn a_binary_that_is_raised_closes_where_it_was_pointed_at() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    let secret = create(&full, secret_condition(&who)).await;
    let label =
        json!({"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]});
    for raised in [("meta", label), ("securityContext", json!({"reference": secret}))] {
        let mut text = json!({"resourceType": "Binary", "contentType": "text/plain", "data": "eA=="});
        let binary = create(&full, text.clone()).await;
        let document = format!("/fhir/{}", create(&full, document(&who, &binary)).await);
        let (path, id) = (format!("/fhir/{binary}"), binary.strip_prefix("Binary/").unwrap());
        assert_eq!(limited.get(&document).await.expect(200).text().matches(&binary).count(), 6);
        limited.get(&path).await.expect(200);
        (text["id"], text[raised.0]) = (json!(id), raised.1);
        full.put(&path, &text).await.expect(200);
        for hidden in [path.clone(), format!("{path}/_history/1"), format!("{path}/_history")] {
            limited.get(&hidden).await.expect(404);
        }
        let everything = format!("/fhir/{who}/$everything");
        for shown in [&document, &format!("{document}/_history/1"), &format!("{document}/_history"), &everything] {
            assert!(!limited.get(shown).await.expect(200).text().contains(id), "{} {shown}", raised.0);
        }
        assert_eq!(full.get(&document).await.expect(200).text().matches(&binary).count(), 6);
    }
}
