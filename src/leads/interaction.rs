//! What a contact read or attended, and when (PRODUCT L1): a text of entries, separated by
//! semicolons or ends of lines. One that begins with its day, or its moment, has a place in time;
//! the others stay text.

use crate::leads::import::{OLDEST, moment};
use crate::units::WallTime;

/// Characters of an entry.
pub const LONGEST: usize = 200;

/// An entry that has its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// A day begins at midnight UTC.
    pub at: WallTime,
    /// 1 to [`LONGEST`] characters.
    pub what: String,
}

impl Interaction {
    /// One that happened before now and after 2000; a longer text is cut.
    #[must_use]
    pub fn new(at: WallTime, what: &str, now: WallTime) -> Option<Interaction> {
        let what = what.trim_matches(|c: char| c.is_whitespace() || ":,-–".contains(c));
        let is_past = at >= OLDEST && at <= now;
        (is_past && !what.is_empty()).then(|| Interaction {
            at,
            what: what.chars().take(LONGEST).collect(),
        })
    }
}

/// The entries of a text that begin with a time, as they stand: `2026-11-20 read the fleet guide;
/// 21.11.2026 10:30 asked for a price`.
#[must_use]
pub fn dated(text: &str, now: WallTime) -> Vec<Interaction> {
    let entries = text.split([';', '\n']).map(str::trim);
    entries.filter_map(|entry| one(entry, now)).collect()
}

fn one(entry: &str, now: WallTime) -> Option<Interaction> {
    if !entry.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (first, rest) = word(entry);
    let day = moment(first)?;
    // A day and a time of day; else a day, or a moment, alone.
    let (second, after) = word(rest);
    let date: String = day.to_string().chars().take("2026-11-20".len()).collect();
    let both = moment(&format!("{date} {second}"));
    match both.filter(|_| second.contains(':')) {
        Some(at) => Interaction::new(at, after, now),
        None => Interaction::new(day, rest, now),
    }
}

/// The first word, without what separates it, and what follows.
fn word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word.trim_end_matches([':', ',']), rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(String, String)> {
        let now = "2026-11-29T10:00:00Z".parse().unwrap();
        let told = dated(text, now).into_iter();
        told.map(|i| (i.at.to_string(), i.what)).collect()
    }

    #[test]
    fn entries_that_begin_with_their_time_are_told_and_others_are_text() {
        let text = "2026-11-20 read the fleet guide; 21.11.2026 10:30 asked for a price\nlikes tea\n\
            2026-11-22T08:00:00Z: webinar, to the end; 2026-12-24 is to come; 1999-01-01 too old; \
            2026-11-23; 20 trucks";
        let one = |at: &str, what: &str| (at.to_owned(), what.to_owned());
        assert_eq!(
            told(text),
            [
                one("2026-11-20T00:00:00.000000Z", "read the fleet guide"),
                one("2026-11-21T10:30:00.000000Z", "asked for a price"),
                one("2026-11-22T08:00:00.000000Z", "webinar, to the end"),
            ]
        );
    }

    #[test]
    fn a_long_entry_is_cut_and_none_is_empty() {
        let text = format!("2026-11-20 {}", "é".repeat(300));
        assert_eq!(told(&text)[0].1.chars().count(), LONGEST);
        assert_eq!(told("2026-11-20 - ;; 2026-11-20:"), []);
    }
}
