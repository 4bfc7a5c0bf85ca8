//! Call detail records, as phone systems write them: what the tap's own account is held against
//! (PRODUCT C16).
//!
//! Asterisk's `Master.csv` (cdr_csv: 16 to 18 fields, no header), FreeSWITCH's default `Master.csv`
//! (mod_cdr_csv: 15 fields, no header) and its XML (mod_xml_cdr), and plain CSV with a header:
//! `from`, `to`, `started_at`, and as far as known `answered_at`, `ended_at`, `duration_seconds`,
//! `call_id`. A bad row costs itself alone.

use crate::pii::Pii;
use crate::units::{Micros, WallTime};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use quick_xml::events::Event;
use serde::Deserialize;
use std::collections::HashMap;

/// One call by the phone system's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cdr {
    /// The phone system's own name for it, where it gives one.
    pub id: Option<String>,
    /// SIP's Call-ID, where the phone system writes it.
    pub call_id: Option<String>,
    pub from: Pii<String>,
    /// The callee's number, as the phone system writes it.
    pub to: Pii<String>,
    pub started_at: WallTime,
    /// `None` when unanswered, or not written down.
    pub answered_at: Option<WallTime>,
    /// `None` where it is not written down.
    pub ended_at: Option<WallTime>,
}

/// Why a file holds no call records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CdrError {
    #[error("the file is empty")]
    Empty,
    #[error(
        "{0} fields in the first line: Asterisk writes 16 to 18, FreeSWITCH 15, a plain file has a \
         header with from, to and started_at"
    )]
    UnknownKind(usize),
}

/// Why one row is left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum RowError {
    #[error("{found} fields; {writes}")]
    Fields { found: usize, writes: &'static str },
    #[error("it has no {0}")]
    Missing(&'static str),
    #[error("'{0}' is no time")]
    NoTime(String),
    #[error("{0}")]
    Unreadable(String),
}

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// From 1; 0 where it is unknown.
    pub line: u64,
    pub reason: String,
}

/// Reads a file; its kind is known by its first bytes. Times without a zone are in `zone`.
///
/// # Errors
/// When it is of no known kind.
pub fn read(bytes: &[u8], zone: &TimeZone) -> Result<(Vec<Cdr>, Vec<BadRow>), CdrError> {
    let text = String::from_utf8_lossy(bytes);
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with('<') {
        return Ok(xml(start));
    }
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(start.as_bytes());
    let first = rows
        .records()
        .next()
        .and_then(Result::ok)
        .ok_or(CdrError::Empty)?;
    if first.iter().any(|f| f.eq_ignore_ascii_case("started_at")) {
        return Ok(plain(start, zone));
    }
    let read: fn(&csv::StringRecord, &TimeZone) -> Result<Cdr, RowError> = match first.len() {
        16..=18 => asterisk,
        15 => freeswitch,
        n => return Err(CdrError::UnknownKind(n)),
    };
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(start.as_bytes());
    Ok(sort_out(rows.records().map(|record| {
        let record = record.map_err(|e| unreadable(&e))?;
        read(&record, zone).map_err(|e| (line_of(record.position()), e))
    })))
}

fn line_of(position: Option<&csv::Position>) -> u64 {
    position.map_or(0, csv::Position::line)
}

fn unreadable(error: &csv::Error) -> (u64, RowError) {
    let line = line_of(error.position());
    (line, RowError::Unreadable(error.to_string()))
}

fn sort_out(rows: impl Iterator<Item = Result<Cdr, (u64, RowError)>>) -> (Vec<Cdr>, Vec<BadRow>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(cdr) => good.push(cdr),
            Err((line, reason)) => bad.push(BadRow {
                line,
                reason: reason.to_string(),
            }),
        }
    }
    (good, bad)
}

fn time(text: &str, zone: &TimeZone) -> Result<Option<WallTime>, RowError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(exact) = text.parse::<WallTime>()
        && text.contains(['Z', '+', 'T'])
    {
        return Ok(Some(exact));
    }
    let civil: DateTime = text
        .parse()
        .map_err(|_| RowError::NoTime(text.to_owned()))?;
    let exact = civil
        .to_zoned(zone.clone())
        .map_err(|_| RowError::NoTime(text.to_owned()))?;
    Ok(Some(WallTime(exact.timestamp().as_microsecond())))
}

fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata, start, answer,
/// end, duration, billsec, disposition, amaflags, uniqueid, userfield
fn asterisk(row: &csv::StringRecord, zone: &TimeZone) -> Result<Cdr, RowError> {
    let field = |n: usize| row.get(n).unwrap_or_default();
    if row.len() < 16 {
        return Err(RowError::Fields {
            found: row.len(),
            writes: "Asterisk writes 16 to 18",
        });
    }
    let answered = field(14).eq_ignore_ascii_case("ANSWERED");
    Ok(Cdr {
        id: some(field(16)),
        call_id: None,
        from: field(1).to_owned().into(),
        to: field(2).to_owned().into(),
        started_at: time(field(9), zone)?.ok_or(RowError::Missing("start"))?,
        answered_at: time(field(10), zone)?.filter(|_| answered),
        ended_at: time(field(11), zone)?,
    })
}

/// caller_id_name, caller_id_number, destination_number, context, start_stamp, answer_stamp,
/// end_stamp, duration, billsec, hangup_cause, uuid, bleg_uuid, accountcode, read_codec,
/// write_codec
fn freeswitch(row: &csv::StringRecord, zone: &TimeZone) -> Result<Cdr, RowError> {
    let field = |n: usize| row.get(n).unwrap_or_default();
    if row.len() != 15 {
        return Err(RowError::Fields {
            found: row.len(),
            writes: "FreeSWITCH writes 15",
        });
    }
    Ok(Cdr {
        id: some(field(10)),
        call_id: None,
        from: field(1).to_owned().into(),
        to: field(2).to_owned().into(),
        started_at: time(field(4), zone)?.ok_or(RowError::Missing("start"))?,
        answered_at: time(field(5), zone)?,
        ended_at: time(field(6), zone)?,
    })
}

#[derive(Deserialize)]
struct PlainRow {
    from: Pii<String>,
    to: Pii<String>,
    started_at: String,
    #[serde(default)]
    answered_at: String,
    #[serde(default)]
    ended_at: String,
    #[serde(default)]
    duration_seconds: Option<i64>,
    #[serde(default)]
    call_id: String,
    #[serde(default)]
    id: String,
}

fn plain(text: &str, zone: &TimeZone) -> (Vec<Cdr>, Vec<BadRow>) {
    let mut rows = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let Ok(header) = rows.headers().cloned() else {
        return (Vec::new(), Vec::new());
    };
    let read = |r: Result<csv::StringRecord, csv::Error>| {
        let record = r.map_err(|e| unreadable(&e))?;
        let line = line_of(record.position());
        let here = |e: RowError| (line, e);
        let row: PlainRow = record
            .deserialize(Some(&header))
            .map_err(|e| here(RowError::Unreadable(e.to_string())))?;
        let started_at = time(&row.started_at, zone)
            .map_err(here)?
            .ok_or_else(|| here(RowError::Missing("start")))?;
        let ended_at = time(&row.ended_at, zone).map_err(here)?.or(row
            .duration_seconds
            .map(|s| started_at + Micros::from_secs(s)));
        Ok(Cdr {
            id: some(&row.id),
            call_id: some(&row.call_id),
            from: row.from,
            to: row.to,
            started_at,
            answered_at: time(&row.answered_at, zone).map_err(here)?,
            ended_at,
        })
    };
    sort_out(rows.into_records().map(read))
}

/// mod_xml_cdr: variables by name, the parties in the last caller profile.
fn xml(text: &str) -> (Vec<Cdr>, Vec<BadRow>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let mut reader = quick_xml::Reader::from_str(text);
    let mut fields: HashMap<String, String> = HashMap::new();
    let mut name = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                tag.local_name().as_ref().clone_into(&mut name);
                if name == "cdr" {
                    fields.clear();
                }
            }
            Ok(Event::Text(value)) => {
                let value = percent(value.trim());
                if !value.is_empty() {
                    // The first profile is the newest; what a variable says is not overwritten.
                    fields.entry(name.clone()).or_insert(value);
                }
            }
            Ok(Event::End(tag)) if tag.local_name().as_ref() == "cdr" => match from_fields(&fields)
            {
                Ok(cdr) => good.push(cdr),
                Err(reason) => bad.push(BadRow {
                    line: line_at(text, reader.buffer_position()),
                    reason: reason.to_string(),
                }),
            },
            Ok(Event::End(_)) => name.clear(),
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => {
                bad.push(BadRow {
                    line: line_at(text, reader.error_position()),
                    reason: format!("it is no XML from here on: {error}"),
                });
                break;
            }
        }
    }
    (good, bad)
}

fn line_at(text: &str, position: u64) -> u64 {
    1 + text.as_bytes()[..(position as usize).min(text.len())]
        .iter()
        .filter(|b| **b == b'\n')
        .count() as u64
}

/// FreeSWITCH escapes values as in URLs.
fn percent(value: &str) -> String {
    percent_encoding::percent_decode_str(value)
        .decode_utf8_lossy()
        .into_owned()
}

fn from_fields(fields: &HashMap<String, String>) -> Result<Cdr, RowError> {
    let micros = |name: &str| -> Option<WallTime> {
        let exact = fields
            .get(&format!("{name}_uepoch"))
            .and_then(|v| v.parse::<i64>().ok());
        let seconds = fields
            .get(&format!("{name}_epoch"))
            .and_then(|v| v.parse::<i64>().ok())
            .map(|s| s * 1_000_000);
        exact.or(seconds).filter(|t| *t > 0).map(WallTime)
    };
    let text = |names: &[&str]| names.iter().find_map(|n| fields.get(*n).cloned());
    Ok(Cdr {
        id: text(&["uuid"]),
        call_id: text(&["sip_call_id"]),
        from: text(&["caller_id_number", "sip_from_user"])
            .unwrap_or_default()
            .into(),
        to: text(&["destination_number", "sip_to_user"])
            .unwrap_or_default()
            .into(),
        started_at: micros("start").ok_or(RowError::Missing("start_epoch"))?,
        answered_at: micros("answer"),
        ended_at: micros("end"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    #[test]
    fn asterisk_freeswitch_and_plain_files_say_the_same_of_one_call() {
        let start: WallTime = "2026-11-20T09:30:00Z".parse().unwrap();
        let asterisk = "\"\",\"201\",\"040555010\",\"from-internal\",\"\"\"Ines\"\" \
            <201>\",\"PJSIP/201-1\",\"PJSIP/trunk-2\",\"Dial\",\"PJSIP/040555010@trunk\",\"2026-11-20 \
            10:30:00\",\"2026-11-20 10:30:05\",\"2026-11-20 \
            10:31:00\",60,55,\"ANSWERED\",\"DOCUMENTATION\",\"1763631000.7\",\"\"\n";
        let freeswitch = "\"Ines\",\"201\",\"040555010\",\"default\",\"2026-11-20 \
            10:30:00\",\"2026-11-20 10:30:05\",\"2026-11-20 \
            10:31:00\",\"60\",\"55\",\"NORMAL_CLEARING\",\"8d1c\",\"\",\"\",\"PCMA\",\"PCMA\"\n";
        let xml = "<?xml version=\"1.0\"?>\n<cdr \
            core-uuid=\"x\"><variables><uuid>8d1c</uuid><sip_call_id>one%4010.0.0.1</sip_call_id><start_uepoch>1795167000000000</start_uepoch><answer_epoch>1795167005</answer_epoch><end_epoch>1795167060</end_epoch></variables><callflow><caller_profile><caller_id_number>201</caller_id_number><destination_number>040555010</destination_number></caller_profile></callflow></cdr>";
        let plain = "from,to,started_at,answered_at,duration_seconds,call_id\n201,040555010,2026-11-20T09:30:00Z,2026-11-20T09:30:05Z,60,one@10.0.0.1\n";
        for (name, text) in [
            ("asterisk", asterisk),
            ("freeswitch", freeswitch),
            ("xml", xml),
            ("plain", plain),
        ] {
            let (good, bad) = read(text.as_bytes(), &berlin()).unwrap();
            assert_eq!((good.len(), bad.len()), (1, 0), "{name}: {bad:?}");
            let cdr = &good[0];
            assert_eq!(
                (
                    cdr.from.reveal().as_str(),
                    cdr.to.reveal().as_str(),
                    cdr.started_at
                ),
                ("201", "040555010", start),
                "{name}"
            );
            assert_eq!(
                (cdr.answered_at, cdr.ended_at),
                (
                    Some(start + Micros::from_secs(5)),
                    Some(start + Micros::from_secs(60))
                ),
                "{name}"
            );
        }
        assert_eq!(
            read(xml.as_bytes(), &berlin()).unwrap().0[0]
                .call_id
                .as_deref(),
            Some("one@10.0.0.1")
        );
    }

    #[test]
    fn a_bad_row_costs_itself_and_a_strange_file_is_told() {
        let text = "from,to,started_at\n201,1,2026-11-20T09:30:00Z\n201,2,yesterday\n201\n202,3,2026-11-20 \
            10:30:00\n";
        let (good, bad) = read(text.as_bytes(), &berlin()).unwrap();
        assert_eq!(
            (good.len(), bad.iter().map(|b| b.line).collect::<Vec<_>>()),
            (2, vec![3, 4])
        );
        assert!(
            read(b"a,b,c\n", &berlin())
                .unwrap_err()
                .to_string()
                .contains("3 fields")
        );
        assert!(read(b"", &berlin()).is_err());
        let (good, bad) =
            read(b"<cdr><variables></variables></cdr><cdr><uuid>", &berlin()).unwrap();
        assert_eq!((good.len(), bad.len()), (0, 1));
    }
}
