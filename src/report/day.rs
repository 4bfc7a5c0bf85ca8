//! A client's calls of one day as reports count them, in one text: a report of a year reads some
//! 260 of these instead of a row per call.
//!
//! The text is JSON. Each id and each number of ours stands in it once, in the order of its bytes;
//! the calls are base64 of [`CALL_BYTES`] bytes each, little endian:
//!
//! ```text
//!  0  u16  minute of the day, in the house's time zone
//!  2  u8   flags, from 1 on: answered, nobody was reached, a meeting was made, the prospect's
//!          number is known, marked as voicemail, marked as somebody who was talked to
//!  3  u8   replies; 255: so many or more
//!  4  u32  the other side's speech after the answer, in milliseconds
//!  8  u32  who made it, by place in `people`
//! 12  u32  the number shown, by place in `numbers`
//! 16  u32  its lead's campaign, by place in `campaigns`; empty there: none
//! 20  i64  tells the prospects' numbers apart
//! ```

use crate::report::talk::FEWEST_REPLIES;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a call takes.
const CALL_BYTES: usize = 28;
const MINUTES: u16 = 1_440;

const ANSWERED: u8 = 1;
const NOBODY: u8 = 2;
const MEETING: u8 = 4;
const KNOWN: u8 = 8;
const MACHINE: u8 = 16;
const PERSON: u8 = 32;

/// Why a text is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text of a day's calls does not read")]
pub struct Unreadable;

/// What whoever made an answered call said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Voicemail,
    /// Somebody was talked to.
    Person,
}

/// A call as it is told, with ids and numbers as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// Of the day.
    pub minute: i64,
    pub person: &'a str,
    /// Our number; empty: none was shown.
    pub shown: &'a str,
    /// Empty: none is known.
    pub campaign: &'a str,
    pub answered: bool,
    /// Whoever made it says that nobody was reached.
    pub nobody: bool,
    pub meeting: bool,
    pub mark: Option<Mark>,
    pub speech_ms: i64,
    pub replies: i64,
    /// Tells the prospects' numbers apart; `None`: none is known.
    pub prospect: Option<i64>,
}

/// A call of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    minute: u16,
    flags: u8,
    replies: u8,
    speech_ms: u32,
    /// Places in the day's lists.
    pub person: u32,
    pub shown: u32,
    pub campaign: u32,
    prospect: i64,
}

impl Call {
    /// Of the day.
    #[must_use]
    pub fn minute(&self) -> i64 {
        i64::from(self.minute)
    }

    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.flags & ANSWERED != 0
    }

    #[must_use]
    pub fn is_meeting(&self) -> bool {
        self.flags & MEETING != 0
    }

    /// The other side replied as often as a person does.
    #[must_use]
    pub fn is_replied(&self) -> bool {
        i64::from(self.replies) >= FEWEST_REPLIES
    }

    /// It connected: answered, by a person, with so much of the other side's speech.
    #[must_use]
    pub fn is_connect(&self, connect_ms: i64) -> bool {
        self.flags & (ANSWERED | NOBODY) == ANSWERED
            && i64::from(self.speech_ms) >= connect_ms
            && self.is_replied()
    }

    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        match self.flags & (MACHINE | PERSON) {
            0 => None,
            MACHINE => Some(Mark::Voicemail),
            _ => Some(Mark::Person),
        }
    }

    #[must_use]
    pub fn prospect(&self) -> Option<i64> {
        (self.flags & KNOWN != 0).then_some(self.prospect)
    }

    fn put(&self, to: &mut Vec<u8>) {
        to.extend(self.minute.to_le_bytes());
        to.extend([self.flags, self.replies]);
        for word in [self.speech_ms, self.person, self.shown, self.campaign] {
            to.extend(word.to_le_bytes());
        }
        to.extend(self.prospect.to_le_bytes());
    }

    fn read(bytes: &[u8; CALL_BYTES]) -> Call {
        let (head, words) = bytes.split_at(4);
        let (words, prospect) = words.split_at(16);
        let word = |n: usize| u32::from_le_bytes(take(words, n * 4));
        Call {
            minute: u16::from_le_bytes(take(head, 0)),
            flags: head[2],
            replies: head[3],
            speech_ms: word(0),
            person: word(1),
            shown: word(2),
            campaign: word(3),
            prospect: i64::from_le_bytes(take(prospect, 0)),
        }
    }
}

/// So many bytes from a place on, which are there.
fn take<const N: usize>(bytes: &[u8], from: usize) -> [u8; N] {
    let part = bytes.get(from..from + N);
    part.and_then(|p| p.first_chunk())
        .copied()
        .unwrap_or([0; N])
}

/// A client's calls of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Since 1970-01-01 in the house's time zone.
    pub day: i64,
    pub people: Vec<String>,
    pub numbers: Vec<String>,
    pub campaigns: Vec<String>,
    pub calls: Vec<Call>,
}

#[derive(Serialize, Deserialize)]
struct Text<'a> {
    people: Vec<String>,
    numbers: Vec<String>,
    campaigns: Vec<String>,
    calls: &'a str,
}

impl Day {
    /// The calls of a day, in the order in which they are given.
    #[must_use]
    pub fn of(day: i64, rows: &[Row<'_>]) -> Day {
        let people = places(rows.iter().map(|r| r.person));
        let numbers = places(rows.iter().map(|r| r.shown));
        let campaigns = places(rows.iter().map(|r| r.campaign));
        let call = |r: &Row<'_>| Call {
            minute: u16::try_from(r.minute).unwrap_or(0).min(MINUTES - 1),
            flags: flags(r),
            replies: u8::try_from(r.replies).unwrap_or(u8::MAX),
            speech_ms: u32::try_from(r.speech_ms).unwrap_or(u32::MAX),
            person: people[r.person],
            shown: numbers[r.shown],
            campaign: campaigns[r.campaign],
            prospect: r.prospect.unwrap_or(0),
        };
        let texts = |of: &BTreeMap<&str, u32>| of.keys().map(|t| (*t).to_owned()).collect();
        Day {
            day,
            calls: rows.iter().map(call).collect(),
            people: texts(&people),
            numbers: texts(&numbers),
            campaigns: texts(&campaigns),
        }
    }

    /// As it is kept.
    ///
    /// # Errors
    /// None that texts can cause.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let mut bytes = Vec::with_capacity(self.calls.len() * CALL_BYTES);
        self.calls.iter().for_each(|call| call.put(&mut bytes));
        serde_json::to_string(&Text {
            people: self.people.clone(),
            numbers: self.numbers.clone(),
            campaigns: self.campaigns.clone(),
            calls: &STANDARD_NO_PAD.encode(bytes),
        })
    }

    /// Reads what was kept of a day.
    ///
    /// # Errors
    /// For what [`Day::text`] does not make.
    pub fn read(day: i64, text: &str) -> Result<Day, Unreadable> {
        let kept: Text = serde_json::from_str(text).map_err(|_| Unreadable)?;
        let bytes = STANDARD_NO_PAD.decode(kept.calls).map_err(|_| Unreadable)?;
        let (calls, rest) = bytes.as_chunks::<CALL_BYTES>();
        let read = Day {
            day,
            calls: calls.iter().map(Call::read).collect(),
            people: kept.people,
            numbers: kept.numbers,
            campaigns: kept.campaigns,
        };
        if rest.is_empty() && read.calls.iter().all(|call| read.holds(call)) {
            Ok(read)
        } else {
            Err(Unreadable)
        }
    }

    /// A call is of a minute of the day, and its places are in the lists.
    fn holds(&self, call: &Call) -> bool {
        let within = |place: u32, list: &[String]| (place as usize) < list.len();
        call.minute < MINUTES
            && within(call.person, &self.people)
            && within(call.shown, &self.numbers)
            && within(call.campaign, &self.campaigns)
    }
}

/// Texts, each once, and their places by the order of their bytes.
fn places<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, u32> {
    let mut places: BTreeMap<&str, u32> = texts.map(|text| (text, 0)).collect();
    for (place, at) in (0..).zip(places.values_mut()) {
        *at = place;
    }
    places
}

fn flags(row: &Row<'_>) -> u8 {
    let set = [
        (row.answered, ANSWERED),
        (row.nobody, NOBODY),
        (row.meeting, MEETING),
        (row.prospect.is_some(), KNOWN),
        (row.mark == Some(Mark::Voicemail), MACHINE),
        (row.mark == Some(Mark::Person), PERSON),
    ];
    set.iter()
        .filter(|(is_set, _)| *is_set)
        .map(|(_, flag)| flag)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row<'a>(
        (minute, person, shown, campaign): (i64, &'a str, &'a str, &'a str),
        (bits, speech_ms, replies, prospect): (u8, i64, i64, Option<i64>),
    ) -> Row<'a> {
        let marks = [None, Some(Mark::Voicemail), Some(Mark::Person)];
        Row {
            minute,
            person,
            shown,
            campaign,
            answered: bits & 1 != 0,
            nobody: bits & 2 != 0,
            meeting: bits & 4 != 0,
            mark: marks[usize::from(bits / 8 % 3)],
            speech_ms,
            replies,
            prospect,
        }
    }

    fn told<'a>(day: &'a Day, call: &'a Call) -> Row<'a> {
        Row {
            minute: call.minute(),
            person: &day.people[call.person as usize],
            shown: &day.numbers[call.shown as usize],
            campaign: &day.campaigns[call.campaign as usize],
            answered: call.is_answered(),
            nobody: call.flags & NOBODY != 0,
            meeting: call.is_meeting(),
            mark: call.mark(),
            speech_ms: i64::from(call.speech_ms),
            replies: i64::from(call.replies),
            prospect: call.prospect(),
        }
    }

    proptest! {
        /// Whatever the calls are, their text says the same.
        #[test]
        fn a_day_reads_as_it_was_written(
            rows in proptest::collection::vec(
                (0_i64..1_440, "[a-c]", "[\"\\\\+é0-2]{0,2}", "[xy]?", any::<u8>(), 0_i64..90_000, 0_i64..256, any::<Option<i64>>()),
                0..40,
            ),
        ) {
            let rows: Vec<Row> = rows
                .iter()
                .map(|(m, p, s, c, bits, ms, n, of)| row((*m, p, s, c), (*bits, *ms, *n, *of)))
                .collect();
            let made = Day::of(20_000, &rows);
            let read = Day::read(20_000, &made.text().unwrap()).unwrap();
            prop_assert_eq!(&read, &made);
            let told: Vec<Row> = read.calls.iter().map(|call| told(&read, call)).collect();
            prop_assert_eq!(told, rows);
            prop_assert!(read.numbers.is_sorted());
        }
    }

    #[test]
    fn a_connect_is_answered_by_somebody_who_speaks_and_replies() {
        let of = |bits, speech_ms, replies| {
            let rows = [row((0, "p", "", ""), (bits, speech_ms, replies, None))];
            Day::of(0, &rows).calls[0].is_connect(20_000)
        };
        assert!(of(1, 20_000, 2) && of(1, i64::MAX, i64::MAX));
        assert!(!of(0, 20_000, 2) && !of(3, 20_000, 2));
        assert!(!of(1, 19_999, 2) && !of(1, 20_000, 1));
    }

    #[test]
    fn what_points_beside_the_lists_does_not_read() {
        let rows = [row((600, "p", "200", ""), (1, 1, 1, None))];
        let day = Day::of(0, &rows);
        let text = day.text().unwrap();
        assert!(Day::read(0, &text).is_ok());
        let with = |change: fn(&mut Day)| {
            let mut other = day.clone();
            change(&mut other);
            Day::read(0, &other.text().unwrap())
        };
        assert_eq!(with(|d| d.calls[0].person = 1), Err(Unreadable));
        assert_eq!(with(|d| d.calls[0].minute = 1_440), Err(Unreadable));
        assert_eq!(with(|d| d.numbers.clear()), Err(Unreadable));
        let short = text.replace("AAAAAAAA", "AAAAAAA");
        assert_eq!(Day::read(0, &short), Err(Unreadable));
        assert_eq!(Day::read(0, ""), Err(Unreadable));
    }
}
