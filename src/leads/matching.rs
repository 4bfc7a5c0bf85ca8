//! Which lead a call belongs to: by a header's id, else by number. What is ambiguous is shown, never guessed (PRODUCT L2).

/// What a call says of its lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeadMatch {
    /// The id stood in the signalling.
    Header(String),
    /// One lead alone has this number.
    Number(String),
    /// Several do: somebody chooses.
    Ambiguous(Vec<String>),
    None,
}

/// Decides between leads found by the header's id and those found by number, each given by its identifier.
pub fn match_lead(by_header: &[String], by_number: &[String]) -> LeadMatch {
    match (by_header, by_number) {
        ([one], _) => LeadMatch::Header(one.clone()),
        // The id stands in several campaigns: the number may tell which is meant.
        ([_, ..], numbers) => {
            let both: Vec<String> = by_header.iter().filter(|l| numbers.contains(l)).cloned().collect();
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
    fn a_header_outranks_a_number_and_two_numbers_are_not_guessed() {
        let ids = |names: &[&str]| names.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        assert_eq!(match_lead(&ids(&["a"]), &ids(&["b", "c"])), LeadMatch::Header("a".into()));
        assert_eq!(match_lead(&ids(&["a", "b"]), &ids(&["b", "c"])), LeadMatch::Header("b".into()));
        assert_eq!(match_lead(&[], &ids(&["b"])), LeadMatch::Number("b".into()));
        assert_eq!(match_lead(&[], &ids(&["b", "c"])), LeadMatch::Ambiguous(ids(&["b", "c"])));
        assert_eq!(match_lead(&[], &[]), LeadMatch::None);
    }
}
