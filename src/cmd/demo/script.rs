//! What the demo's house did in the weeks before: who dialled whom at what time, and what came of
//! it. The same every time, so that what a newcomer reads is what the manual shows.

use crate::units::{Micros, WallTime};

/// Somebody who dials: login, extension, and which of the two clients they work for.
pub const CALLERS: [(&str, &str, House); 3] = [
    ("ines", "201", House::Northlight),
    ("tom", "202", House::Northlight),
    ("sofia", "203", House::Calder),
];

/// A client of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum House {
    Northlight,
    Calder,
}

/// What came of a dial; each stands for captures that real phones made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Nobody answered, it was busy, or it was declined.
    Nothing(&'static str),
    Voicemail,
    /// A conversation, and whether its telemarketer claims the lead.
    Talked {
        capture: &'static str,
        claimed: bool,
    },
}

impl Came {
    /// The capture by which the recorder hears it.
    #[must_use]
    pub fn capture(self) -> &'static str {
        match self {
            Came::Nothing(capture) | Came::Talked { capture, .. } => capture,
            Came::Voicemail => "voicemail",
        }
    }
}

/// A dial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    pub at: WallTime,
    /// Place in [`CALLERS`].
    pub caller: usize,
    /// Of the client's leads of the past, from 0 on.
    pub lead: usize,
    pub came: Came,
}

/// A lead of the past, by its place among its client's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastLead {
    pub id: String,
    pub company: String,
    pub contact: &'static str,
    /// In E.164, as long as the numbers in the captures.
    pub number: String,
    pub source: &'static str,
}

/// Leads that come in each week, by client.
pub const A_WEEK: [(House, usize); 2] = [(House::Northlight, 9), (House::Calder, 5)];

/// Who sends them, by client.
pub const SUPPLIERS: [&str; 2] = ["Hanse Listen", "Thames Data"];

/// What a lead of some sources costs, and in which currency, by client.
pub const COSTS: [(&[(&str, i64)], &str); 2] = [
    (
        &[
            ("website request", 1_200),
            ("webinar", 3_450),
            ("trade show", 5_800),
        ],
        "EUR",
    ),
    (&[("website request", 950), ("mailing", 180)], "GBP"),
];

const NAMES: [&str; 12] = [
    "Albers",
    "Brinkmann",
    "Castell",
    "Dahl",
    "Eckert",
    "Falk",
    "Gruber",
    "Hansen",
    "Ihle",
    "Jansen",
    "Lindner",
    "Marx",
];
const TRADES: [&str; 12] = [
    "Logistik",
    "Bau",
    "Möbel",
    "Energie",
    "Handel",
    "Reisen",
    "Kühlung",
    "Druck",
    "Technik",
    "Spedition",
    "Optik",
    "Werke",
];
const CONTACTS: [&str; 6] = [
    "Jana Albers",
    "Peter Voss",
    "Maria Klein",
    "Robert Lang",
    "Karin Feld",
    "Ole Brandt",
];
const SOURCES: [&str; 6] = [
    "website request",
    "trade show",
    "webinar",
    "mailing",
    "referral",
    "self-generated",
];

/// A client's lead, by its place.
#[must_use]
pub fn lead(house: House, place: usize) -> PastLead {
    let (prefix, letter, shift) = match house {
        House::Northlight => ("+4940555", 'N', 0),
        House::Calder => ("+4420755", 'C', 5),
    };
    let name = NAMES[(place + shift) % NAMES.len()];
    let trade = TRADES[(place / NAMES.len() + place + shift) % TRADES.len()];
    PastLead {
        id: format!("{letter}-{:04}", 2_000 + place),
        company: format!("{name} {trade}"),
        contact: CONTACTS[place % CONTACTS.len()],
        number: format!("{prefix}{:05}", 20_000 + place * 37),
        source: SOURCES[(place * 5 + place / 6) % SOURCES.len()],
    }
}

/// Numbers that look drawn, and are the same every time (splitmix64, S. Vigna 2015).
struct Drawn(u64);

impl Drawn {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn percent(&mut self) -> u64 {
        self.next() % 100
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let place = self.next() % all.len().max(1) as u64;
        all[usize::try_from(place).unwrap_or(0)]
    }
}

/// Dials of one person in a day.
const A_DAY: usize = 6;
const MINUTE: i64 = 60_000_000;

/// How many of a hundred connect in a slot: those just before the hour, and early and late in the
/// day, connect more often. That is what the report of the slots is to find.
fn connects(minute_of_day: i64) -> u64 {
    let slot = if minute_of_day % 60 >= 50 { 34 } else { 14 };
    let outside = !(630..870).contains(&minute_of_day);
    if outside { slot + 8 } else { slot }
}

/// The dials of one day, in their order. `day` counts working days from 0 on, and `midnight` is
/// when it begins; `known` are the leads of each client that have come in by then.
#[must_use]
pub fn day(day: usize, midnight: WallTime, known: [usize; 2]) -> Vec<Dial> {
    let mut drawn = Drawn(20_261_129 + day as u64);
    let mut dials = Vec::with_capacity(A_DAY * CALLERS.len());
    for round in 0..A_DAY {
        let late = i64::try_from(drawn.next() % 78).unwrap_or(0);
        for (caller, (_, _, house)) in CALLERS.iter().enumerate() {
            let known = known[*house as usize];
            if known == 0 {
                continue;
            }
            // One after the other, three minutes apart: the captures share addresses and ports.
            let minute = 8 * 60 + (round * 90 + caller * 4) as i64 + late;
            let at = midnight + Micros(minute * MINUTE);
            // Those of the last two weeks: older ones were talked to, or given up.
            let recent = known.min(2 * A_WEEK[*house as usize].1);
            let place = drawn.next() % recent.max(1) as u64;
            let lead = known - 1 - usize::try_from(place).unwrap_or(0);
            let came = came(&mut drawn, *house, minute);
            dials.push(Dial {
                at,
                caller,
                lead,
                came,
            });
        }
    }
    dials
}

fn came(drawn: &mut Drawn, house: House, minute: i64) -> Came {
    if drawn.percent() < connects(minute) {
        let (capture, claims) = match (house, drawn.percent()) {
            (House::Northlight, 0..45) => ("full_bant", 90),
            (House::Northlight, 45..65) => ("no_budget", 70),
            (House::Northlight, 65..80) => ("size_only", 60),
            (House::Northlight, _) => ("hold", 0),
            (House::Calder, 0..50) => ("full_bant", 80),
            (House::Calder, _) => ("ipv6", 0),
        };
        let claimed = drawn.percent() < claims;
        return Came::Talked { capture, claimed };
    }
    match drawn.percent() {
        0..15 => Came::Voicemail,
        _ => Came::Nothing(drawn.of(&["cancelled", "cancelled", "busy", "declined"])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_day_is_the_same_every_time_and_no_two_calls_meet() {
        let known = [24, 10];
        let made = day(3, WallTime(0), known);
        assert_eq!(made, day(3, WallTime(0), known));
        assert_ne!(made, day(4, WallTime(0), known));
        let apart = made
            .windows(2)
            .all(|two| two[1].at - two[0].at >= Micros(3 * MINUTE));
        assert!(apart, "{made:#?}");
    }

    #[test]
    fn leads_have_numbers_and_names_of_their_own() {
        let all = |house| (0..96).map(move |n| lead(house, n));
        let numbers: BTreeSet<String> = all(House::Northlight)
            .chain(all(House::Calder))
            .map(|l| l.number)
            .collect();
        assert_eq!(numbers.len(), 192);
        assert!(numbers.iter().all(|n| n.len() == 13));
        let companies: BTreeSet<String> = all(House::Northlight).map(|l| l.company).collect();
        assert_eq!(companies.len(), 96);
    }

    #[test]
    fn weeks_have_what_reports_are_to_find() {
        let (mut early, mut others) = ((0, 0), (0, 0));
        for n in 0..400 {
            for dial in day(n, WallTime(0), [96, 40]) {
                let minute = dial.at.micros() / MINUTE % 60;
                let count = if minute >= 50 {
                    &mut early
                } else {
                    &mut others
                };
                count.0 += i32::from(matches!(dial.came, Came::Talked { .. }));
                count.1 += 1;
            }
        }
        assert!(
            early.0 * others.1 > 2 * others.0 * early.1 * 9 / 10,
            "{early:?} {others:?}"
        );
    }
}
