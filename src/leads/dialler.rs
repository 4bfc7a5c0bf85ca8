//! What diallers say of a call when it is over, in their own words.

use super::Disposition;
use crate::units::Word;

/// VICIdial's statuses, and what others call the same.
const WORDS: [(&str, Disposition); 26] = [
    ("a", Disposition::Voicemail),
    ("aa", Disposition::Voicemail),
    ("al", Disposition::Voicemail),
    ("am", Disposition::Voicemail),
    ("machine", Disposition::Voicemail),
    ("answering_machine", Disposition::Voicemail),
    ("ab", Disposition::NoAnswer),
    ("adc", Disposition::NoAnswer),
    ("b", Disposition::NoAnswer),
    ("busy", Disposition::NoAnswer),
    ("dc", Disposition::NoAnswer),
    ("drop", Disposition::NoAnswer),
    ("n", Disposition::NoAnswer),
    ("na", Disposition::NoAnswer),
    ("noanswer", Disposition::NoAnswer),
    ("callbk", Disposition::CallBack),
    ("cbhold", Disposition::CallBack),
    ("callback", Disposition::CallBack),
    ("dnc", Disposition::DoNotCall),
    ("dncc", Disposition::DoNotCall),
    ("dncl", Disposition::DoNotCall),
    ("ni", Disposition::NotInterested),
    ("np", Disposition::NotInterested),
    ("sale", Disposition::Conversation),
    ("xfer", Disposition::Conversation),
    ("qualified", Disposition::Conversation),
];

/// The disposition that a dialler means: one of ours, or one of its own statuses.
#[must_use]
pub fn disposition(word: &str) -> Option<Disposition> {
    let plain = word.trim().to_lowercase().replace([' ', '-'], "_");
    let own = Disposition::from_word(&plain).ok();
    let known = || WORDS.iter().find(|(theirs, _)| *theirs == plain);
    own.or_else(|| known().map(|(_, d)| *d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diallers_status_is_one_of_our_words() {
        assert_eq!(disposition("NI"), Some(Disposition::NotInterested));
        assert_eq!(disposition("Call back"), Some(Disposition::CallBack));
        assert_eq!(disposition("CALLBK"), Some(Disposition::CallBack));
        assert_eq!(disposition("QUEUE"), None);
    }
}
