//! What must be refused, and says why.

use super::*;

fn refused(bytes: &[u8]) -> Refusal {
    read(bytes).unwrap_err()
}

#[test]
fn an_xml_bomb_and_an_external_entity_are_refused() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE REQUEST [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
        <REQUEST><QUERY>INVENTORY</QUERY><CONTENT><HARDWARE><NAME>&b;</NAME></HARDWARE></CONTENT></REQUEST>"#;
    assert_eq!(refused(bomb.as_bytes()), Refusal::DocumentType);
    let outside = r#"<!DOCTYPE REQUEST SYSTEM "file:///etc/passwd"><REQUEST/>"#;
    assert_eq!(refused(outside.as_bytes()), Refusal::DocumentType);
    let outside = r#"<!DOCTYPE x [<!ENTITY e SYSTEM "http://192.0.2.1/x">]><REQUEST><NAME>&e;</NAME></REQUEST>"#;
    assert_eq!(refused(outside.as_bytes()), Refusal::DocumentType);
    for entity in ["<REQUEST>\n<NAME>&e;</NAME></REQUEST>", "<nmaprun>\n<host x='&e;'/></nmaprun>"] {
        assert_eq!(refused(entity.as_bytes()), Refusal::Entity(2));
    }
}

#[test]
fn a_document_type_that_is_only_a_name_is_harmless() {
    let scan = "<?xml version=\"1.0\"?>\n<!DOCTYPE nmaprun>\n<?xml-stylesheet href=\"x\"?>\n<nmaprun><host><status state=\"up\"/>\
        <address addr=\"10.0.0.4\" addrtype=\"ipv4\"/></host></nmaprun>";
    assert_eq!(read(scan.as_bytes()).unwrap().lines.len(), 1);
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = format!("<REQUEST>{}{}</REQUEST>", "<a>".repeat(100), "</a>".repeat(100));
    assert_eq!(refused(deep.as_bytes()), Refusal::TooDeep);
    let deep = format!("{}1{}", "[".repeat(400), "]".repeat(400));
    assert_eq!(refused(deep.as_bytes()), Refusal::TooDeep);
    assert_eq!(refused(&vec![b' '; LARGEST + 1]), Refusal::TooLarge);
}

#[test]
fn what_is_no_text_is_refused_with_its_reason() {
    assert_eq!(refused(b""), Refusal::Empty);
    assert_eq!(refused(b" \n\n"), Refusal::Empty);
    assert_eq!(refused(b"PK\x03\x04rest"), Refusal::Compressed);
    assert_eq!(refused(b"\x1f\x8b\x08"), Refusal::Compressed);
    assert_eq!(refused(b"\x89PNG\r\n\x1a\n\0\0"), Refusal::Binary);
    assert_eq!(refused(b"%PDF-1.7\n"), Refusal::Columns);
    assert_eq!(refused(b"<?xml version='1.0' encoding='Shift_JIS'?><REQUEST/>"), Refusal::ForeignEncoding);
    assert_eq!(refused(b"<?xml version='1.0' encoding='UTF-8'?><REQUEST>\xe9</REQUEST>"), Refusal::Encoding);
    assert_eq!(refused(b"{\"deviceid\": \"\xe9\"}"), Refusal::Encoding);
    assert_eq!(refused(b"<REQUEST><a></REQUEST>"), Refusal::Xml(1));
    assert_eq!(refused(b"<html></html>"), Refusal::Unknown);
    assert_eq!(refused(b"{\"resourceType\": \"Patient\"}"), Refusal::Unknown);
    assert_eq!(refused(b"{\"deviceid\": "), Refusal::Json(1));
    assert_eq!(refused(b"\"sAMAccountName;x\na;1\n"), Refusal::Quote(1));
    assert_eq!(refused(b"a;b\n1;2\n"), Refusal::Columns);
    for refusal in [Refusal::Empty, Refusal::Columns, Refusal::Xml(3)] {
        assert!(refusal.french().ends_with('.') && !refusal.code().is_empty());
    }
}

#[test]
fn a_quotation_mark_never_closed_spoils_its_line_only() {
    let told = |text: &str| -> Vec<(u64, bool)> {
        let lines = read(text.as_bytes()).unwrap().lines;
        lines.iter().map(|line| (line.line, line.content != Content::Unread(Reason::Quote))).collect()
    };
    let head = "sAMAccountName;displayName;Enabled\n";
    assert_eq!(told(&format!("{head}a;\"A;True\nb;B;True\nc;C;True\n")), [(2, false), (3, true), (4, true)]);
    assert_eq!(told(&format!("{head}a;\"A;True\nb;\"B\";True\nc;C;True\n")), [(2, false), (3, true), (4, true)]);
    assert_eq!(told(&format!("{head}a;\"A\nB\";True\nc;C;True\n")), [(2, true), (4, true)], "a cell of two lines");
    assert_eq!(told(&format!("{head}a;12\" \"x;True\nc;C;True\n")), [(2, true), (3, true)], "inches");
    let many: String = (0..20_000).map(|n| format!("a{n};\"\"\"x;True\n")).collect();
    assert_eq!(told(&format!("{head}{many}")).len(), 20_000);
}

#[test]
fn lines_that_end_as_on_old_macs_are_lines() {
    let text = "sAMAccountName;displayName\ra;A\rb;B\r";
    let lines: Vec<u64> = read(text.as_bytes()).unwrap().lines.iter().map(|line| line.line).collect();
    assert_eq!(lines, [2, 3]);
    let ldif = "dn: cn=a\robjectClass: user\rsAMAccountName: a\r\rdn: cn=b\robjectClass: user\rsAMAccountName: b\r";
    assert_eq!(read(ldif.as_bytes()).unwrap().lines.len(), 2);
}

#[test]
fn what_would_fill_memory_is_refused_before_it_does() {
    let list = format!("[{}0]", "0,".repeat(11_000_000));
    assert_eq!(refused(list.as_bytes()), Refusal::TooMany);
    let elements = format!("<nmaprun>{}</nmaprun>", "<a/>".repeat(2_000_001));
    assert_eq!(refused(elements.as_bytes()), Refusal::TooMany);
    let rows = format!("sAMAccountName\n{}", "a\n".repeat(500_001));
    assert_eq!(refused(rows.as_bytes()), Refusal::TooMany);
}

#[test]
fn strange_json_is_read_or_says_why() {
    let twice = r#"{"deviceid":"x","deviceid":"PC-1-2026-01-01-00-00-00","content":{"hardware":{"name":12345,"uuid":null},"softwares":{"name":"A","version":7}}}"#;
    let parsed = read(twice.as_bytes()).unwrap();
    let Content::Machine(sighting) = &parsed.lines[0].content else { panic!() };
    assert_eq!(sighting.traits.name.as_ref().unwrap().shown, "12345");
    assert_eq!(sighting.facts.software.as_ref().unwrap()[0].version.as_deref(), Some("7"));
    assert_eq!(refused(br#"{"deviceid":"x","content":{"a":NaN}}"#), Refusal::Json(1));
    assert_eq!(refused(b"[1,2,3]"), Refusal::Unknown);
    assert_eq!(refused(br#"{"value":[]}"#), Refusal::Unknown);
    assert_eq!(refused(b"null"), Refusal::Columns);
    let marked = String::from(
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?><REQUEST><DEVICEID>a</DEVICEID><QUERY>INVENTORY</QUERY><CONTENT><HARDWARE><NAME>a</NAME></HARDWARE></CONTENT></REQUEST>",
    );
    let utf16: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(read(&utf16).unwrap().lines.len(), 1);
    assert_eq!(refused(&utf16[..utf16.len() - 1]), Refusal::Encoding);
    assert_eq!(refused(&utf16[..utf16.len() - 20]), Refusal::Xml(1));
}
