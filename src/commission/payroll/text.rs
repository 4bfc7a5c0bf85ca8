//! Amounts and names as text of a file.

/// An amount in minor units as a decimal number, such as `-12.30`; without digits after the mark
/// where the currency has none.
#[must_use]
pub fn decimal(minor: i64, exponent: u32, mark: char) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = exponent as usize;
    let all = format!("{:0width$}", minor.unsigned_abs(), width = digits + 1);
    let (whole, part) = all.split_at(all.len() - digits);
    match part {
        "" => format!("{sign}{whole}"),
        part => format!("{sign}{whole}{mark}{part}"),
    }
}

/// Text that no spreadsheet takes for a formula: an apostrophe in front of what would be one, and
/// no control characters. Blanks in front of a sign do not hide it.
#[must_use]
pub fn plain(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let first = clean.trim_start().chars().next();
    // The full-width signs are read as their ASCII ones by some programs.
    let formula = first.is_some_and(|c| "=+-@＝＋－＠".contains(c));
    if formula || text.starts_with(['\t', '\r', '\n']) {
        format!("'{clean}")
    } else {
        clean
    }
}

/// A field of a CSV file (RFC 4180): quoted where it must be.
#[must_use]
pub fn field(text: &str) -> String {
    match text.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_the_digits_of_its_currency() {
        for (minor, exponent, text) in [
            (0, 2, "0,00"),
            (5, 2, "0,05"),
            (-5, 2, "-0,05"),
            (123_456, 2, "1234,56"),
            (1200, 0, "1200"),
            (1, 3, "0,001"),
            (i64::MIN, 4, "-922337203685477,5808"),
        ] {
            assert_eq!(decimal(minor, exponent, ','), text);
        }
    }

    #[test]
    fn no_text_is_a_formula() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ("\t=1", "'=1"),
            ("\r\nx", "'x"),
            ("＝1", "'＝1"),
            ("Ines Okafor", "Ines Okafor"),
            ("O'Neill-Smith", "O'Neill-Smith"),
        ] {
            assert_eq!(plain(text), safe, "{text:?}");
        }
    }

    #[test]
    fn a_field_is_quoted_where_it_must_be() {
        assert_eq!(field("Okafor, Ines"), "\"Okafor, Ines\"");
        assert_eq!(field("the \"Duke\""), "\"the \"\"Duke\"\"\"");
        assert_eq!(field("plain"), "plain");
    }
}
