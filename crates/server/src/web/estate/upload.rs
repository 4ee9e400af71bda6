//! Files that a form sends (`multipart/form-data`, RFC 7578), within bounds.

use crate::headers;
use crate::incoming;
use crate::state::Server;
use crate::trouble::Trouble;
use crate::web::fields::{foreign, same_origin};
use app::assets::File;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use domain::governance::estate::LARGEST;

/// All files of one form, and what stands around them.
const MOST: usize = LARGEST + (1 << 20);
/// Parts of one form.
const PARTS: usize = 200;

/// What a form with files holds.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    fields: Vec<(String, String)>,
    /// The files, in order; a field left empty is none.
    pub(crate) files: Vec<File>,
}

impl Upload {
    /// A field's value; empty when it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value.as_str())
    }
}

impl FromRequest<Server> for Upload {
    type Rejection = Trouble;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Trouble> {
        let (parts, body) = request.into_parts();
        if !same_origin(&parts.headers, &server.config().base) {
            return Err(foreign());
        }
        let said = headers::text(&parts.headers, header::CONTENT_TYPE).unwrap_or_default();
        let boundary = boundary(&said).ok_or_else(unexpected)?;
        let bytes = incoming::read(&parts.headers, body, MOST).await.map_err(|trouble| match trouble.status {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(),
            _ => trouble,
        })?;
        read(&bytes, &boundary).ok_or_else(unexpected)
    }
}

fn unexpected() -> Trouble {
    let (fr, en) = ("Un formulaire avec des fichiers était attendu.", "A form with files was expected.");
    Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", fr, en)
}

fn too_large() -> Trouble {
    let fr = "Ces fichiers dépassent 64\u{a0}Mo ensemble\u{a0}: envoyez-les en plusieurs fois.";
    Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, "too-long", fr, "These files are larger than 64 MB together.")
}

fn boundary(said: &str) -> Option<String> {
    let (kind, rest) = said.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(rest, "boundary")?;
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

/// A parameter of a header, quoted or not.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim_matches([';', ' ', '\t']);
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(';').unwrap_or((after, "")),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.trim().to_owned());
        }
        rest = left;
    }
}

fn read(bytes: &[u8], boundary: &str) -> Option<Upload> {
    let mark = format!("--{boundary}").into_bytes();
    let mut rest = after(bytes, &mark)?;
    let next = [b"\r\n".as_slice(), &mark].concat();
    let mut upload = Upload::default();
    for _ in 0..PARTS {
        if rest.starts_with(b"--") {
            return Some(upload);
        }
        let part = rest.strip_prefix(b"\r\n")?;
        let at = find(part, &next)?;
        let (content, left) = part.split_at_checked(at)?;
        add(&mut upload, content)?;
        rest = left.get(next.len()..)?;
    }
    None
}

fn add(upload: &mut Upload, part: &[u8]) -> Option<()> {
    let at = find(part, b"\r\n\r\n")?;
    let (head, content) = part.split_at_checked(at)?;
    let content = content.get(4..)?;
    let head = String::from_utf8_lossy(head);
    let said = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then(|| value.to_owned())
    })?;
    let (_, parameters) = said.split_once(';')?;
    let name = parameter(parameters, "name")?;
    match parameter(parameters, "filename") {
        Some(file) if !file.is_empty() => upload.files.push(File::new(file, content.to_vec())),
        Some(_) => {}
        None => upload.fields.push((name, String::from_utf8_lossy(content).into_owned())),
    }
    Some(())
}

fn after<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    bytes.get(find(bytes, mark)? + mark.len()..)
}

/// Where these bytes begin. Their first byte is rare in what is searched, or the search is short.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, end) = (*wanted.first()?, bytes.len().checked_sub(wanted.len())?);
    let mut at = 0;
    while at <= end {
        at += bytes.get(at..=end)?.iter().position(|byte| *byte == first)?;
        if bytes.get(at..at + wanted.len())? == wanted {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(text: &str) -> Option<Upload> {
        read(text.replace('\n', "\r\n").as_bytes(), "xx")
    }

    #[test]
    fn reads_fields_and_files() {
        let form = "--xx\nContent-Disposition: form-data; name=\"csrf\"\n\njeton\n--xx\n\
            Content-Disposition: form-data; name=\"f\"; filename=\"a; b.csv\"\nContent-Type: text/csv\n\nun\n--x\n\ndeux\n--xx\n\
            Content-Disposition: form-data; name=\"f\"; filename=\"\"\n\n\n--xx--\n";
        let upload = upload(form).unwrap();
        assert_eq!(upload.text("csrf"), "jeton");
        assert_eq!(upload.files.len(), 1);
        assert_eq!(
            (upload.files[0].name.as_str(), upload.files[0].bytes.as_slice()),
            ("a; b.csv", b"un\r\n--x\r\n\r\ndeux".as_slice())
        );
    }

    #[test]
    fn what_is_cut_off_is_nothing() {
        for text in ["", "--xx", "--xx\nContent-Disposition: form-data; name=\"a\"\n\nun", "--xx\n\n--xx--", "--yy--"] {
            assert!(upload(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_boundary_is_told_in_the_header() {
        assert_eq!(boundary("multipart/form-data; boundary=\"a b\"").as_deref(), Some("a b"));
        assert_eq!(boundary("multipart/form-data; charset=utf-8; boundary=ab").as_deref(), Some("ab"));
        for bad in ["text/plain; boundary=a", "multipart/form-data", "multipart/form-data; boundary="] {
            assert_eq!(boundary(bad), None);
        }
    }
}
