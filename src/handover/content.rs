//! Which content fits a lead, or the words that somebody looks for.

use crate::leads::BuyerStage;
use crate::leads::finding::folded;
use std::collections::BTreeSet;

/// What is known of a piece.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    pub title: &'a str,
    pub theme: &'a str,
    pub topic: &'a str,
    pub pain: &'a str,
    /// The buyer's stage that it is for; `None`: for any.
    pub stage: Option<BuyerStage>,
}

/// What is wanted: words that somebody looks for, or what is known of a lead.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    Words(&'a str),
    Lead {
        theme: &'a str,
        pain: &'a str,
        /// `None`: nobody has said.
        stage: Option<BuyerStage>,
    },
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
    let all = text.split(|c: char| !c.is_alphanumeric()).map(folded);
    all.filter(|w| w.chars().count() >= SHORTEST).collect()
}

/// How well a piece fits; 0: not at all.
#[must_use]
pub fn score(piece: &Piece<'_>, wanted: &Wanted<'_>) -> i64 {
    let stage = piece.stage.map_or("", BuyerStage::as_str);
    let fields = [piece.title, piece.theme, piece.topic, piece.pain, stage];
    let said = words(&fields.join(" "));
    match wanted {
        Wanted::Words(text) => {
            let text = folded(text.trim());
            let whole = fields
                .iter()
                .any(|field| !text.is_empty() && folded(field).contains(&text));
            let common = words(&text).intersection(&said).count();
            i64::try_from(common).unwrap_or(0) + i64::from(whole) * 10
        }
        Wanted::Lead { theme, pain, stage } => {
            let same = !theme.is_empty() && folded(theme) == folded(piece.theme);
            let at_stage = stage.is_some() && *stage == piece.stage;
            let common = words(pain).intersection(&words(piece.pain)).count();
            i64::try_from(common).unwrap_or(0) * 2 + i64::from(same) * 3 + i64::from(at_stage)
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
        stage: Some(BuyerStage::Purchase),
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
        let at = |theme, pain, stage| score(&PIECE, &Wanted::Lead { theme, pain, stage });
        let lead = |theme, pain| at(theme, pain, None);
        assert!(lead("Fleet", "drivers lose two hours a day") > lead("Fleet", ""));
        assert_eq!(lead("insurance", "premiums"), 0);
        assert_eq!(lead("", ""), 0);
        // The buyer's stage finds it alone, and puts it before one for another.
        let (same, other) = (Some(BuyerStage::Purchase), Some(BuyerStage::Awareness));
        assert!(at("", "", same) > 0 && at("", "", other) == 0);
        assert!(at("Fleet", "", same) > at("Fleet", "", other));
        assert_eq!(at("Fleet", "", other), lead("Fleet", ""));
        let words = |text| score(&PIECE, &Wanted::Words(text));
        assert!(words("Purchase") > 0 && words("awareness") == 0);
        assert!(words("notes") > 0 && words("NOTES without") > 0);
        assert_eq!((words("tablet"), words(""), words("a")), (0, 0, 10));
    }
}
