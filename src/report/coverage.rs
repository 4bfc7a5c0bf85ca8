//! Calls made = recorded + gaps with reasons, held against the phone system's own account (PRODUCT
//! C16).

use crate::leads::Numbers;
use crate::report::interval::Rate;
use crate::units::{Micros, WallTime, Zone};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use utoipa::ToSchema;

/// A call of ours, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub id: String,
    pub call_ids: Vec<String>,
    /// Number of the caller; `None` where it shows none.
    pub from: Option<String>,
    /// Number of the callee; `None` where the signalling names none.
    pub to: Option<String>,
    pub started_at: WallTime,
    /// `None` while unanswered, or when the answer was not seen.
    pub answered_at: Option<WallTime>,
    /// `None` where the end is not known.
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
    /// SIP's Call-ID, where the phone system writes it.
    pub call_id: Option<String>,
    pub from: String,
    /// The callee's number.
    pub to: String,
    pub started_at: WallTime,
    /// `None` when unanswered, or not written down.
    pub answered_at: Option<WallTime>,
    /// `None` where it is not written down.
    pub ended_at: Option<WallTime>,
}

/// What does not agree, and the likely reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    pub kind: Kind,
    pub at: WallTime,
    /// Null, here and below: not known, or the line of somebody who is not to be singled out.
    #[schema(required)]
    pub from: Option<String>,
    #[schema(required)]
    pub to: Option<String>,
    /// Our call; null: the tap saw none.
    #[schema(required)]
    pub call: Option<String>,
    /// Its record there; null: the phone system has none.
    #[schema(required)]
    pub record: Option<String>,
    /// The phone system says that somebody answered.
    pub answered: bool,
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
    /// There is a recording of what nobody answered, by the phone system's account.
    RecordedInError,
    /// The two differ on how long it lasted.
    Length,
    /// The two differ on whether it was answered.
    Differs,
    /// The tap saw it, and the phone system does not know it.
    NoRecord,
}

impl Kind {
    /// As the API names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::NotSeen => "not_seen",
            Kind::NotRecorded => "not_recorded",
            Kind::RecordedInError => "recorded_in_error",
            Kind::Length => "length",
            Kind::Differs => "differs",
            Kind::NoRecord => "no_record",
        }
    }
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

/// Counts calls; media that no signalling explained counts as answered.
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

/// Our calls by when they began, and by their Call-IDs.
struct Known<'a> {
    calls: &'a [Seen],
    /// Places in `calls`.
    by_start: Vec<(WallTime, usize)>,
    by_id: HashMap<&'a str, usize>,
}

impl<'a> Known<'a> {
    fn new(calls: &'a [Seen]) -> Known<'a> {
        let starts = calls.iter().enumerate();
        let mut by_start: Vec<(WallTime, usize)> = starts.map(|(i, c)| (c.started_at, i)).collect();
        by_start.sort_unstable();
        let ids = calls.iter().enumerate();
        let by_id = ids.flat_map(|(i, c)| c.call_ids.iter().map(move |id| (id.as_str(), i)));
        Known {
            calls,
            by_start,
            by_id: by_id.collect(),
        }
    }

    /// Those that began within so much of a moment, earlier or later.
    fn around(&self, at: WallTime, by: Micros) -> impl Iterator<Item = (usize, &'a Seen)> {
        let from = self.by_start.partition_point(|(start, _)| *start < at - by);
        let near = self.by_start[from..].iter();
        near.take_while(move |(start, _)| *start <= at + by)
            .map(|(_, i)| (*i, &self.calls[*i]))
    }
}

/// Lists where the two accounts differ. Calls before the first and after the last record are left
/// alone: the phone system's file does not speak of them.
pub fn reconcile(calls: &[Seen], records: &[Record], numbers: &Numbers) -> Vec<Difference> {
    let starts = || records.iter().map(|r| r.started_at);
    let (Some(first), Some(last)) = (starts().min(), starts().max()) else {
        return Vec::new();
    };
    let known = Known::new(calls);
    let mut taken: HashSet<usize> = HashSet::new();
    let mut found = Vec::new();
    let mut order: Vec<&Record> = records.iter().collect();
    // Those that name their Call-ID first, so that they are not taken by a neighbour.
    order.sort_by_key(|r| (r.call_id.is_none(), r.started_at));
    for record in order {
        let id = record.call_id.as_deref();
        // A phone system writes a record for each leg: one call may have several.
        let named = id.and_then(|id| known.by_id.get(id).copied());
        let nearest = || {
            known
                .around(record.started_at, CLOCKS)
                .filter(|(i, c)| !taken.contains(i) && is_same(c, record, numbers))
                .map(|(i, c)| ((c.started_at - record.started_at).0.abs(), i))
                .min()
                .map(|(_, i)| i)
        };
        match named.or_else(nearest) {
            Some(i) => {
                taken.insert(i);
                found.extend(differs(&calls[i], record));
            }
            None => found.push(not_seen(&known, record)),
        }
    }
    for (i, call) in calls.iter().enumerate() {
        let told_of = call.started_at >= first - CLOCKS && call.started_at <= last + CLOCKS;
        if told_of && !taken.contains(&i) && !call.is_orphan() && !is_leg(call, &known, &taken) {
            found.push(no_record(call));
        }
    }
    found.sort_by_key(|d| (d.at, d.kind));
    found
}

/// Whether a call is between the same two at the same time as one that has its record: another of
/// its legs.
fn is_leg(call: &Seen, known: &Known<'_>, taken: &HashSet<usize>) -> bool {
    let mut near = known.around(call.started_at, CLOCKS);
    near.any(|(i, other)| taken.contains(&i) && other.to == call.to)
}

fn no_record(call: &Seen) -> Difference {
    let likely = match call.outcome.as_str() {
        "failed" | "incomplete" | "rejected" => {
            "an attempt that the phone system refused without a record, such as a scanner's"
        }
        _ => "the phone system's record is not among the files, or is not written yet",
    };
    Difference {
        kind: Kind::NoRecord,
        at: call.started_at,
        from: call.from.clone(),
        to: call.to.clone(),
        call: Some(call.id.clone()),
        record: None,
        answered: false,
        likely,
    }
}

/// What a month comes to by the phone system's account.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CoverageMonth)]
pub struct Month {
    /// `2026-11`, in the house's time zone.
    pub month: String,
    /// Calls that somebody answered.
    pub answered: i64,
    /// Of those, the ones that are recorded.
    pub recorded: i64,
    /// Recordings of what nobody answered.
    pub in_error: i64,
    /// Calls on whose length the two differ.
    pub lengths: i64,
    /// Recorded ones of the answered; null: nobody answered any.
    #[schema(required)]
    pub rate: Option<Rate>,
    /// The share that is to be recorded is reached.
    pub met: bool,
}

/// How much of what the phone system says was answered is recorded, by month; `target` is a share
/// from 0 to 1.
pub fn months(records: &[Record], found: &[Difference], zone: &Zone, target: f64) -> Vec<Month> {
    let mut all: BTreeMap<String, [i64; 4]> = BTreeMap::new();
    for record in records.iter().filter(|r| r.answered_at.is_some()) {
        let counts = all.entry(zone.month(record.started_at)).or_default();
        counts[0] += 1;
        counts[1] += 1;
    }
    for d in found.iter().filter(|d| d.record.is_some()) {
        let counts = all.entry(zone.month(d.at)).or_default();
        match d.kind {
            Kind::NotSeen | Kind::NotRecorded => counts[1] -= i64::from(d.answered),
            Kind::RecordedInError => counts[2] += 1,
            Kind::Length => counts[3] += 1,
            Kind::Differs | Kind::NoRecord => {}
        }
    }
    let month = |(month, [answered, recorded, in_error, lengths]): (String, [i64; 4])| {
        let rate = Rate::of(recorded, answered);
        Month {
            month,
            answered,
            recorded,
            in_error,
            lengths,
            met: rate.is_none_or(|r| r.rate >= target),
            rate,
        }
    };
    all.into_iter().map(month).collect()
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
    let apart = ours
        .zip(theirs)
        .is_some_and(|(a, b)| (a.0 - b.0).abs() > ROUNDING.0);
    let (kind, likely) = match (call.answered_at.is_some(), record.answered_at.is_some()) {
        (true, true) if !call.recorded => (Kind::NotRecorded, why_not(call)),
        (false, true) if !call.recorded => (
            Kind::NotRecorded,
            "the tap did not see its answer, and heard nothing of it: signalling was lost, or came \
             another way",
        ),
        (false, true) => (
            Kind::Differs,
            "the tap did not see its answer: signalling was lost, or came another way",
        ),
        (_, false) if call.recorded => (
            Kind::RecordedInError,
            "sound before an answer, an announcement, or a queue that the phone system answered \
             itself: nobody's conversation may be in it",
        ),
        (true, false) => (
            Kind::Differs,
            "the phone system answered it itself, for a queue or an announcement, and counts only \
             the person's answer",
        ),
        _ if apart => (
            Kind::Length,
            "a hang-up was lost, or the phone system counts a transfer as one call",
        ),
        _ => return None,
    };
    Some(Difference {
        kind,
        at: record.started_at,
        from: Some(record.from.clone()),
        to: Some(record.to.clone()),
        call: Some(call.id.clone()),
        record: Some(record.id.clone()),
        answered: record.answered_at.is_some(),
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

fn not_seen(known: &Known<'_>, record: &Record) -> Difference {
    let answered_at = record.answered_at.unwrap_or(record.started_at);
    let is_heard = known
        .around(answered_at, CLOCKS)
        .any(|(_, c)| c.is_orphan());
    let is_alone = known.around(record.started_at, AROUND).next().is_none();
    let likely = if is_heard {
        "its media was seen without its signalling: SIP over TLS, or on an interface that is not \
         tapped"
    } else if is_alone {
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
        answered: record.answered_at.is_some(),
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
        assert!(told[1].0 == Kind::Length && told[1].2.contains("transfer"));
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

    #[test]
    fn what_nobody_answered_is_not_to_be_recorded() {
        let numbers = Numbers::new("DE", "").unwrap();
        let record = Record {
            answered_at: None,
            ..record("1", 1000, "040555010")
        };
        let mut calls = [seen("a", 1000, "040555010")];
        let kind =
            |calls: &[Seen]| reconcile(calls, std::slice::from_ref(&record), &numbers)[0].kind;
        assert_eq!(kind(&calls), Kind::RecordedInError);
        calls[0].recorded = false;
        assert_eq!(kind(&calls), Kind::Differs);
    }

    #[test]
    fn a_month_is_met_or_missed_by_what_was_answered() {
        let numbers = Numbers::new("DE", "").unwrap();
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let (november, december) = (1_795_900_000, 1_796_400_000);
        let to = "040555010";
        let mut calls: Vec<Seen> = (0..20)
            .map(|n| seen(&format!("n{n}"), november + n * 100, to))
            .collect();
        calls[3].recorded = false;
        calls.push(seen("d", december, to));
        let mut records: Vec<Record> = (0..20)
            .map(|n| record(&format!("r{n}"), november + n * 100, to))
            .collect();
        records.push(record("lost", december + 5_000, "117"));
        records.push(Record {
            answered_at: None,
            ..record("rang", december, to)
        });
        let found = reconcile(&calls, &records, &numbers);
        let made = months(&records, &found, &zone, 0.96);
        let counts = |m: &Month| (m.answered, m.recorded, m.in_error, m.met);
        assert_eq!(counts(&made[0]), (20, 19, 0, false), "{made:#?}");
        assert_eq!(counts(&made[1]), (1, 0, 1, false));
        assert!(months(&records, &found, &zone, 0.95)[0].met);
        assert_eq!(months(&[], &[], &zone, 0.95), []);
    }

    /// What one would do by hand: each record beside each call.
    fn by_hand(calls: &[Seen], records: &[Record], numbers: &Numbers) -> usize {
        let mut taken = HashSet::new();
        let mut unseen = 0;
        for record in records {
            let all = calls.iter().enumerate();
            let fits = all.filter(|(i, c)| !taken.contains(i) && is_same(c, record, numbers));
            let nearest = fits
                .map(|(i, c)| ((c.started_at - record.started_at).0.abs(), i))
                .min();
            match nearest {
                Some((_, i)) => {
                    taken.insert(i);
                }
                None => unseen += 1,
            }
        }
        unseen
    }

    proptest::proptest! {
        /// The window finds what a look at all of them finds.
        #[test]
        fn a_window_is_as_good_as_all(
            starts in proptest::collection::vec((0i64..400, 0usize..3), 0..40),
            told in proptest::collection::vec((0i64..400, 0usize..3), 1..40),
        ) {
            let numbers = Numbers::new("DE", "").unwrap();
            let to = ["040555010", "040555020", "040555030"];
            let calls: Vec<Seen> = starts
                .iter()
                .enumerate()
                .map(|(n, (at, who))| Seen {
                    from: None,
                    ..seen(&format!("c{n}"), *at, to[*who])
                })
                .collect();
            let mut records: Vec<Record> = told
                .iter()
                .enumerate()
                .map(|(n, (at, who))| record(&format!("r{n}"), *at, to[*who]))
                .collect();
            records.sort_by_key(|r| r.started_at);
            let found = reconcile(&calls, &records, &numbers);
            let unseen = found.iter().filter(|d| d.kind == Kind::NotSeen).count();
            proptest::prop_assert_eq!(unseen, by_hand(&calls, &records, &numbers));
        }
    }
}
