//! Which lead a call belongs to: by a header's id, else by number. What is ambiguous is shown,
//! never guessed (PRODUCT L2).

use crate::units::LeadId;
use crate::words;

words! {
    /// How a call's lead was found.
    pub enum FoundBy: "way a lead was found" {
        /// Its id stood in the signalling.
        Header = "header",
        /// It alone has the number.
        Number = "number",
        /// Somebody chose it.
        Choice = "choice",
    }
}

/// What a call says of its lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeadMatch {
    /// The id stood in the signalling.
    Header(LeadId),
    /// One lead alone has this number.
    Number(LeadId),
    /// Several do: somebody chooses.
    Ambiguous(Vec<LeadId>),
    None,
}

impl LeadMatch {
    /// The one lead that it is.
    #[must_use]
    pub fn settled(&self) -> Option<&LeadId> {
        match self {
            LeadMatch::Header(lead) | LeadMatch::Number(lead) => Some(lead),
            _ => None,
        }
    }
}

/// Headers that hold a lead's id, in the order in which they are believed (PRODUCT L2).
pub const LEAD_HEADERS: [&str; 2] = ["X-Lead-Id", "X-VICIdial-Lead-Id"];

/// The lead's id that VICIdial hides in the display name of From: a letter for the way it was
/// dialled, ten digits of time, ten digits of lead id with zeros before, as in
/// `V11201052070000012345`.
pub fn vicidial_lead(display_name: &str) -> Option<String> {
    let digits = display_name.strip_prefix(['V', 'M', 'Y', 'S', 'D', 'C'])?;
    let all_digits = digits.len() >= 20 && digits.bytes().all(|b| b.is_ascii_digit());
    let id = digits
        .get(digits.len().checked_sub(10)?..)
        .filter(|_| all_digits)?
        .trim_start_matches('0');
    (!id.is_empty()).then(|| id.to_owned())
}

/// Decides between leads found by the header's id and those found by number, each given by its
/// identifier.
pub fn match_lead(by_header: &[LeadId], by_number: &[LeadId]) -> LeadMatch {
    match (by_header, by_number) {
        ([one], _) => LeadMatch::Header(one.clone()),
        // The id stands in several campaigns: the number may tell which is meant.
        ([_, ..], numbers) => {
            let both: Vec<LeadId> = by_header
                .iter()
                .filter(|l| numbers.contains(l))
                .cloned()
                .collect();
            match both.as_slice() {
                [one] => LeadMatch::Header(one.clone()),
                [] => LeadMatch::Ambiguous(by_header.to_vec()),
                _ => LeadMatch::Ambiguous(both),
            }
        }
        ([], [one]) => LeadMatch::Number(one.clone()),
        ([], []) => LeadMatch::None,
        ([], several) => LeadMatch::Ambiguous(several.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vicidials_lead_id_is_found_in_the_display_name() {
        assert_eq!(
            vicidial_lead("V11201052070000012345").as_deref(),
            Some("12345")
        );
        for none in [
            "Ines Okafor",
            "V1234",
            "V1120105207000001234x",
            "V11201052070000000000",
            "11201052070000012345",
        ] {
            assert_eq!(vicidial_lead(none), None, "{none}");
        }
    }

    #[test]
    fn a_header_outranks_a_number_and_two_numbers_are_not_guessed() {
        let ids = |names: &[&str]| names.iter().map(|s| LeadId::from(*s)).collect::<Vec<_>>();
        assert_eq!(
            match_lead(&ids(&["a"]), &ids(&["b", "c"])),
            LeadMatch::Header("a".into())
        );
        assert_eq!(
            match_lead(&ids(&["a", "b"]), &ids(&["b", "c"])),
            LeadMatch::Header("b".into())
        );
        assert_eq!(match_lead(&[], &ids(&["b"])), LeadMatch::Number("b".into()));
        assert_eq!(
            match_lead(&[], &ids(&["b", "c"])),
            LeadMatch::Ambiguous(ids(&["b", "c"]))
        );
        assert_eq!(match_lead(&[], &[]), LeadMatch::None);
    }
}
