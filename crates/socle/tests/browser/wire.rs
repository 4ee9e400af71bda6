//! WebDriver as it travels: one JSON request, one JSON answer, over HTTP on this machine.
//!
//! Written here because it is so little: no client library, nothing to await, and the commands that only `chromedriver`
//! has are commands like the others.

use serde_json::{Value, json};
use std::fmt;
use std::io::{self, BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than anything a page may take.
const SILENCE: Duration = Duration::from_secs(60);

/// An answer that says no.
#[derive(Debug)]
pub(crate) struct Refused {
    /// `no such element`, `stale element reference`…
    pub(crate) error: String,
    pub(crate) message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.message.lines().next().unwrap_or_default();
        write!(f, "{}: {first}", self.error)
    }
}

/// Sends a command; what is under `value` in its answer.
pub(crate) fn send(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Refused> {
    let answer = exchange(port, method, path, body).map_err(|error| lost(&error))?;
    let mut answer: Value = serde_json::from_str(&answer).map_err(|error| lost(&error))?;
    let value = answer.get_mut("value").map_or(Value::Null, Value::take);
    match value.get("error").and_then(Value::as_str) {
        Some(error) if value.get("message").is_some() => {
            let message = value.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
            Err(Refused { error: error.to_owned(), message })
        }
        _ => Ok(value),
    }
}

fn lost(error: &dyn fmt::Display) -> Refused {
    Refused { error: "the driver does not answer".to_owned(), message: error.to_string() }
}

fn exchange(port: u16, method: &str, path: &str, body: Option<&Value>) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(SILENCE))?;
    let none = json!({});
    let body = match (body, method) {
        (Some(body), _) => body.to_string(),
        (None, "POST") => none.to_string(),
        (None, _) => String::new(),
    };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Content-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes())?;
    read(&mut BufReader::new(stream))
}

/// The body, as long as the head says: the driver does not close, whatever it is asked.
fn read(answer: &mut impl BufRead) -> io::Result<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        answer.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    answer.read_exact(&mut body)?;
    String::from_utf8(body).map_err(io::Error::other)
}
