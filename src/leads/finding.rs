//! The words by which a lead is found: beginnings of them are searched, so that a list of a million
//! answers at once.

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// No lead has more words; what is left of a longer one is found by its beginning.
const MOST_WORDS: usize = 16;
const LONGEST_WORD: usize = 32;

/// Letters as one sign each, where a list or a keyboard gives them as a letter and its accent
/// (UAX #15, form C): `u` and `¨` are `ü`.
fn composed(text: &str) -> Cow<'_, str> {
    match is_nfc(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.nfc().collect()),
    }
}

/// A name by which case and the way that accents are put together make no difference, on either
/// database: `MÜLLER` and `Müller`, `STRASSE` and `Straße`. Of ASCII it is what `LOWER` gives.
#[must_use]
pub fn folded(name: &str) -> String {
    // Upwards first: letters that have two capitals, or two small forms, become one.
    let small = composed(name).to_uppercase().to_lowercase();
    composed(&small).into_owned()
}

/// The words of some texts, small, each once.
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        for word in composed(text).split(|c: char| !c.is_alphanumeric()) {
            let word: String = word.to_lowercase().chars().take(LONGEST_WORD).collect();
            if !word.is_empty() && !found.contains(&word) && found.len() < MOST_WORDS {
                found.push(word);
            }
        }
    }
    found
}

/// The digits of a telephone number as one word, without zeros before: `040 555` and `+49 40 555`
/// are found by how they are written down.
pub fn number_word(given: &str) -> String {
    let digits: String = given.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').to_owned()
}

/// How leads are looked up by words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// The list is walked in its order: most leads have the words.
    Walk,
    /// By this word, which few have.
    Word(usize),
    /// By those that have all of the words: each is common, and together they are not.
    All,
}

/// What somebody types: at most three words. One that looks like a telephone number is one word.
pub fn asked(text: &str) -> Vec<String> {
    let plain = |c: char| c.is_ascii_digit() || " +()-/.".contains(c);
    if text.chars().all(plain) && text.chars().filter(char::is_ascii_digit).count() >= 4 {
        return vec![number_word(text)];
    }
    let mut words = words([text]);
    words.truncate(3);
    words
}

/// The beginning of a number in E.164, where somebody types one as `+49 40` or `0049 40`.
pub fn number_begins(text: &str) -> Option<String> {
    let text = text.trim();
    let international = text.strip_prefix('+').or_else(|| text.strip_prefix("00"))?;
    let plain = |c: char| c.is_ascii_digit() || " ()-/.".contains(c);
    let digits: String = international.chars().filter(char::is_ascii_digit).collect();
    (international.chars().all(plain) && digits.len() >= 2).then(|| format!("+{digits}"))
}

/// What a word that begins so lies before.
pub fn end_of(word: &str) -> String {
    format!("{word}\u{10ffff}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_makes_no_difference_to_names_in_any_alphabet() {
        for (one, other) in [
            ("Müller AG", "MÜLLER AG"),
            ("Straße 5", "STRASSE 5"),
            ("Ångström", "ÅNGSTRÖM"),
            ("ΟΔΥΣΣΕΥΣ", "Οδυσσευς"),
            ("Čapek, s.r.o.", "ČAPEK, S.R.O."),
            // A letter and its accent, as some programs write them.
            ("Mu\u{308}ller", "MÜLLER"),
            ("A\u{30a}NGSTRO\u{308}M", "Ångström"),
            ("Việt", "VIE\u{323}\u{302}T"),
        ] {
            assert_eq!(folded(one), folded(other));
        }
        assert_ne!(folded("Müller"), folded("Muller"));
        assert_eq!(folded("Norvik & Co. [A]"), "norvik & co. [a]");
    }

    #[test]
    fn names_and_numbers_are_words() {
        assert_eq!(
            words(["Berger Möbel GmbH & Co.", "L-10", "berger"]),
            ["berger", "möbel", "gmbh", "co", "l", "10"]
        );
        assert_eq!(asked("  Berger mö"), ["berger", "mö"]);
        assert_eq!(asked("mo\u{308}bel"), ["möbel"]);
        assert_eq!(asked("040/555 01"), ["4055501"]);
        assert_eq!(asked("+49 40 555"), ["4940555"]);
        assert!(asked(" - ").is_empty());
        assert_eq!(number_begins("0049 (40) 5").as_deref(), Some("+49405"));
        assert_eq!(number_begins("040 5"), None);
        let end = end_of("mö");
        assert!("möbel" < end.as_str() && "mü" > end.as_str());
    }
}
