//! Bytes as text.

/// Lower-case hex, two digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What hex digits say; none where they are no such text.
#[must_use]
pub fn bytes(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return None;
    }
    let pair = |at: usize| {
        let pair = &digits[at..at + 2];
        let all = pair.bytes().all(|b| b.is_ascii_hexdigit());
        all.then(|| u8::from_str_radix(pair, 16).ok()).flatten()
    };
    (0..digits.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_back_from_their_digits() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes(&hex(&all)), Some(all));
        for bad in ["a", "zz", "+1", "é"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}
