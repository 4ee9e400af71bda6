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
    assert_eq!(refused(b"sAMAccountName;x\n\"never closed;1\n"), Refusal::Quote(2));
    assert_eq!(refused(b"a;b\n1;2\n"), Refusal::Columns);
    for refusal in [Refusal::Empty, Refusal::Columns, Refusal::Xml(3)] {
        assert!(refusal.french().ends_with('.') && !refusal.code().is_empty());
    }
}
