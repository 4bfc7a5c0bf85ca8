//! Which content fits a lead, or the words that somebody looks for.

use std::collections::BTreeSet;

/// What is known of a piece.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    pub title: &'a str,
    pub theme: &'a str,
    pub topic: &'a str,
    pub pain: &'a str,
}

/// What is wanted: words that somebody looks for, or what is known of a lead.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    Words(&'a str),
    Lead { theme: &'a str, pain: &'a str },
}

/// Shorter words fit everything.
const SHORTEST: usize = 4;

fn words(text: &str) -> BTreeSet<String> {
    let all = text
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase);
    all.filter(|w| w.chars().count() >= SHORTEST).collect()
}

/// How well a piece fits; 0: not at all.
#[must_use]
pub fn score(piece: &Piece<'_>, wanted: &Wanted<'_>) -> i64 {
    let said = words(&[piece.title, piece.theme, piece.topic, piece.pain].join(" "));
    match wanted {
        Wanted::Words(text) => {
            let text = text.trim().to_lowercase();
            let whole = [piece.title, piece.theme, piece.topic, piece.pain]
                .iter()
                .any(|field| !text.is_empty() && field.to_lowercase().contains(&text));
            let common = words(&text).intersection(&said).count();
            i64::try_from(common).unwrap_or(0) + i64::from(whole) * 10
        }
        Wanted::Lead { theme, pain } => {
            let same = !theme.is_empty() && theme.eq_ignore_ascii_case(piece.theme);
            let common = words(pain).intersection(&words(piece.pain)).count();
            i64::try_from(common).unwrap_or(0) * 2 + i64::from(same) * 3
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: Piece<'_> = Piece {
        title: "Delivery notes without paper",
        theme: "fleet",
        topic: "paperwork",
        pain: "drivers lose hours to paper",
    };

    #[test]
    fn theme_and_pain_find_a_piece_and_so_do_words() {
        let lead = |theme, pain| score(&PIECE, &Wanted::Lead { theme, pain });
        assert!(lead("Fleet", "drivers lose two hours a day") > lead("Fleet", ""));
        assert_eq!(lead("insurance", "premiums"), 0);
        assert_eq!(lead("", ""), 0);
        let words = |text| score(&PIECE, &Wanted::Words(text));
        assert!(words("notes") > 0 && words("NOTES without") > 0);
        assert_eq!((words("tablet"), words(""), words("a")), (0, 0, 10));
    }
}
