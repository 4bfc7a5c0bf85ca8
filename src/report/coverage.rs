//! Calls made = recorded + gaps with reasons, held against the phone system's own account (PRODUCT
//! C16).

use crate::leads::Numbers;
use crate::units::{Micros, WallTime};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use utoipa::ToSchema;

/// A call of ours, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub id: String,
    pub call_ids: Vec<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub started_at: WallTime,
    pub answered_at: Option<WallTime>,
    pub ended_at: Option<WallTime>,
    pub outcome: String,
    pub recorded: bool,
    /// Reasons of its gaps.
    pub gaps: Vec<String>,
}

impl Seen {
    /// Media that no signalling explained.
    pub fn is_orphan(&self) -> bool {
        self.call_ids.is_empty()
    }
}

/// A call by the phone system's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: String,
    pub call_id: Option<String>,
    pub from: String,
    pub to: String,
    pub started_at: WallTime,
    pub answered_at: Option<WallTime>,
    pub ended_at: Option<WallTime>,
}

/// What does not agree, and the likely reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    pub kind: Kind,
    pub at: WallTime,
    #[schema(required)]
    pub from: Option<String>,
    #[schema(required)]
    pub to: Option<String>,
    #[schema(required)]
    pub call: Option<String>,
    #[schema(required)]
    pub record: Option<String>,
    pub likely: &'static str,
}

/// How the two accounts differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DifferenceKind)]
pub enum Kind {
    /// The phone system says it was made, and the tap never saw it.
    NotSeen,
    /// Answered by both accounts, and there is no recording.
    NotRecorded,
    /// The two differ on whether it was answered, or on how long it lasted.
    Differs,
    /// The tap saw it, and the phone system does not know it.
    NoRecord,
}

/// Totals of a period.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Totals {
    pub calls: usize,
    pub answered: usize,
    pub recorded: usize,
    /// Answered calls without a recording, by the reason of their gaps.
    pub not_recorded: BTreeMap<String, usize>,
    /// Calls that have a gap of each reason.
    pub with_gap: BTreeMap<String, usize>,
    pub without_signalling: usize,
}

pub fn totals(calls: &[Seen]) -> Totals {
    let mut t = Totals {
        calls: calls.len(),
        ..Totals::default()
    };
    for call in calls {
        let answered = call.answered_at.is_some() || call.is_orphan();
        t.answered += usize::from(answered);
        t.recorded += usize::from(call.recorded);
        t.without_signalling += usize::from(call.is_orphan());
        if answered && !call.recorded {
            *t.not_recorded
                .entry(
                    call.gaps
                        .first()
                        .cloned()
                        .unwrap_or_else(|| "no_media".to_owned()),
                )
                .or_default() += 1;
        }
        for reason in call.gaps.iter().collect::<HashSet<_>>() {
            *t.with_gap.entry(reason.clone()).or_default() += 1;
        }
    }
    t
}

/// The clocks of tap and phone system differ by up to this much, and so do their ideas of when a
/// call begins.
const CLOCKS: Micros = Micros::from_secs(10);
/// A difference in length below it is rounding.
const ROUNDING: Micros = Micros::from_secs(5);
/// When nothing at all was seen for so long around a call, the tap was not there.
const AROUND: Micros = Micros::from_secs(600);

/// Lists where the two accounts differ. Calls before the first and after the last record are left
/// alone: the phone system's file does not speak of them.
pub fn reconcile(calls: &[Seen], records: &[Record], numbers: &Numbers) -> Vec<Difference> {
    let (Some(first), Some(last)) = (
        records.iter().map(|r| r.started_at).min(),
        records.iter().map(|r| r.started_at).max(),
    ) else {
        return Vec::new();
    };
    let by_id: HashMap<&str, usize> = calls
        .iter()
        .enumerate()
        .flat_map(|(i, c)| c.call_ids.iter().map(move |id| (id.as_str(), i)))
        .collect();
    let mut taken: HashSet<usize> = HashSet::new();
    let mut found = Vec::new();
    let mut order: Vec<&Record> = records.iter().collect();
    // Those that name their Call-ID first, so that they are not taken by a neighbour.
    order.sort_by_key(|r| (r.call_id.is_none(), r.started_at));
    for record in order {
        let named = record
            .call_id
            .as_deref()
            .and_then(|id| by_id.get(id).copied());
        let fits = |(i, c): (usize, &Seen)| {
            (!taken.contains(&i) && is_same(c, record, numbers))
                .then(|| ((c.started_at - record.started_at).0.abs(), i))
        };
        // A phone system writes a record for each leg: one call may have several.
        let nearest = || {
            calls
                .iter()
                .enumerate()
                .filter_map(fits)
                .min()
                .map(|(_, i)| i)
        };
        match named.or_else(nearest) {
            Some(i) => {
                if named.is_none() {
                    taken.insert(i);
                }
                taken.insert(i);
                found.extend(differs(&calls[i], record));
            }
            None => found.push(not_seen(calls, record)),
        }
    }
    for (i, call) in calls.iter().enumerate() {
        let told_of = call.started_at >= first - CLOCKS && call.started_at <= last + CLOCKS;
        if !taken.contains(&i) && told_of && !call.is_orphan() && !leg_of_taken(call, calls, &taken)
        {
            let likely = match call.outcome.as_str() {
                "failed" | "incomplete" | "rejected" => {
                    "an attempt that the phone system refused without a record, such as a scanner's"
                }
                _ => "the phone system's record is not among the files, or is not written yet",
            };
            found.push(Difference {
                kind: Kind::NoRecord,
                at: call.started_at,
                from: call.from.clone(),
                to: call.to.clone(),
                call: Some(call.id.clone()),
                record: None,
                likely,
            });
        }
    }
    found.sort_by_key(|d| (d.at, d.kind));
    found
}

/// A call between the same two at the same time as one that has its record: another of its legs.
fn leg_of_taken(call: &Seen, calls: &[Seen], taken: &HashSet<usize>) -> bool {
    taken.iter().any(|i| {
        calls[*i].to == call.to && (calls[*i].started_at - call.started_at).0.abs() <= CLOCKS.0
    })
}

fn is_same(call: &Seen, record: &Record, numbers: &Numbers) -> bool {
    let same = |ours: Option<&str>, theirs: &str| {
        ours.is_some_and(|ours| {
            ours == theirs
                || numbers
                    .e164(ours)
                    .is_some_and(|e| numbers.e164(theirs).is_some_and(|t| e == t))
                || (ours.len().min(theirs.len()) >= 6
                    && (ours.ends_with(theirs) || theirs.ends_with(ours)))
        })
    };
    let close = (call.started_at - record.started_at).0.abs() <= CLOCKS.0;
    // The trunk's number may stand for the caller's, the queue's for the callee's: one of the two
    // suffices.
    close && (same(call.to.as_deref(), &record.to) || same(call.from.as_deref(), &record.from))
}

fn differs(call: &Seen, record: &Record) -> Option<Difference> {
    let length = |from: Option<WallTime>, to: Option<WallTime>| from.zip(to).map(|(a, b)| b - a);
    let (ours, theirs) = (
        length(call.answered_at, call.ended_at),
        length(record.answered_at, record.ended_at),
    );
    let (kind, likely) = match (call.answered_at.is_some(), record.answered_at.is_some()) {
        (true, true) if !call.recorded => (Kind::NotRecorded, why_not(call)),
        (false, true) => (
            Kind::Differs,
            "the tap did not see its answer: signalling was lost, or came another way",
        ),
        (true, false) => (
            Kind::Differs,
            "the phone system answered it itself, for a queue or an announcement, and counts only \
             the person's answer",
        ),
        _ if ours
            .zip(theirs)
            .is_some_and(|(a, b)| (a.0 - b.0).abs() > ROUNDING.0) =>
        {
            (
                Kind::Differs,
                "the lengths differ: a hang-up was lost, or the phone system counts a transfer as \
                 one call",
            )
        }
        _ => return None,
    };
    Some(Difference {
        kind,
        at: record.started_at,
        from: Some(record.from.clone()),
        to: Some(record.to.clone()),
        call: Some(call.id.clone()),
        record: Some(record.id.clone()),
        likely,
    })
}

fn why_not(call: &Seen) -> &'static str {
    match call.gaps.first().map(String::as_str) {
        Some("policy") => "a rule keeps it out",
        Some("paused") => "it was paused from beginning to end",
        Some("overload") => "the disk could not keep up when it began",
        Some("disk") => "the disk failed",
        Some("encrypted") => "its media is encrypted",
        _ => {
            "its signalling was seen and its media was not: the media passes another interface or \
             VLAN"
        }
    }
}

fn not_seen(calls: &[Seen], record: &Record) -> Difference {
    let near = |c: &&Seen| (c.started_at - record.started_at).0.abs() <= AROUND.0;
    let overlaps = |c: &Seen| {
        c.is_orphan()
            && (c.started_at - record.answered_at.unwrap_or(record.started_at))
                .0
                .abs()
                <= CLOCKS.0
    };
    let likely = if calls.iter().any(overlaps) {
        "its media was seen without its signalling: SIP over TLS, or on an interface that is not \
         tapped"
    } else if !calls.iter().any(|c| near(&c)) {
        "nothing at all was seen around that time: the tap was not running, or the mirror was not \
         connected"
    } else if record.answered_at.is_none() {
        "an attempt that ended within the phone system and never reached the tapped network"
    } else {
        "its packets did not pass the mirror: another interface, VLAN or site"
    };
    Difference {
        kind: Kind::NotSeen,
        at: record.started_at,
        from: Some(record.from.clone()),
        to: Some(record.to.clone()),
        call: None,
        record: Some(record.id.clone()),
        likely,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(id: &str, second: i64, to: &str) -> Seen {
        let at = |s: i64| WallTime(s * 1_000_000);
        Seen {
            id: id.into(),
            call_ids: vec![format!("{id}@x")],
            from: Some("201".into()),
            to: Some(to.into()),
            started_at: at(second),
            answered_at: Some(at(second + 5)),
            ended_at: Some(at(second + 65)),
            outcome: "answered".into(),
            recorded: true,
            gaps: Vec::new(),
        }
    }

    fn record(id: &str, second: i64, to: &str) -> Record {
        let at = |s: i64| WallTime(s * 1_000_000);
        Record {
            id: id.into(),
            call_id: None,
            from: "201".into(),
            to: to.into(),
            started_at: at(second),
            answered_at: Some(at(second + 5)),
            ended_at: Some(at(second + 65)),
        }
    }

    #[test]
    fn every_difference_has_its_likely_reason() {
        let numbers = Numbers::new("DE", "").unwrap();
        let mut calls = vec![
            seen("a", 1000, "+4940555010"),
            seen("b", 2000, "040555020"),
            seen("c", 3000, "040555030"),
            seen("d", 4000, "040555040"),
            seen("scan", 3500, "900"),
        ];
        calls[1].recorded = false;
        calls[2].ended_at = Some(WallTime(3_200_000_000));
        calls[3].recorded = false;
        calls[3].gaps = vec!["policy".into()];
        calls[4] = Seen {
            outcome: "failed".into(),
            answered_at: None,
            recorded: false,
            from: Some("100".into()),
            ..calls[4].clone()
        };
        let mut orphan = seen("o", 5006, "");
        orphan = Seen {
            call_ids: Vec::new(),
            to: None,
            from: None,
            ..orphan
        };
        calls.push(orphan);
        let records = [
            record("1", 1003, "040 555010"),
            record("2", 1999, "0049 40 555020"),
            record("3", 3001, "040555030"),
            record("4", 4000, "040555040"),
            record("5", 5000, "040555050"),
            record("6", 50_000, "040555060"),
            Record {
                answered_at: None,
                ..record("7", 4100, "117")
            },
        ];
        let found = reconcile(&calls, &records, &numbers);
        let told: Vec<(Kind, Option<&str>, &str)> = found
            .iter()
            .map(|d| (d.kind, d.record.as_deref(), d.likely))
            .collect();
        assert_eq!(told.len(), 7, "{told:#?}");
        assert!(told[0].0 == Kind::NotRecorded && told[0].2.contains("another interface"));
        assert!(told[1].0 == Kind::Differs && told[1].2.contains("lengths"));
        assert!(told[2].0 == Kind::NoRecord && told[2].2.contains("scanner"));
        assert!(told[3].0 == Kind::NotRecorded && told[3].2.contains("rule"));
        assert!(told[4].0 == Kind::NotSeen && told[4].2.contains("never reached"));
        assert!(told[5].0 == Kind::NotSeen && told[5].2.contains("TLS"));
        assert!(told[6].0 == Kind::NotSeen && told[6].2.contains("not running"));
        let t = totals(&calls);
        assert_eq!(
            (t.calls, t.answered, t.recorded, t.without_signalling),
            (6, 5, 3, 1)
        );
        assert_eq!(
            t.not_recorded,
            BTreeMap::from([("no_media".to_owned(), 1), ("policy".to_owned(), 1)])
        );
    }

    #[test]
    fn a_call_id_tells_neighbours_apart() {
        let numbers = Numbers::new("DE", "").unwrap();
        let calls = [seen("a", 1000, "040555010"), seen("b", 1004, "040555010")];
        let named = Record {
            call_id: Some("b@x".into()),
            ..record("1", 1000, "040555010")
        };
        let plain = record("2", 1004, "040555010");
        assert_eq!(reconcile(&calls, &[plain, named], &numbers), Vec::new());
    }
}
