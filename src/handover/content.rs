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

/// What an attachment may be: documents, pictures and films, and nothing that runs.
const KINDS: [&str; 17] = [
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "txt", "png", "jpg",
    "jpeg", "webp", "mp4", "webm",
];
/// In bytes.
pub const LARGEST_FILE: usize = 5_000_000;
const LONGEST_NAME: usize = 120;

/// The name under which a file is kept and saved: its last part, without what a file system or a
/// header takes for something else.
///
/// # Errors
/// In words, when it is none, or of a kind that is not sent.
pub fn file_name(given: &str) -> Result<String, String> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !"\"<>:|?*".contains(*c))
        .collect();
    let kept = kept.trim().trim_start_matches('.');
    let Some((stem, kind)) = kept.rsplit_once('.') else {
        return Err("The file has no ending that says what it is, such as .pdf.".to_owned());
    };
    let kind = kind.to_lowercase();
    if !KINDS.contains(&kind.as_str()) {
        return Err(format!("A file is one of: {}.", KINDS.join(", ")));
    }
    let stem: String = stem.trim().chars().take(LONGEST_NAME).collect();
    match stem.is_empty() {
        true => Err("The file has no name.".to_owned()),
        false => Ok(format!("{stem}.{kind}")),
    }
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
    fn a_file_keeps_its_name_and_nothing_of_its_way() {
        for (given, kept) in [
            ("Preisliste 2026.PDF", "Preisliste 2026.pdf"),
            ("C:\\Users\\mia\\a.docx", "a.docx"),
            ("../../etc/x.pdf", "x.pdf"),
            ("a\"; filename=\"b.exe.pdf", "a; filename=b.exe.pdf"),
            ("..hidden\n.png", "hidden.png"),
            ("größe.mp4", "größe.mp4"),
        ] {
            assert_eq!(file_name(given).as_deref(), Ok(kept), "{given}");
        }
        for given in [
            "", "pdf", ".pdf", " .pdf", "run.exe", "a.html", "a.svg", "a.pdf/",
        ] {
            assert!(file_name(given).is_err(), "{given}");
        }
        let long = file_name(&format!("{}.pdf", "n".repeat(4_000))).unwrap();
        assert_eq!(long.len(), LONGEST_NAME + 4);
    }

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
