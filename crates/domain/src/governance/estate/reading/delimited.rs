//! Tables as text: `;`, `,` or tab between fields, quoted where they must be, with a head that names the columns.

use super::{Reason, Refusal};

/// A table, its head apart.
#[derive(Debug)]
pub(super) struct Table {
    head: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A row and the line it begins on.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    fields: Vec<String>,
    /// It opens a quotation mark that is never closed.
    open: bool,
}

impl Row {
    fn is_blank(&self) -> bool {
        self.fields.iter().all(|field| field.trim().is_empty())
    }
}

impl Table {
    /// The column that has one of these names.
    pub(super) fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.head.iter().position(|head| head == name))
    }

    /// Whether there is one.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.column(names).is_some()
    }

    /// Whether the column of one name stands directly behind one of these.
    pub(super) fn stands_behind(&self, name: &str, names: &[&str]) -> bool {
        self.head
            .windows(2)
            .any(|pair| matches!(pair, [before, own] if own == name && names.contains(&before.as_str())))
    }

    /// What a row says in a column; none when it is empty.
    pub(super) fn field<'a>(&self, row: &'a Row, names: &[&str]) -> Option<&'a str> {
        let field = row.fields.get(self.column(names)?)?.trim();
        (!field.is_empty()).then_some(field)
    }

    /// A table out of records that name their fields themselves: each with the line where it begins.
    pub(super) fn of(records: Vec<(u64, Vec<(String, String)>)>) -> Self {
        let mut head: Vec<String> = Vec::new();
        let mut rows = Vec::with_capacity(records.len());
        for (line, record) in records {
            let mut fields = vec![String::new(); head.len()];
            for (name, value) in record {
                let name = plain(&name);
                let known = head.iter().position(|known| *known == name);
                let at = known.unwrap_or_else(|| {
                    head.push(name);
                    fields.push(String::new());
                    head.len() - 1
                });
                if let Some(field) = fields.get_mut(at).filter(|field| field.is_empty()) {
                    *field = value;
                }
            }
            rows.push(Row { line, fields, open: false });
        }
        // Records need not have all fields: none of them is short.
        let width = head.len();
        rows.iter_mut().for_each(|row| row.fields.resize(width.max(2), String::new()));
        Self { head, rows }
    }

    /// Why the row cannot be read: it opens what it never closes, or has not the fields of the head; empty ones at the end
    /// may be left out.
    pub(super) fn trouble(&self, row: &Row) -> Option<Reason> {
        if row.open {
            return Some(Reason::Quote);
        }
        (!self.is_whole(row)).then_some(Reason::Fields)
    }

    fn is_whole(&self, row: &Row) -> bool {
        let beyond = row.fields.get(self.head.len()..).unwrap_or_default();
        beyond.iter().all(|field| field.trim().is_empty()) && (row.fields.len() > 1 || self.head.len() == 1)
    }
}

/// The name of a column without accents, case, spaces and signs.
fn plain(name: &str) -> String {
    let letter = |c: char| match c {
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'à' | 'â' => 'a',
        'î' | 'ï' => 'i',
        'ô' => 'o',
        'ù' | 'û' => 'u',
        'ç' => 'c',
        c => c,
    };
    name.to_lowercase().chars().map(letter).filter(char::is_ascii_alphanumeric).collect()
}

/// Rows before the head that a spreadsheet may have: a title, a date.
const TITLES: usize = 10;

/// Reads a table. A first line that only says the separator, or the type PowerShell had, is passed over, and titles before
/// a head that is `known`.
pub(super) fn read(text: &str, known: impl Fn(&Table) -> bool) -> Result<Table, Refusal> {
    let mut table = whole(text)?;
    let mut titles = 0;
    while !known(&table) {
        if titles == TITLES || table.rows.is_empty() {
            return Err(Refusal::Columns);
        }
        titles += 1;
        table.head = table.rows.remove(0).fields.iter().map(|name| plain(name)).collect();
    }
    Ok(table)
}

fn whole(text: &str) -> Result<Table, Refusal> {
    let separator = separator(text);
    let mut rows = split(text, separator)?.into_iter().filter(|row| !row.is_blank());
    let mut head = rows.next().ok_or(Refusal::Empty)?;
    while head.fields.first().is_some_and(|first| is_preamble(first)) {
        head = rows.next().ok_or(Refusal::Empty)?;
    }
    Ok(Table { head: head.fields.iter().map(|name| plain(name)).collect(), rows: rows.collect() })
}

/// Only the separator, or the type PowerShell had.
fn is_preamble(field: &str) -> bool {
    let field = field.trim().to_lowercase();
    field.starts_with("#type") || field.starts_with("sep=")
}

/// What most often stands between the names of the columns.
fn separator(text: &str) -> char {
    let passed = |line: &&str| !line.trim().is_empty() && !is_preamble(line);
    let signs = |line: &str, sign: char| {
        let mut quoted = false;
        let outside = |c: &char| {
            quoted ^= *c == '"';
            !quoted && *c == sign
        };
        line.chars().filter(outside).count()
    };
    // A title has none: the first line with the most that any of the first ones has.
    let first: Vec<&str> = text.lines().filter(passed).take(TITLES + 1).collect();
    let most = |line: &&&str| [';', ',', '\t', '|'].into_iter().map(|sign| signs(line, sign)).max().unwrap_or_default();
    let titled = first.first().is_some_and(|line| most(&line) == 0);
    let head = if titled { first.iter().rev().max_by_key(most) } else { first.first() }.copied().unwrap_or_default();
    let count = |sign: char| signs(head, sign);
    [';', ',', '\t', '|'].into_iter().rev().max_by_key(|sign| count(*sign)).unwrap_or(',')
}

/// Lines and letters that one quoted field may have: beyond, its quotation mark is one that was never closed.
const LONGEST: (u64, usize) = (500, 32 << 10);

/// A row, or a line that opens a quotation mark and never closes it.
enum Taken<'t> {
    Row { fields: Vec<String>, after: &'t str, lines: u64, loose: bool },
    Open,
}

/// Rows. A quotation mark that nothing closes, or that swallows the fields or the rows after it, spoils its own line only.
fn split(text: &str, separator: char) -> Result<Vec<Row>, Refusal> {
    let (mut rows, mut rest, mut line) = (Vec::<Row>::new(), text, 1_u64);
    let mut width = None;
    while !rest.is_empty() {
        let fields = match take(rest, separator) {
            Taken::Row { fields, after, lines, loose } => {
                // On one line a loose mark may be meant, and empty fields at the end be left out; beside a missing field it has
                // swallowed a separator where it holds one, or where a mark is wanting.
                let short = width.is_some_and(|width| fields.len() != width);
                let beyond = width.is_some_and(|width| fields.len() > width);
                let odd = || rest.get(..rest.len() - after.len()).is_some_and(|row| row.matches('"').count() % 2 == 1);
                let wanting = || beyond || odd() || fields.iter().any(|field| field.contains(separator));
                let swallowed = if lines > 1 { loose || short } else { loose && short && wanting() };
                (!swallowed).then_some((fields, after, lines, false))
            }
            Taken::Open => None,
        };
        let (fields, after, passed, open) = match fields {
            Some(whole) => whole,
            None if width.is_none() => return Err(Refusal::Quote(line)),
            None => {
                let (one, after) = rest.split_once('\n').unwrap_or((rest, ""));
                (vec![one.trim_end().to_owned()], after, 1, true)
            }
        };
        let typed = fields.len() == 1 || fields.first().is_some_and(|first| is_preamble(first));
        if width.is_none() && !typed {
            width = Some(fields.len());
        }
        rows.push(Row { line, fields, open });
        if rows.len() > super::MOST {
            return Err(Refusal::TooMany);
        }
        (rest, line) = (after, line + passed);
    }
    Ok(rows)
}

/// The first row of a text: its fields, what follows it, and how many lines it has.
fn take(text: &str, separator: char) -> Taken<'_> {
    let (mut fields, mut field) = (Vec::new(), String::new());
    // Loose: letters stand behind a mark that closes, so that another one was meant.
    let (mut lines, mut opened, mut loose) = (0_u64, None, false);
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        match (letter, opened) {
            ('"', Some(_)) if next == Some('"') => {
                letters.next();
                field.push('"');
            }
            ('"', Some(_)) => {
                opened = None;
                loose |= next.is_some_and(|next| next != separator && !next.is_whitespace());
            }
            (letter, Some((since, from))) => {
                lines += u64::from(letter == '\n');
                if lines - since > LONGEST.0 || at - from > LONGEST.1 {
                    return Taken::Open;
                }
                field.push(letter);
            }
            ('"', None) if field.trim().is_empty() => {
                field.clear();
                opened = Some((lines, at));
            }
            ('\r', None) if next == Some('\n') => {}
            ('\n' | '\r', None) => {
                fields.push(field);
                let after = text.get(at + 1..).unwrap_or_default();
                return Taken::Row { fields, after, lines: lines + 1, loose };
            }
            (letter, None) if letter == separator => fields.push(std::mem::take(&mut field)),
            (letter, None) => field.push(letter),
        }
    }
    if opened.is_some() {
        return Taken::Open;
    }
    fields.push(field);
    Taken::Row { fields, after: "", lines: lines + 1, loose }
}
