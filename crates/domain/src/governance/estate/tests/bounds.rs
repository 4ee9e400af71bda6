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
    // A head of DOS, and one bad byte in a file of UTF-8.
    assert_eq!(refused(b"Nom;Syst\x8ame;Num\x82ro\nPC-1;\x90t\x82;1\n"), Refusal::ForeignEncoding);
    assert_eq!(
        refused(
            "Nom;Système\nPC-1;Windows 10\n"
                .as_bytes()
                .iter()
                .copied()
                .chain(*b"PC-\xff;\n")
                .collect::<Vec<_>>()
                .as_slice()
        ),
        Refusal::Mixed
    );
    assert_eq!(refused(b"<REQUEST><a></REQUEST>"), Refusal::Xml(1));
    assert_eq!(refused(b"<article></article>"), Refusal::Unknown);
    assert_eq!(refused(b"{\"resourceType\": \"Patient\"}"), Refusal::Unknown);
    assert_eq!(refused(b"{\"deviceid\": "), Refusal::Json(1));
    assert_eq!(refused(b"\"sAMAccountName;x\na;1\n"), Refusal::Quote(1));
    assert_eq!(refused(b"a;b\n1;2\n"), Refusal::Columns);
    for refusal in [Refusal::Empty, Refusal::Columns, Refusal::Xml(3)] {
        assert!(refusal.french().ends_with('.') && !refusal.code().is_empty());
    }
}

#[test]
fn a_web_page_is_told_from_an_export_well_formed_or_not_and_in_every_encoding() {
    for page in [
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><p>Session expir&eacute;e<br></html>",
        "<!doctype HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">\n<html>",
        "\n<html><table><tr><td>Nom</td></tr></table></html>",
        "<?xml version=\"1.0\"?>\n<!-- saved from -->\n<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\"/>",
        "<HTML><BODY>é</BODY></HTML>",
        "<table border=1><tr><td>Nom</td></tr></table>",
    ] {
        let latin: Vec<u8> = page.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
        let wide: Vec<u8> = "\u{feff}".chars().chain(page.chars()).flat_map(|c| (c as u16).to_le_bytes()).collect();
        for bytes in [page.as_bytes(), &latin, &wide] {
            assert_eq!(refused(bytes), Refusal::WebPage, "{page}");
        }
    }
    assert!(Refusal::WebPage.french().contains("page web"));
    let many = "<??>".repeat(300_000);
    assert_eq!(refused(format!("{many}<REQUEST>").as_bytes()), Refusal::Xml(1));
}

/// An archive of empty parts, as far as its list tells.
fn archive(names: &[&str], comment: &str) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for name in names {
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        bytes.extend([b"PK\x03\x04".as_slice(), &[0; 22], &length, &[0; 2], name.as_bytes()].concat());
        list.extend([b"PK\x01\x02".as_slice(), &[0; 24], &length, &[2, 0], &[0; 14], name.as_bytes(), b"ex"].concat());
    }
    let at = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    bytes.extend(list);
    bytes.extend([b"PK\x05\x06".as_slice(), &[0; 12], &at, &[0; 2], comment.as_bytes()].concat());
    bytes
}

#[test]
fn a_document_of_an_office_program_is_told_from_an_archive() {
    for names in [["xl/workbook.xml", "[Content_Types].xml"], ["mimetype", "content.xml"]] {
        assert_eq!(refused(&archive(&names, "")), Refusal::Office);
        assert_eq!(refused(&archive(&names, "à garder")), Refusal::Office);
        let whole = archive(&names, "");
        for end in 4..whole.len() - 10 {
            assert_eq!(refused(&whole[..end]), Refusal::Compressed, "cut at {end}");
        }
    }
    // An archive of exports, one of which has the name of a document's part within it.
    assert_eq!(refused(&archive(&["parc.csv", "x/[Content_Types].xml"], "")), Refusal::Compressed);
    assert!(Refusal::Office.french().contains("format CSV"));
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
    assert_eq!(told(&format!("{head}\"a;\"A\";True\nb;B;True\n")), [(2, false), (3, true)], "it swallowed a separator");
    assert_eq!(told(&format!("{head}a;\"A\" B;True\n")), [(2, true)], "every field is there");
    assert_eq!(told(&format!("{head}a;\"A\" B\nb;B;True\n")), [(2, true), (3, true)], "an empty field is left out");
    assert_eq!(told(&format!("{head}\"a;\"A;\"B\"\nb;B;True\n")), [(2, false), (3, true)], "it holds a separator");
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
