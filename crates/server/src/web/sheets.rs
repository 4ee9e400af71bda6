//! Tables for spreadsheets: semicolons and a byte-order mark, as French spreadsheets open them, and never a formula.

use crate::headers;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// A table to be saved under a name.
pub(crate) fn csv(name: &str, head: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> Response {
    let mut text = format!("\u{feff}{}\r\n", head.join(";"));
    for row in rows {
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
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    let safe = if risky { format!("'{text}") } else { text.to_owned() };
    format!("\"{}\"", safe.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("-3"), "\"-3\"");
        assert_eq!(cell("-3+cmd"), "\"'-3+cmd\"");
        assert_eq!(cell("a \"b\";c"), "\"a \"\"b\"\";c\"");
    }
}
