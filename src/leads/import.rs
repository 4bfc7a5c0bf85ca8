//! Leads from CSV (PRODUCT L1): each row is read on its own, so that a bad one costs only itself.

use super::Numbers;
use crate::pii::Pii;
use serde::Deserialize;
use std::io::Read;

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

const COLUMNS: [&str; 12] = [
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

/// Reads a whole file: the good rows and the bad ones. Where columns are mapped, those that nobody
/// named are left aside.
///
/// # Errors
/// When the header is missing, lacks `id`, `company` or `phone`, or names an unknown column.
pub fn read(
    input: impl Read,
    numbers: &Numbers,
    sources: &[String],
    map: &[Mapping],
) -> Result<(Vec<NewLead>, Vec<BadRow>), String> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(input);
    let header = reader
        .headers()
        .map_err(|e| format!("the first line cannot be read as a CSV header: {e}"))?
        .clone();
    if let Some((_, missing)) = map
        .iter()
        .find(|(_, theirs)| !header.iter().any(|h| h == theirs))
    {
        return Err(format!(
            "the column '{missing}' is not in the first line: {}",
            header.iter().collect::<Vec<_>>().join(", ")
        ));
    }
    let ours = |name: &str| {
        map.iter()
            .find(|(_, theirs)| theirs == name)
            .map_or_else(|| name.to_owned(), |(ours, _)| ours.clone())
    };
    let header: csv::StringRecord = header.iter().map(ours).collect();
    for needed in ["id", "company", "phone"] {
        if !header.iter().any(|h| h == needed) {
            return Err(format!(
                "the column '{needed}' is missing in the first line; columns are {}",
                COLUMNS.join(", ")
            ));
        }
    }
    if let Some(unknown) = header
        .iter()
        .find(|h| map.is_empty() && !COLUMNS.contains(h))
    {
        return Err(format!(
            "the column '{unknown}' is not known; columns are {}; name the file's own with --map \
             COLUMN='{unknown}'",
            COLUMNS.join(", ")
        ));
    }
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let mut seen = std::collections::HashMap::new();
    for record in reader.records() {
        let (line, row) = match record {
            Ok(record) => (
                record.position().map_or(0, csv::Position::line),
                row(&record, &header, numbers, sources),
            ),
            Err(e) => (
                e.position().map_or(0, csv::Position::line),
                Err("it is not valid UTF-8: save the file as UTF-8".to_owned()),
            ),
        };
        let unique = row.and_then(|lead| match seen.insert(lead.0.id.clone(), line) {
            Some(first) => Err(format!(
                "the id '{}' stands already in line {first}",
                lead.0.id
            )),
            None => Ok(lead),
        });
        match unique {
            Ok(lead) => good.push(lead),
            Err(reason) => bad.push(BadRow { line, reason }),
        }
    }
    Ok((good, bad))
}

fn row(
    record: &csv::StringRecord,
    header: &csv::StringRecord,
    numbers: &Numbers,
    sources: &[String],
) -> Result<NewLead, String> {
    if record.len() != header.len() {
        return Err(format!(
            "it has {} fields, the header has {}",
            record.len(),
            header.len()
        ));
    }
    let row: LeadRow = record
        .deserialize(Some(header))
        .map_err(|e| e.to_string())?;
    if row.id.is_empty() || row.company.is_empty() {
        return Err("id and company must not be empty".to_owned());
    }
    if !row.source.is_empty() && !sources.iter().any(|s| s.eq_ignore_ascii_case(&row.source)) {
        return Err(format!(
            "the source '{}' is not known; sources are {}",
            row.source,
            sources.join(", ")
        ));
    }
    let given = row
        .phone
        .reveal()
        .split(';')
        .map(str::trim)
        .filter(|n| !n.is_empty());
    let phones = given.map(|n| {
        numbers
            .e164(n)
            .map(|e164| (e164, n.to_owned()))
            .ok_or_else(|| format!("phone '{n}' is no number"))
    });
    let mut phones: Vec<(String, String)> = phones.collect::<Result<_, _>>()?;
    phones.dedup_by(|a, b| a.0 == b.0);
    Ok((row, phones))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_rows_are_told_with_line_and_reason_and_cost_no_other() {
        let csv = "id,company,phone,source\nL-1,Brightwater,+49 40 55501010,webinar\nL-2,,030 \
            1234567,\nL-3,Halden,030/x,\nL-4,Norvik,,fair\nL-1,Again,,\nL-5,Short\nL-6,Ostermann,089 \
            55501331; +49 30 5550111,\n";
        let (good, bad) = read(
            csv.as_bytes(),
            &Numbers::new("DE", "").unwrap(),
            &["webinar".into()],
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
        let (good, bad) = read(
            theirs.as_bytes(),
            &Numbers::new("DE", "").unwrap(),
            &[],
            &map,
        )
        .unwrap();
        assert_eq!(
            (good[0].0.company.as_str(), good[0].1.len(), bad.len()),
            ("Halden", 1, 0)
        );
        assert!(mapping("firm=Firma").is_err() && mapping("company").is_err());
        assert!(
            read(
                theirs.as_bytes(),
                &Numbers::new("DE", "").unwrap(),
                &[],
                &[mapping("id=Nummer").unwrap()]
            )
            .unwrap_err()
            .contains("'Nummer' is not")
        );
        assert!(
            read(
                "company\nx\n".as_bytes(),
                &Numbers::new("DE", "").unwrap(),
                &[],
                &[]
            )
            .unwrap_err()
            .contains("'id' is missing")
        );
    }
}
