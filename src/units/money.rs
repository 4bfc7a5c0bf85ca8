//! Money: whole minor units of an ISO 4217 currency, and sums that refuse to overflow.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Money in minor units (cents, pence) of an ISO 4217 currency. Never a float.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Money {
    /// In the currency's smallest unit, as cents.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

impl Money {
    /// In minor units, as cents, of an ISO 4217 currency.
    pub fn new(minor: i64, currency: &str) -> Money {
        Money {
            minor,
            currency: currency.to_owned(),
        }
    }

    /// The same amount with the other sign.
    pub fn negated(&self) -> Money {
        Money {
            minor: -self.minor,
            currency: self.currency.clone(),
        }
    }

    /// Digits after the decimal point, by ISO 4217: 0 to 4. What is no currency of it has 2.
    #[must_use]
    pub fn exponent(&self) -> u32 {
        exponent_of(&self.currency).unwrap_or(2)
    }

    /// Reads `40`, `40.5` or `40.00` with a currency code.
    ///
    /// # Errors
    /// When ISO 4217 has no such currency, or one without units (gold, test codes); when the amount
    /// is no decimal number, has more digits than the currency, or is more than [`Money::MOST`].
    pub fn parse(amount: &str, currency: &str) -> Result<Money, BadMoney> {
        let digits =
            exponent_of(currency).ok_or_else(|| BadMoney::Currency(currency.to_owned()))? as usize;
        let bad = || BadMoney::Amount {
            amount: amount.to_owned(),
            currency: currency.to_owned(),
            digits,
        };
        let (sign, text) = amount
            .trim()
            .strip_prefix('-')
            .map_or((1, amount.trim()), |rest| (-1, rest));
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty()
            || part.len() > digits
            || !whole
                .bytes()
                .chain(part.bytes())
                .all(|b| b.is_ascii_digit())
        {
            return Err(bad());
        }
        let minor: i64 = format!("{whole}{part:0<digits$}")
            .parse()
            .ok()
            .filter(|minor| *minor <= Money::MOST)
            .ok_or_else(bad)?;
        Ok(Money::new(sign * minor, currency))
    }

    /// The largest amount of one entry or plan, in minor units: far above any commission, and far
    /// below what sums of them can hold.
    pub const MOST: i64 = 10_000_000_000_000;
}

/// Digits after the decimal point; none for what is no currency with units.
fn exponent_of(code: &str) -> Option<u32> {
    let known = iso_currency::Currency::from_code(code)?;
    known.exponent().map(u32::from)
}

/// A sum that no longer fits into 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sum does not fit: one of the amounts cannot be right")]
pub struct Overflow;

/// Sums per currency, by code.
///
/// # Errors
/// [`Overflow`] rather than a wrong sum.
pub fn sum_by_currency<'a>(
    amounts: impl IntoIterator<Item = (&'a str, i64)>,
) -> Result<Vec<Money>, Overflow> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for (currency, minor) in amounts {
        let sum = sums.entry(currency).or_default();
        *sum = sum.checked_add(minor).ok_or(Overflow)?;
    }
    Ok(sums
        .into_iter()
        .map(|(currency, minor)| Money::new(minor, currency))
        .collect())
}

/// What is no amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMoney {
    #[error("'{0}' is no currency of ISO 4217: write a code such as EUR")]
    Currency(String),
    #[error(
        "'{amount}' is no amount in {currency}: write it like 40.00, with at most {digits} digits \
         after the point and at most 13 in all"
    )]
    Amount {
        amount: String,
        currency: String,
        /// After the decimal point, by the currency.
        digits: usize,
    },
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let (unit, digits) = (10_u64.pow(self.exponent()), self.exponent() as usize);
        let minor = self.minor.unsigned_abs();
        match digits {
            0 => write!(f, "{sign}{minor} {}", self.currency),
            _ => write!(
                f,
                "{sign}{}.{:0digits$} {}",
                minor / unit,
                minor % unit,
                self.currency
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_keeps_its_minor_units() {
        assert_eq!(Money::parse("40", "EUR").unwrap(), Money::new(4000, "EUR"));
        assert_eq!(
            Money::parse("-0.5", "GBP").unwrap().to_string(),
            "-0.50 GBP"
        );
        for bad in ["", "1.234", "4O", "1,5", ".", "92233720368547758.07"] {
            assert!(Money::parse(bad, "EUR").is_err(), "{bad}");
        }
    }

    /// ISO 4217, list one: the exponents that are not 2, and codes that are no money.
    #[test]
    fn currencies_have_the_digits_that_the_standard_gives() {
        for (code, text) in [
            ("JPY", "1200 JPY"),
            ("RWF", "1200 RWF"),
            ("KMF", "1200 KMF"),
            ("UGX", "1200 UGX"),
            ("KWD", "1200.000 KWD"),
            ("TND", "1200.000 TND"),
            ("CLF", "1200.0000 CLF"),
            ("HUF", "1200.00 HUF"),
        ] {
            assert_eq!(Money::parse("1200", code).unwrap().to_string(), text);
        }
        for bad in ["euro", "eur", "ZZZ", "XAU", "XXX", ""] {
            let refused = Money::parse("1", bad);
            assert_eq!(refused, Err(BadMoney::Currency(bad.to_owned())));
        }
    }

    #[test]
    fn a_sum_that_does_not_fit_is_refused() {
        let sums = sum_by_currency([("EUR", 4000), ("GBP", 3500), ("EUR", -4000)]).unwrap();
        assert_eq!(sums, [Money::new(0, "EUR"), Money::new(3500, "GBP")]);
        assert_eq!(
            sum_by_currency([("EUR", i64::MAX), ("EUR", 1)]),
            Err(Overflow)
        );
    }
}
