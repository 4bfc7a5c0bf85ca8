//! When two numbers name the same party.

/// Whether two user parts name the same party: equal, or numbers that end alike, as with and
/// without prefixes.
pub(super) fn same(a: Option<&str>, b: Option<&str>) -> bool {
    let (Some(a), Some(b)) = (a, b) else {
        return false;
    };
    if a.eq_ignore_ascii_case(b) {
        return !a.eq_ignore_ascii_case("anonymous") && !a.eq_ignore_ascii_case("unknown");
    }
    let digits = |n: &str| -> Option<String> {
        let digits: String = n
            .chars()
            .filter(|c| !matches!(c, '+' | '-' | '.' | ' ' | '(' | ')'))
            .collect();
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.trim_start_matches('0').to_owned())
    };
    let (Some(a), Some(b)) = (digits(a), digits(b)) else {
        return false;
    };
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.len() >= 6 && long.ends_with(&short)
}

/// What two numbers that name the same party have in common; `None` for a number that is no one's.
pub(super) fn alike(number: &str) -> Option<String> {
    const SHORTEST: usize = 6;
    let is_mark = |c: char| matches!(c, '+' | '-' | '.' | ' ' | '(' | ')');
    let digits: String = number.chars().filter(|c| !is_mark(*c)).collect();
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        let digits = digits.trim_start_matches('0');
        if let Some(start) = digits.len().checked_sub(SHORTEST) {
            return Some(digits[start..].to_owned());
        }
    }
    let text = number.to_ascii_lowercase();
    (text != "anonymous" && text != "unknown").then_some(text)
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_the_same_with_and_without_prefixes_and_nobody_is_nobody() {
        let same = |a, b| super::same(Some(a), Some(b));
        assert!(
            same("201", "201")
                && same("+494055501010", "0004940 555-01010")
                && same("040 55501010", "+494055501010")
                && same("Alice", "alice")
        );
        for (a, b) in [
            ("0004940 555-01010", "+494055501010"),
            ("Alice", "alice"),
            ("201", "201"),
        ] {
            assert_eq!(super::alike(a), super::alike(b), "{a}");
        }
        assert_eq!(super::alike("Anonymous"), None);
        assert!(
            !same("201", "1201")
                && !same("anonymous", "anonymous")
                && !same("501010", "4915501011")
                && !super::same(None, None)
        );
    }
}
