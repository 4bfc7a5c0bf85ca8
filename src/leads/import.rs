//! Leads from CSV (PRODUCT L1): each row is read on its own, so that a bad one costs only itself.

use super::Numbers;
use super::finding::folded;
use super::table::{self, Records, separator};
use crate::pii::Pii;
use crate::units::WallTime;
use crate::words;
use serde::Deserialize;
use std::collections::HashMap;

/// One lead as a row gives it. Columns are found by their header; unknown ones are told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
pub struct LeadRow {
    pub id: String,
    pub company: String,
    #[serde(default)]
    pub contact: Pii<String>,
    #[serde(default)]
    pub role: String,
    /// Several are separated by semicolons.
    #[serde(default)]
    pub phone: Pii<String>,
    #[serde(default)]
    pub source: String,
    #[serde(default)]
    pub source_event: String,
    #[serde(default)]
    pub theme: String,
    #[serde(default)]
    pub segment: String,
    #[serde(default)]
    pub owner: String,
    #[serde(default)]
    pub product: String,
    /// What the contact read or attended, and when.
    #[serde(default)]
    pub interactions: String,
    #[serde(default)]
    pub email: Pii<String>,
    /// When the contact asked, as `2026-11-20` or RFC 3339; empty: when it is imported.
    #[serde(default)]
    pub received: String,
}

impl LeadRow {
    /// When it came in, where the list says so.
    pub fn received_at(&self) -> Option<WallTime> {
        self.received.parse().ok()
    }
}

/// A lead ready to store: its numbers as (E.164, as given).
pub type NewLead = (LeadRow, Vec<(String, String)>);

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// As an editor counts them, the header being line 1.
    pub line: u64,
    pub reason: String,
}

words! {
    /// Why a row is a duplicate, the surest first.
    pub enum DuplicateBy: "what a duplicate shares" {
        Number = "number",
        Mail = "mail",
        Company = "company",
    }
}

/// What the columns of a list are called here.
pub const COLUMNS: [&str; 14] = [
    "id",
    "company",
    "contact",
    "role",
    "phone",
    "source",
    "source_event",
    "theme",
    "segment",
    "owner",
    "product",
    "interactions",
    "email",
    "received",
];

/// Our column and the file's name for it.
pub type Mapping = (String, String);

/// Reads `company=Firma`.
///
/// # Errors
/// When it names no column of ours.
pub fn mapping(text: &str) -> Result<Mapping, String> {
    let (ours, theirs) = text
        .split_once('=')
        .ok_or_else(|| format!("'{text}' maps nothing: write COLUMN=NAME IN THE FILE"))?;
    let (ours, theirs) = (ours.trim(), theirs.trim());
    if !COLUMNS.contains(&ours) {
        return Err(format!(
            "'{ours}' is no column; columns are {}",
            COLUMNS.join(", ")
        ));
    }
    Ok((ours.to_owned(), theirs.to_owned()))
}

/// Which field of a row is which column of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Ours, by the file's places; none: left aside.
    columns: Vec<Option<&'static str>>,
}

impl Header {
    /// By the file's first line. Where columns are mapped, those that nobody named are left aside.
    ///
    /// # Errors
    /// When it lacks what a lead needs, names an unknown column, or one of ours twice.
    pub fn of(names: &[String], map: &[Mapping]) -> Result<Header, String> {
        let all = || names.join(", ");
        if let Some((_, missing)) = map.iter().find(|(_, theirs)| !names.contains(theirs)) {
            return Err(format!(
                "the column '{missing}' is not in the first line: {}",
                all()
            ));
        }
        let ours = |name: &String| {
            let mapped = map.iter().find(|(_, theirs)| theirs == name);
            let named = mapped.map_or(name.as_str(), |(ours, _)| ours.as_str());
            COLUMNS.iter().copied().find(|c| *c == named)
        };
        let columns: Vec<Option<&'static str>> = names.iter().map(ours).collect();
        for column in COLUMNS {
            let mut at = (1..).zip(&columns).filter(|(_, c)| **c == Some(column));
            if let (Some((first, _)), Some((second, _))) = (at.next(), at.next()) {
                return Err(format!(
                    "the column '{column}' stands twice, as column {first} and as column {second}: \
                     give one of them another name in the first line"
                ));
            }
        }
        let has = |column: &str| columns.contains(&Some(column));
        for needed in ["id", "company", "phone"] {
            // A row without an id is told apart by its number or its mail.
            let without = needed == "id" && (has("phone") || has("email")) && !map.is_empty();
            if !has(needed) && !without {
                return Err(format!(
                    "the column '{needed}' is missing in the first line; columns are {}",
                    COLUMNS.join(", ")
                ));
            }
        }
        let unknown = names.iter().zip(&columns).find(|(_, c)| c.is_none());
        match unknown {
            Some((unknown, _)) if map.is_empty() => Err(format!(
                "the column '{unknown}' is not known; columns are {}; name the file's own with \
                 --map COLUMN='{unknown}'",
                COLUMNS.join(", ")
            )),
            _ => Ok(Header { columns }),
        }
    }

    fn row(&self, fields: Vec<String>) -> Result<LeadRow, String> {
        if fields.len() != self.columns.len() {
            return Err(format!(
                "it has {} fields, the header has {}",
                fields.len(),
                self.columns.len()
            ));
        }
        let mut row = LeadRow::default();
        for (column, field) in self.columns.iter().zip(fields) {
            match *column {
                Some("id") => row.id = field,
                Some("company") => row.company = field,
                Some("contact") => row.contact = field.into(),
                Some("role") => row.role = field,
                Some("phone") => row.phone = field.into(),
                Some("source") => row.source = field,
                Some("source_event") => row.source_event = field,
                Some("theme") => row.theme = field,
                Some("segment") => row.segment = field,
                Some("owner") => row.owner = field,
                Some("product") => row.product = field,
                Some("interactions") => row.interactions = field,
                Some("email") => row.email = field.into(),
                Some("received") => row.received = field,
                _ => {}
            }
        }
        Ok(row)
    }
}

/// What files call our columns, in small letters and digits alone.
const KNOWN_AS: [(&str, &[&str]); 14] = [
    (
        "id",
        &[
            "id",
            "leadid",
            "nr",
            "nummer",
            "externalid",
            "kundennummer",
            "recordid",
        ],
    ),
    (
        "company",
        &[
            "company",
            "firma",
            "unternehmen",
            "account",
            "accountname",
            "companyname",
            "organisation",
            "organization",
        ],
    ),
    (
        "contact",
        &[
            "contact",
            "name",
            "ansprechpartner",
            "kontakt",
            "fullname",
            "contactname",
            "person",
        ],
    ),
    (
        "role",
        &["role", "position", "funktion", "title", "jobtitle"],
    ),
    (
        "phone",
        &[
            "phone",
            "telefon",
            "tel",
            "telephone",
            "phonenumber",
            "telefonnummer",
            "rufnummer",
            "mobile",
            "number",
        ],
    ),
    ("source", &["source", "quelle", "leadsource", "herkunft"]),
    (
        "source_event",
        &["sourceevent", "event", "anlass", "veranstaltung"],
    ),
    ("theme", &["theme", "thema", "topic"]),
    ("segment", &["segment", "branche", "industry", "size"]),
    ("owner", &["owner", "besitzer", "vertrieb", "salesperson"]),
    ("product", &["product", "produkt"]),
    (
        "interactions",
        &[
            "interactions",
            "interaktionen",
            "activity",
            "notes",
            "notiz",
            "bemerkung",
        ],
    ),
    ("email", &["email", "mail", "emailadresse", "emailaddress"]),
    (
        "received",
        &[
            "received",
            "created",
            "createdat",
            "date",
            "datum",
            "eingang",
            "eingegangen",
        ],
    ),
];

/// Guesses which of a file's columns are ours; each of ours once.
#[must_use]
pub fn guess(names: &[String]) -> Vec<Mapping> {
    let plain = |name: &str| -> String {
        let lower = name.to_lowercase();
        lower.chars().filter(|c| c.is_alphanumeric()).collect()
    };
    let mut found: Vec<Mapping> = Vec::new();
    for (ours, known) in KNOWN_AS {
        let fits = |name: &&String| {
            known.contains(&plain(name).as_str()) && names.iter().filter(|n| n == name).count() == 1
        };
        if let Some(name) = names.iter().find(fits) {
            found.push((ours.to_owned(), name.clone()));
        }
    }
    found
}

/// What rows are held against.
pub struct Checks<'a> {
    pub numbers: &'a Numbers,
    /// Names of the client's sources in use.
    pub sources: &'a [String],
    pub now: WallTime,
}

/// No list is older.
pub(super) const OLDEST: WallTime = WallTime(946_684_800_000_000);

impl Checks<'_> {
    /// A row that can be stored, with its numbers.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check(&self, mut row: LeadRow) -> Result<NewLead, String> {
        let mut phones: Vec<(String, String)> = Vec::new();
        for given in row.phone.reveal().split(';').map(str::trim) {
            if given.is_empty() {
                continue;
            }
            let e164 = self.numbers.e164(given);
            let e164 = e164.ok_or_else(|| format!("phone '{given}' is no number"))?;
            if !phones.iter().any(|(known, _)| *known == e164) {
                phones.push((e164, given.to_owned()));
            }
        }
        if row.id.is_empty() {
            let number = phones.first().map(|(e164, _)| e164.clone());
            row.id = number.unwrap_or_else(|| row.email.reveal().to_lowercase());
        }
        if row.id.is_empty() || row.company.is_empty() {
            return Err("id and company must not be empty".to_owned());
        }
        for (column, text, most) in [
            ("id", row.id.as_str(), 120),
            ("company", &row.company, 300),
            ("contact", row.contact.reveal(), 300),
            ("email", row.email.reveal(), 254),
        ] {
            if text.chars().count() > most {
                return Err(format!("{column} is longer than {most} characters"));
            }
        }
        let source = folded(&row.source);
        let known = |s: &String| folded(s) == source;
        if !row.source.is_empty() && !self.sources.iter().any(known) {
            return Err(format!(
                "the source '{}' is not known; sources are {}",
                row.source,
                self.sources.join(", ")
            ));
        }
        if !row.email.reveal().is_empty() && !row.email.reveal().contains('@') {
            return Err(format!("email '{}' is no address", row.email.reveal()));
        }
        self.check_received(&mut row)?;
        Ok((row, phones))
    }

    fn check_received(&self, row: &mut LeadRow) -> Result<(), String> {
        if row.received.is_empty() {
            return Ok(());
        }
        let given = row.received.clone();
        let Some(at) = moment(&given) else {
            return Err(format!(
                "received '{given}' is no date: write it as 2026-11-20, 20.11.2026 or RFC 3339"
            ));
        };
        if at < OLDEST {
            return Err(format!(
                "received '{given}' is before 2000: no lead is so old"
            ));
        }
        if at > self.now + crate::units::Micros::from_secs(86_400) {
            return Err(format!("received '{given}' is still to come"));
        }
        row.received = at.to_string();
        Ok(())
    }
}

/// A day or a moment in the ways in which lists write it; a day begins at midnight UTC.
pub(super) fn moment(text: &str) -> Option<WallTime> {
    // As a moment first: a day alone would be read out of it.
    let spaced = text.trim().replacen(' ', "T", 1);
    for more in ["", "Z", ":00Z"] {
        if let Ok(at) = format!("{spaced}{more}").parse::<jiff::Timestamp>() {
            return Some(WallTime(at.as_microsecond()));
        }
    }
    if text.contains(':') {
        return None;
    }
    if let Ok(at) = text.trim().parse() {
        return Some(at);
    }
    let mut parts = text.trim().split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    format!("{year}-{month:0>2}-{day:0>2}").parse().ok()
}

/// A row of a file: the lead, or why it was left out.
pub struct Read<'a> {
    /// As an editor counts them, the header being line 1.
    pub line: u64,
    /// As it stands in the file.
    pub raw: &'a str,
    pub lead: Result<NewLead, String>,
}

/// The rows of a file, one after the other, so that a long one is never in memory twice.
pub struct Rows<'a> {
    records: Records<'a>,
    header: Header,
    checks: &'a Checks<'a>,
    /// The line of each id.
    seen: HashMap<String, u64>,
}

/// The names in a file's first line.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn names(text: &str) -> Result<Vec<String>, String> {
    let first = Records::of(text, separator(text)).next();
    let first = first.ok_or("the file is empty: its first line names the columns")?;
    first
        .fields
        .map_err(|e| format!("the first line cannot be read as a CSV header: {e}"))
}

/// Reads a file's text.
///
/// # Errors
/// As [`Header::of`].
pub fn rows<'a>(
    text: &'a str,
    checks: &'a Checks<'a>,
    map: &[Mapping],
) -> Result<Rows<'a>, String> {
    let header = Header::of(&names(text)?, map)?;
    let mut records = Records::of(text, separator(text));
    records.next();
    Ok(Rows {
        records,
        header,
        checks,
        seen: HashMap::new(),
    })
}

impl<'a> Iterator for Rows<'a> {
    type Item = Read<'a>;

    fn next(&mut self) -> Option<Read<'a>> {
        let record = self.records.next()?;
        let line = record.line;
        let lead = record
            .fields
            .and_then(|fields| self.header.row(fields))
            .and_then(|row| self.checks.check(row))
            .and_then(|lead| match self.seen.get(&lead.0.id) {
                Some(first) => Err(format!(
                    "the id '{}' stands already in line {first}",
                    lead.0.id
                )),
                None => {
                    self.seen.insert(lead.0.id.clone(), line);
                    Ok(lead)
                }
            });
        Some(Read {
            line,
            raw: record.raw,
            lead,
        })
    }
}

/// Reads a whole file: the good rows and the bad ones.
///
/// # Errors
/// As [`rows`], or when it cannot be read.
pub fn read(
    mut input: impl std::io::Read,
    checks: &Checks<'_>,
    map: &[Mapping],
) -> Result<(Vec<NewLead>, Vec<BadRow>), String> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    let (text, _) = table::text(bytes);
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for Read { line, lead, .. } in rows(&text, checks, map)? {
        match lead {
            Ok(lead) => good.push(lead),
            Err(reason) => bad.push(BadRow { line, reason }),
        }
    }
    Ok((good, bad))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks<'a>(sources: &'a [String], numbers: &'a Numbers) -> Checks<'a> {
        Checks {
            numbers,
            sources,
            now: "2026-11-29".parse().unwrap(),
        }
    }

    #[test]
    fn odd_files_are_told_by_line_and_reason() {
        let numbers = Numbers::new("DE", "").unwrap();
        let rules = checks(&[], &numbers);
        let twice = read("id,company,phone,company\n1,a,,b\n".as_bytes(), &rules, &[]);
        assert!(
            twice
                .unwrap_err()
                .contains("'company' stands twice, as column 2 and as column 4")
        );
        let text = "id;company;phone;received\n1;a;;1900-01-01\n2;\"b;;\n3;c;;20.11.2026\n4;d;;\
            2027-01-01\n5;e;;yesterday\n6;f;;2026-11-20 22:14\n";
        let (good, bad) = read(text.as_bytes(), &rules, &[]).unwrap();
        let ids: Vec<&str> = good.iter().map(|(row, _)| row.id.as_str()).collect();
        assert_eq!(ids, ["3", "6"]);
        let received = good[1].0.received_at().unwrap();
        assert_eq!(received, "2026-11-20T22:14:00Z".parse().unwrap());
        let told: Vec<(u64, bool)> = bad
            .iter()
            .zip(["before 2000", "never ends", "to come", "no date"])
            .map(|(b, part)| (b.line, b.reason.contains(part)))
            .collect();
        assert_eq!(
            told,
            [(2, true), (3, true), (5, true), (6, true)],
            "{bad:?}"
        );
    }

    #[test]
    fn columns_are_guessed_and_a_row_without_an_id_goes_by_its_number() {
        let names = [
            "Firma",
            "Ansprechpartner",
            "Telefon",
            "E-Mail",
            "Quelle",
            "Sonstiges",
        ];
        let names: Vec<String> = names.map(str::to_owned).to_vec();
        let map = guess(&names);
        let ours: Vec<&str> = map.iter().map(|(ours, _)| ours.as_str()).collect();
        assert_eq!(ours, ["company", "contact", "phone", "source", "email"]);
        let numbers = Numbers::new("DE", "").unwrap();
        let text = format!("{}\nMöbel,Ö,030 5550111,,,x\n", names.join(","));
        let (good, bad) = read(text.as_bytes(), &checks(&[], &numbers), &map).unwrap();
        assert_eq!((good[0].0.id.as_str(), bad.len()), ("+49305550111", 0));
    }

    #[test]
    fn bad_rows_are_told_with_line_and_reason_and_cost_no_other() {
        let numbers = Numbers::new("DE", "").unwrap();
        let csv = "id,company,phone,source\nL-1,Brightwater,+49 40 55501010,webinar\nL-2,,030 \
            1234567,\nL-3,Halden,030/x,\nL-4,Norvik,,fair\nL-1,Again,,\nL-5,Short\nL-6,Ostermann,089 \
            55501331; +49 30 5550111,\n";
        let (good, bad) = read(
            csv.as_bytes(),
            &checks(&["webinar".to_owned()], &numbers),
            &[],
        )
        .unwrap();
        assert_eq!(
            good.iter()
                .map(|(r, p)| (r.id.as_str(), p.len()))
                .collect::<Vec<_>>(),
            [("L-1", 1), ("L-6", 2)]
        );
        let told: Vec<(u64, &str)> = bad.iter().map(|b| (b.line, b.reason.as_str())).collect();
        assert_eq!(told[0], (3, "id and company must not be empty"));
        assert_eq!(told[1], (4, "phone '030/x' is no number"));
        assert_eq!(
            told.iter().map(|t| t.0).collect::<Vec<_>>(),
            [3, 4, 5, 6, 7]
        );
        // A file with names of its own.
        let theirs = "Nr,Firma,Telefon,Notiz\nL-9,Halden,030 1234567,x\n";
        let map: Vec<Mapping> = ["id=Nr", "company=Firma", "phone=Telefon"]
            .iter()
            .map(|m| mapping(m).unwrap())
            .collect();
        let (good, bad) = read(theirs.as_bytes(), &checks(&[], &numbers), &map).unwrap();
        assert_eq!(
            (good[0].0.company.as_str(), good[0].1.len(), bad.len()),
            ("Halden", 1, 0)
        );
        assert!(mapping("firm=Firma").is_err() && mapping("company").is_err());
        assert!(
            read(
                theirs.as_bytes(),
                &checks(&[], &numbers),
                &[mapping("id=Nummer").unwrap()]
            )
            .unwrap_err()
            .contains("'Nummer' is not")
        );
        assert!(
            read("company\nx\n".as_bytes(), &checks(&[], &numbers), &[])
                .unwrap_err()
                .contains("'id' is missing")
        );
    }
}
