//! `GeneralizedTime` as DER writes it (X.690 §11.7): `YYYYMMDDhhmmss`, perhaps a fraction that does
//! not end in 0, and `Z`.

/// Whole seconds since 1970; `None` for another spelling, no day of the calendar, or one before
/// 1970.
pub(super) fn seconds(text: &[u8]) -> Option<u64> {
    let (digits, rest) = text.split_at_checked(14)?;
    if !digits.iter().all(u8::is_ascii_digit) || !is_end(rest) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = digits[from..to].iter();
        digits.fold(0_u64, |n, &d| n * 10 + u64::from(d - b'0'))
    };
    let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
    let (hour, minute, second) = (number(8, 10), number(10, 12), number(12, 14));
    let date = year >= 1970 && (1..=12).contains(&month);
    if !date || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let leap_days = |year: u64| year / 4 - year / 100 + year / 400;
    let before = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969);
    let months: u64 = (1..month).map(|month| days_in(year, month)).sum();
    let days = before + months + day - 1;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// `Z`, or a fraction before it.
fn is_end(rest: &[u8]) -> bool {
    match rest {
        b"Z" => true,
        [b'.', fraction @ .., b'Z'] => {
            fraction.iter().all(u8::is_ascii_digit)
                && fraction.last().is_some_and(|&last| last != b'0')
        }
        _ => false,
    }
}

fn days_in(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_one_spelling() {
        for (text, at) in [
            ("19700101000000Z", 0),
            ("20000229000000Z", 951_782_400),
            ("20261129023906Z", 1_795_919_946),
            ("20261129023906.123Z", 1_795_919_946),
            ("99991231235959.9Z", 253_402_300_799),
        ] {
            assert_eq!(seconds(text.as_bytes()), Some(at), "{text}");
        }
        for wrong in [
            "",
            "Z",
            "20261129023906",
            "20261129023906z",
            "202611290239Z",
            "20261129023906.Z",
            "20261129023906.10Z",
            "20261129023906,1Z",
            "20261129023906+0100",
            "20261129023960Z",
            "20261129026006Z",
            "20261129243906Z",
            "20261131023906Z",
            "20260229000000Z",
            "21000229000000Z",
            "20261301000000Z",
            "20260001000000Z",
            "20260100000000Z",
            "19691231235959Z",
            "2026112902390éZ",
            " 2026112902390Z",
        ] {
            assert_eq!(seconds(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
