//! Tables as text: `;`, `,` or tab between fields, quoted where they must be, with a head that names the columns.

use super::Refusal;

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
            rows.push(Row { line, fields });
        }
        // Records need not have all fields: none of them is short.
        let width = head.len();
        rows.iter_mut().for_each(|row| row.fields.resize(width.max(2), String::new()));
        Self { head, rows }
    }

    /// Whether the row has the fields of the head; empty ones at the end may be left out.
    pub(super) fn is_whole(&self, row: &Row) -> bool {
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

/// Reads a table. A first line that only says the separator, or the type PowerShell had, is passed over.
pub(super) fn read(text: &str) -> Result<Table, Refusal> {
    let separator = separator(text);
    let mut rows = split(text, separator)?.into_iter().filter(|row| !row.is_blank());
    let mut head = rows.next().ok_or(Refusal::Empty)?;
    while head.fields.first().is_some_and(|first| {
        let first = first.trim().to_lowercase();
        first.starts_with("#type") || first.starts_with("sep=")
    }) {
        head = rows.next().ok_or(Refusal::Empty)?;
    }
    Ok(Table { head: head.fields.iter().map(|name| plain(name)).collect(), rows: rows.collect() })
}

/// What most often stands between the names of the columns.
fn separator(text: &str) -> char {
    let passed = |line: &&str| {
        let line = line.trim().to_lowercase();
        !line.is_empty() && !line.starts_with("#type") && !line.starts_with("sep=")
    };
    let head = text.lines().find(passed).unwrap_or_default();
    let count = |sign: char| {
        let mut quoted = false;
        let outside = |c: &char| {
            quoted ^= *c == '"';
            !quoted && *c == sign
        };
        head.chars().filter(outside).count()
    };
    [';', ',', '\t', '|'].into_iter().rev().max_by_key(|sign| count(*sign)).unwrap_or(',')
}

fn split(text: &str, separator: char) -> Result<Vec<Row>, Refusal> {
    let mut rows = Vec::new();
    let (mut fields, mut field) = (Vec::new(), String::new());
    let (mut line, mut begun, mut quoted) = (1_u64, 1_u64, None);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        line += u64::from(letter == '\n');
        match (letter, quoted) {
            ('"', Some(_)) if letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            ('"', Some(_)) => quoted = None,
            (letter, Some(_)) => field.push(letter),
            ('"', None) if field.trim().is_empty() => {
                field.clear();
                quoted = Some(line);
            }
            ('\r', None) if letters.peek() == Some(&'\n') => {}
            ('\n' | '\r', None) => {
                fields.push(std::mem::take(&mut field));
                rows.push(Row { line: begun, fields: std::mem::take(&mut fields) });
                begun = line;
            }
            (letter, None) if letter == separator => fields.push(std::mem::take(&mut field)),
            (letter, None) => field.push(letter),
        }
    }
    if let Some(line) = quoted {
        return Err(Refusal::Quote(line));
    }
    fields.push(field);
    rows.push(Row { line: begun, fields });
    Ok(rows)
}
