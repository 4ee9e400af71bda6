//! Tables for spreadsheets: titles in French, semicolons and a byte-order mark, as French spreadsheets open them, and never a
//! formula. Every table of the pages is made here; other programs have JSON.

use crate::headers;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// A table to be saved under a name.
pub(crate) fn csv(name: &str, head: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> Response {
    let mut text = String::from("\u{feff}");
    for row in std::iter::once(head.to_vec()).chain(rows) {
        text.push_str(&row.iter().map(|cell| self::cell(cell)).collect::<Vec<_>>().join(";"));
        text.push_str("\r\n");
    }
    let headers = [
        (header::CONTENT_TYPE, headers::value("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, headers::value(&format!("attachment; filename=\"{name}\""))),
    ];
    (headers, text).into_response()
}

/// Quoted, and never a formula.
fn cell(text: &str) -> String {
    let risky = text.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !is_number(text);
    let safe = if risky { format!("'{text}") } else { text.to_owned() };
    format!("\"{}\"", safe.replace('"', "\"\""))
}

/// `-3`, `-2,5`: a number, and nothing else.
fn is_number(text: &str) -> bool {
    let figures = text.strip_prefix(['-', '+']).unwrap_or(text);
    figures.starts_with(|first: char| first.is_ascii_digit()) && figures.replacen(',', ".", 1).parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::{cell, csv};

    #[tokio::test]
    async fn a_table_is_as_french_spreadsheets_open_it() {
        let head = ["Nom ; prénom", "=Total"].map(str::to_owned);
        let answer = csv("essai.csv", &head, [vec!["É".to_owned(), "-2,5".to_owned()]]);
        assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
        assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"essai.csv\"");
        let body = axum::body::to_bytes(answer.into_body(), 1_000).await.unwrap();
        assert_eq!(body, "\u{feff}\"Nom ; prénom\";\"'=Total\"\r\n\"É\";\"-2,5\"\r\n".as_bytes());
    }

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("-3"), "\"-3\"");
        assert_eq!(cell("-2,5"), "\"-2,5\"");
        for risky in ["-3+cmd", "+1+1", "@SUM(A1)", "\t=1", "\r=1", " =1+1", "-inf", "-"] {
            assert_eq!(cell(risky), format!("\"'{risky}\""));
        }
        assert_eq!(cell("a \"b\";c"), "\"a \"\"b\"\";c\"");
    }
}
