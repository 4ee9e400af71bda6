//! XML as a tree, within bounds: no document type of its own, no entity but the five, no endless depth.

use super::Refusal;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Elements within elements.
const DEEPEST: usize = 64;
/// Elements of one file.
const MOST: usize = 2_000_000;

/// An element.
#[derive(Debug, Clone, Default)]
pub(super) struct Element {
    pub(super) name: String,
    /// The line it begins on.
    pub(super) line: u64,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    pub(super) text: String,
}

impl Element {
    /// An attribute that is not empty.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Children of this name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name.eq_ignore_ascii_case(name))
    }

    /// The first child of this name.
    pub(super) fn child<'a>(&'a self, name: &'a str) -> Option<&'a Self> {
        self.all(name).next()
    }
}

/// Counts lines as the reader goes.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn at(&mut self, position: u64) -> u64 {
        let to = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.as_bytes().get(self.at..to).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = to.max(self.at);
        self.line
    }
}

/// Reads the only root.
pub(super) fn read(text: &str) -> Result<Element, Refusal> {
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut open: Vec<Element> = Vec::new();
    let (mut root, mut count) = (None, 0);
    loop {
        let before = reader.buffer_position();
        let event = reader.read_event();
        let line = lines.at(before);
        match event.map_err(|_| Refusal::Xml(line))? {
            Event::Start(start) => {
                if open.len() >= DEEPEST {
                    return Err(Refusal::TooDeep);
                }
                count += 1;
                open.push(element(&start, line)?);
            }
            Event::Empty(start) => {
                count += 1;
                close(&mut open, &mut root, element(&start, line)?, line)?;
            }
            Event::End(_) => {
                let ended = open.pop().ok_or(Refusal::Xml(line))?;
                close(&mut open, &mut root, ended, line)?;
            }
            Event::Text(text) => add(&mut open, &text.xml10_content(), line)?,
            Event::CData(text) => add(&mut open, &text.xml10_content(), line)?,
            Event::GeneralRef(entity) => {
                let known = match entity.resolve_char_ref() {
                    Ok(Some(letter)) => letter.to_string(),
                    Ok(None) => {
                        resolve_xml_entity(&entity.xml10_content()).map(str::to_owned).ok_or(Refusal::Entity(line))?
                    }
                    Err(_) => return Err(Refusal::Entity(line)),
                };
                add(&mut open, &known, line)?;
            }
            Event::DocType(kind) => harmless(&kind.into_inner())?,
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
        }
        if count > MOST {
            return Err(Refusal::TooMany);
        }
    }
    if !open.is_empty() {
        return Err(Refusal::Xml(lines.line));
    }
    root.ok_or(Refusal::Empty)
}

/// A bare name, as nmap writes it, declares nothing and fetches nothing.
fn harmless(kind: &str) -> Result<(), Refusal> {
    let name = kind.trim();
    let bare = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'));
    if bare { Ok(()) } else { Err(Refusal::DocumentType) }
}

fn element(start: &BytesStart<'_>, line: u64) -> Result<Element, Refusal> {
    let name = start.name().into_inner().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| Refusal::Xml(line))?;
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|_| Refusal::Entity(line))?;
        attributes.push((attribute.key.into_inner().to_owned(), value.into_owned()));
    }
    Ok(Element { name, line, attributes, ..Element::default() })
}

fn add(open: &mut [Element], text: &str, line: u64) -> Result<(), Refusal> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(Refusal::Xml(line)),
    }
    Ok(())
}

fn close(open: &mut [Element], root: &mut Option<Element>, ended: Element, line: u64) -> Result<(), Refusal> {
    match open.last_mut() {
        Some(parent) => parent.children.push(ended),
        None if root.is_none() => *root = Some(ended),
        None => return Err(Refusal::Xml(line)),
    }
    Ok(())
}
