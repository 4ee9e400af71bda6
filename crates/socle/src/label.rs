//! `socle label`: levels and reasons of texts and codes, without any data folder.

use crate::args::LabelArgs;
use crate::failure::{Failure, Result, USAGE};
use crate::screen;
use confidentiality::labeler::{Context, Labeler};
use confidentiality::{Label, Level, PlaceProfile, Reason};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, IsTerminal as _, Write};

/// One line of the input.
#[derive(Deserialize)]
struct Line {
    /// A word, or a number: given back as it came.
    id: Value,
    kind: Kind,
    #[serde(default)]
    system: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    place_profile: Option<String>,
    #[serde(default)]
    author_function: Option<String>,
    #[serde(default)]
    document_kind: Option<String>,
    #[serde(default)]
    sender_category: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Coded,
    Text,
}

/// Labels a file, or explains one sentence.
pub(crate) fn run(args: &LabelArgs) -> Result<u8> {
    let labeler = labeler()?;
    if let Some(text) = &args.text {
        let label = labeler.label_text(text, &Context::default());
        if args.json {
            screen::print(&document(&label).to_string());
        } else {
            screen::print(&explained(text, &label, std::io::stdout().is_terminal()));
        }
        return Ok(0);
    }
    let Some(path) = &args.input else { return Err(Failure::new(USAGE, "Donnez --input FICHIER ou --text TEXTE.")) };
    let input: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(path).map_err(|error| Failure::file(path, &error))?))
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut exit = 0;
    for (index, line) in input.split(b'\n').enumerate() {
        let line = line.map_err(|error| Failure::file(path, &error))?;
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let mut answer = answer(&labeler, line);
        if answer.get("error").is_some() {
            exit = 1;
            if let Some(answer) = answer.as_object_mut() {
                answer.insert("line".to_owned(), json!(index + 1));
            }
        }
        if let Err(error) = writeln!(out, "{answer}") {
            screen::lose(error);
            return Ok(exit);
        }
    }
    if let Err(error) = out.flush() {
        screen::lose(error);
    }
    Ok(exit)
}

/// The shipped rules; the build has checked them.
pub(crate) fn labeler() -> Result<Labeler> {
    Labeler::shipped().map_err(|error| Failure::new(USAGE, format!("Les règles livrées sont abîmées : {error}.")))
}

/// What is said of one line; an unreadable one is answered in its place.
fn answer(labeler: &Labeler, line: &[u8]) -> Value {
    let read = serde_json::from_slice::<Value>(line);
    let line: Line = match read.as_ref().map_err(wrong_json).and_then(line_of) {
        Ok(line) => line,
        Err(why) => {
            let id = read.ok().and_then(|value| value.get("id").cloned());
            let mut answer = json!({ "error": format!("ligne illisible : {why}") });
            if let (Some(id), Some(object)) = (id, answer.as_object_mut()) {
                object.insert("id".to_owned(), id);
            }
            return answer;
        }
    };
    let context = Context {
        place_profile: line.place_profile.as_deref().map(profile),
        author_function: line.author_function,
        document_kind: line.document_kind,
        sender_categories: line.sender_category.into_iter().collect(),
        received: Vec::new(),
    };
    let label = match (line.kind, line.code, line.text) {
        (Kind::Coded, Some(code), text) => {
            labeler.label_code(line.system.as_deref().unwrap_or_default(), &code, text.as_deref(), &context)
        }
        // Only what the code means: read as of an unknown nomenclature.
        (Kind::Coded, None, Some(text)) => labeler.label_code("", "", Some(&text), &context),
        (Kind::Coded, None, None) => return json!({ "id": line.id, "error": "une ligne codée a un « code »" }),
        (Kind::Text, _, Some(text)) => labeler.label_text(&text, &context),
        (Kind::Text, _, None) => return json!({ "id": line.id, "error": "une ligne de texte a un « text »" }),
    };
    let mut answer = json!({ "id": line.id });
    if let (Some(answer), Value::Object(label)) = (answer.as_object_mut(), document(&label)) {
        answer.extend(label);
    }
    answer
}

fn wrong_json(error: &serde_json::Error) -> String {
    format!("JSON incorrect, colonne {}", error.column())
}

/// One line, or in French why it is none.
fn line_of(value: &Value) -> std::result::Result<Line, String> {
    let object = value.as_object().ok_or("ce n'est pas un objet JSON")?;
    if let Some(missing) = ["id", "kind"].iter().find(|name| !object.contains_key(**name)) {
        return Err(format!("« {missing} » manque"));
    }
    if !matches!(object.get("kind").and_then(Value::as_str), Some("coded" | "text")) {
        return Err("« kind » est « coded » ou « text »".to_owned());
    }
    let texts = ["system", "code", "text", "place_profile", "author_function", "document_kind", "sender_category"];
    let is_text = |value: &Value| value.is_string() || value.is_null();
    if let Some(wrong) = texts.iter().find(|name| object.get(**name).is_some_and(|value| !is_text(value))) {
        return Err(format!("« {wrong} » est un texte"));
    }
    serde_json::from_value(value.clone()).map_err(|_| "un champ n'a pas la forme attendue".to_owned())
}

fn profile(word: &str) -> PlaceProfile {
    let word = word.to_lowercase();
    PlaceProfile::ALL.into_iter().find(|profile| profile.code() == word).unwrap_or_default()
}

fn document(label: &Label) -> Value {
    let categories: Vec<_> = label.categories.iter().map(|category| category.code()).collect();
    let reason = |reason: &Reason| {
        let mut one = json!({ "rule": reason.rule, "rules_version": reason.rules_version, "text": reason.text });
        if let Some(object) = one.as_object_mut() {
            object.extend(reason.span.map(|span| ("span".to_owned(), json!(span))));
            object.extend(reason.path.as_ref().map(|path| ("path".to_owned(), json!(path))));
        }
        one
    };
    let reasons: Vec<_> = label.reasons.iter().map(reason).collect();
    json!({ "level": label.level.code(), "categories": categories, "reasons": reasons })
}

/// The colour of a level on a terminal, as on screens: grey, blue, orange, violet.
fn colour(level: Level) -> &'static str {
    match level {
        Level::Open | Level::Daily => "90",
        Level::Standard => "34",
        Level::Sensitive => "33",
        Level::VerySensitive => "35",
    }
}

/// One sentence, its level, and each reason with the words it rests on.
fn explained(text: &str, label: &Label, coloured: bool) -> String {
    let paint = |code: &str, words: &str| {
        if coloured { format!("\u{1b}[{code}m{words}\u{1b}[0m") } else { words.to_owned() }
    };
    let level = colour(label.level);
    let mut out = paint(&format!("1;{level}"), &format!("{} ({})", label.level.french(), label.level.code()));
    for category in label.categories.iter() {
        out.push_str(&match (category.french(), category.code()) {
            (french, code) if french.to_uppercase() == code => format!(" · {french}"),
            (french, code) => format!(" · {french} ({code})"),
        });
    }
    out.push_str("\n\n  ");
    let mut spans: Vec<_> = label.reasons.iter().filter_map(|reason| reason.span).collect();
    spans.sort_unstable();
    let mut at = 0;
    for [start, end] in spans {
        if let (Some(before), Some(words)) = (text.get(at..start), text.get(start..end)) {
            out.push_str(&before.replace('\n', "\n  "));
            out.push_str(&if coloured { paint(&format!("1;4;{level}"), words) } else { format!("[{words}]") });
            at = end;
        }
    }
    out.push_str(&text.get(at..).unwrap_or_default().replace('\n', "\n  "));
    out.push('\n');
    for reason in &label.reasons {
        let words = reason.span.and_then(|[start, end]| text.get(start..end));
        let words = words.map(|words| format!("« {words} » : ")).unwrap_or_default();
        let rule = paint("90", &format!("({}, règles {})", reason.rule, reason.rules_version));
        out.push_str(&format!("\n  • {words}{} {rule}", reason.text));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_answered_in_its_place() {
        let labeler = labeler().unwrap();
        let of = |line: &str| answer(&labeler, line.as_bytes());
        assert_eq!(of(r#"{"id":"a","kind":"text"}"#)["id"], "a");
        assert!(of(r#"{"id":"a","kind":"coded"}"#)["error"].is_string());
        assert_eq!(of(r#"{"id":"b","kind":"song","text":"la"}"#)["id"], "b");
        assert!(of("{").get("id").is_none());
        let good = of(r#"{"id":"c","kind":"coded","system":"urn:unknown","code":"X1","text":"?"}"#);
        assert_eq!((good["level"].as_i64(), good["reasons"][0]["rule"].as_str()), (Some(2), Some("defaut")));
    }

    #[test]
    fn a_sentence_is_explained_with_its_words() {
        let text = "Prend sa trithérapie à l’heure.";
        let label = labeler().unwrap().label_text(text, &Context::default());
        let plain = explained(text, &label, false);
        assert!(plain.starts_with("Très sensible (4) · VIH"), "{plain}");
        assert!(plain.contains("[trithérapie]") && plain.contains("« trithérapie » :"), "{plain}");
        assert!(explained(text, &label, true).contains("\u{1b}["));
    }
}
