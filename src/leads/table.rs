//! A file of rows: its encoding, what separates its fields, and its records with their lines. A
//! quote that never ends costs the line in which it begins, and no other.

/// In what a file was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
    /// What spreadsheets of Windows write where they are not asked for another.
    Windows1252,
}

impl Encoding {
    /// As people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16 => "UTF-16",
            Encoding::Windows1252 => "Windows-1252",
        }
    }
}

/// What 0x80 to 0x9f are in Windows-1252; unassigned ones are left as they are.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// A file's text, by its byte order mark, else UTF-8 where it is that, else Windows-1252.
#[must_use]
pub fn text(bytes: Vec<u8>) -> (String, Encoding) {
    let wide = |pair: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..]
            .chunks_exact(2)
            .map(|p| pair([p[0], p[1]]))
            .collect();
        (String::from_utf16_lossy(&units), Encoding::Utf16)
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => match String::from_utf8(bytes) {
            Ok(text) => {
                let bare = text.strip_prefix('\u{feff}').map(str::to_owned);
                (bare.unwrap_or(text), Encoding::Utf8)
            }
            Err(error) => {
                let letters = error.into_bytes().into_iter().map(|b| match b {
                    0x80..=0x9f => WINDOWS[usize::from(b - 0x80)],
                    _ => char::from(b),
                });
                (letters.collect(), Encoding::Windows1252)
            }
        },
    }
}

/// What separates the fields, by which stands most often in the first line.
#[must_use]
pub fn separator(text: &str) -> char {
    let first = text.lines().next().unwrap_or_default();
    let count = |c: char| first.matches(c).count();
    [',', ';', '\t', '|']
        .into_iter()
        .max_by_key(|c| (count(*c), *c == ','))
        .unwrap_or(',')
}

/// A quoted field goes over no more lines.
const MOST_LINES: usize = 50;

/// One row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// The line in which it begins, as an editor counts them.
    pub line: u64,
    /// As it stands in the file.
    pub raw: &'a str,
    /// Without quotes and the blanks around them, or why it cannot be read.
    pub fields: Result<Vec<String>, String>,
}

/// The rows of a text, empty lines left out.
pub struct Records<'a> {
    rest: &'a str,
    line: u64,
    separator: char,
}

impl<'a> Records<'a> {
    /// Of a file's text; its first line is a record like any other.
    #[must_use]
    pub fn of(text: &'a str, separator: char) -> Records<'a> {
        Records {
            rest: text,
            line: 1,
            separator,
        }
    }

    /// Takes so many bytes; gives them without the line's end.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        self.line += taken.matches('\n').count() as u64;
        taken.trim_end_matches(['\n', '\r'])
    }
}

/// Where the first line ends.
fn line_end(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |at| at + 1)
}

/// Reads one record: its length in bytes and its fields; `None` where a quote does not end.
fn record(text: &str, separator: char) -> Option<(usize, Vec<String>)> {
    let (mut fields, mut field, mut lines) = (Vec::new(), String::new(), 0);
    let (mut quoted, mut was_quoted) = (false, false);
    let mut letters = text.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        match c {
            '"' if quoted && letters.peek().is_some_and(|(_, next)| *next == '"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.trim().is_empty() && !was_quoted => {
                field.clear();
                (quoted, was_quoted) = (true, true);
            }
            '\n' if quoted => {
                lines += 1;
                if lines > MOST_LINES {
                    return None;
                }
                field.push(c);
            }
            '\n' => {
                fields.push(field.trim().to_owned());
                return Some((at + 1, fields));
            }
            _ if c == separator && !quoted => {
                fields.push(std::mem::take(&mut field).trim().to_owned());
                was_quoted = false;
            }
            _ => field.push(c),
        }
    }
    fields.push(field.trim().to_owned());
    (!quoted).then_some((text.len(), fields))
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let end = line_end(self.rest);
            if self.rest[..end].trim().is_empty() {
                self.take(end);
                continue;
            }
            let line = self.line;
            let read = record(self.rest, self.separator);
            let (length, fields) = read.map_or_else(
                || (end, Err("a quote begins here and never ends".to_owned())),
                |(length, fields)| (length, Ok(fields)),
            );
            let raw = self.take(length);
            return Some(Record { line, raw, fields });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(u64, Result<Vec<String>, String>)> {
        let all = Records::of(text, separator(text));
        all.map(|r| (r.line, r.fields)).collect()
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Result<Vec<String>, String>) {
        (line, Ok(fields.iter().map(|f| (*f).to_owned()).collect()))
    }

    #[test]
    fn rows_keep_their_lines_whatever_is_quoted() {
        let text = "a;b\r\n\"x; \"\"y\"\"\";2\n\n\"over\ntwo\";3\n5\" pipe; \"q\" \n";
        assert_eq!(
            fields(text),
            [
                row(1, &["a", "b"]),
                row(2, &["x; \"y\"", "2"]),
                row(4, &["over\ntwo", "3"]),
                row(6, &["5\" pipe", "q"]),
            ]
        );
    }

    #[test]
    fn a_quote_that_never_ends_costs_its_own_line() {
        let mut text = "a,b\n\"x,1\ny,2\n".to_owned();
        for n in 0..100 {
            text.push_str(&format!("z{n},3\n"));
        }
        let all = fields(&text);
        assert_eq!(all.len(), 103);
        assert!(all[1].1.is_err() && all[1].0 == 2);
        assert_eq!(all[2], row(3, &["y", "2"]));
    }

    #[test]
    fn encodings_are_told_apart() {
        assert_eq!(
            text(b"M\xf6bel \x80".to_vec()),
            ("Möbel €".to_owned(), Encoding::Windows1252)
        );
        let wide: Vec<u8> = "\u{feff}Möbel"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(text(wide), ("Möbel".to_owned(), Encoding::Utf16));
        assert_eq!(
            text("\u{feff}Möbel".into()),
            ("Möbel".to_owned(), Encoding::Utf8)
        );
    }
}
