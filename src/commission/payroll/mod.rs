//! Payroll runs: which entries a run pays, to whom, and the file that says so (PRODUCT M3). Rules
//! only: frozen rows in, bytes out, and the same rows give the same bytes.

mod csv;
mod datev;
mod gusto;
mod row;
mod text;

pub use datev::Datev;
pub use row::{Head, NoRun, PayrollFormat, Row};
pub use text::{decimal, field, plain};

use crate::pii::Pii;
use crate::units::{EntryId, Money, PersonId};
use crate::words;

words! {
    /// Why somebody is in no row of a run; their entries stay for the next.
    pub enum LeftOutReason: "reason to be left out" {
        /// They have no payroll number.
        NoNumber = "no_number",
        /// The format cannot hold their payroll number.
        NumberUnfit = "number_unfit",
        /// Their sum is zero or less: it is carried over.
        NothingToPay = "nothing_to_pay",
    }
}

impl PayrollFormat {
    /// The one currency that it holds; none: any.
    #[must_use]
    pub fn currency(self) -> Option<&'static str> {
        match self {
            PayrollFormat::Csv => None,
            PayrollFormat::DatevLodas => Some("EUR"),
            PayrollFormat::Gusto => Some("USD"),
        }
    }

    /// What a file of it ends with.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            PayrollFormat::DatevLodas => "txt",
            PayrollFormat::Csv | PayrollFormat::Gusto => "csv",
        }
    }

    fn holds(self, number: &str) -> bool {
        match self {
            PayrollFormat::Csv => csv::holds(number),
            PayrollFormat::DatevLodas => datev::holds(number),
            PayrollFormat::Gusto => gusto::holds(number),
        }
    }
}

/// What one person has to get in one currency: entries that are payable and in no run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub person: PersonId,
    /// Their name today.
    pub payee: Pii<String>,
    /// What a payroll file names them by; `None`: they have none, and no file can hold them.
    pub payroll_number: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// Digits after the currency's decimal point, as the entries were booked.
    pub exponent: u32,
    /// Each with its amount in minor units; what was taken back is negative.
    pub entries: Vec<(EntryId, i64)>,
}

/// Somebody whom a run does not pay. Their entries are in no run, and the next one takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    pub person: PersonId,
    pub payee: Pii<String>,
    pub amount: Money,
    /// Digits after the currency's decimal point, as the entries were booked.
    pub exponent: u32,
    pub entries: usize,
    pub reason: LeftOutReason,
}

/// What a run pays and whom it leaves out, each by currency and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shares {
    pub rows: Vec<Row>,
    pub left_out: Vec<LeftOut>,
}

/// Shares what is payable out: a row for each person and currency above zero; whoever has no number
/// that the format holds, or nothing to get, is left out and says why.
///
/// # Errors
/// [`NoRun::OtherCurrency`] and [`NoRun::Overflow`].
pub fn share_out(format: PayrollFormat, candidates: Vec<Candidate>) -> Result<Shares, NoRun> {
    if let Some(holds) = format.currency()
        && let Some(other) = candidates.iter().find(|c| c.currency != holds)
    {
        return Err(NoRun::OtherCurrency {
            format,
            holds,
            found: other.currency.clone(),
        });
    }
    let mut shares = Shares::default();
    for c in candidates {
        let sum = c.entries.iter().try_fold(0_i64, |sum, (_, minor)| {
            sum.checked_add(*minor).ok_or(NoRun::Overflow)
        })?;
        let amount = Money::new(sum, &c.currency);
        match fits(format, sum, c.payroll_number) {
            Ok(payroll_number) => shares.rows.push(Row {
                person: c.person,
                payee: c.payee,
                payroll_number,
                amount,
                exponent: c.exponent,
                entries: c.entries.into_iter().map(|(id, _)| id).collect(),
            }),
            Err(reason) => shares.left_out.push(LeftOut {
                person: c.person,
                payee: c.payee,
                amount,
                exponent: c.exponent,
                entries: c.entries.len(),
                reason,
            }),
        }
    }
    let by_name = |currency: &str, payee: &Pii<String>, person: &PersonId| {
        (currency.to_owned(), payee.reveal().clone(), person.clone())
    };
    shares
        .rows
        .sort_by_cached_key(|r| by_name(&r.amount.currency, &r.payee, &r.person));
    shares
        .left_out
        .sort_by_cached_key(|l| by_name(&l.amount.currency, &l.payee, &l.person));
    Ok(shares)
}

fn fits(format: PayrollFormat, sum: i64, number: Option<String>) -> Result<String, LeftOutReason> {
    if sum <= 0 {
        return Err(LeftOutReason::NothingToPay);
    }
    let number = number
        .filter(|n| !n.is_empty())
        .ok_or(LeftOutReason::NoNumber)?;
    match format.holds(&number) {
        true => Ok(number),
        false => Err(LeftOutReason::NumberUnfit),
    }
}

/// The file of a run.
///
/// # Errors
/// [`NoRun::NoDatevNumbers`]; [`NoRun::TooLarge`] where the format's fields are too short.
pub fn write(
    format: PayrollFormat,
    head: &Head,
    rows: &[Row],
    datev: &Datev,
) -> Result<Vec<u8>, NoRun> {
    match format {
        PayrollFormat::Csv => Ok(csv::write(head, rows)),
        PayrollFormat::DatevLodas => datev::write(head, rows, datev),
        PayrollFormat::Gusto => Ok(gusto::write(head, rows)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, number: Option<&str>, currency: &str, minor: &[i64]) -> Candidate {
        let entries = minor.iter().enumerate();
        Candidate {
            person: name.into(),
            payee: name.to_owned().into(),
            payroll_number: number.map(str::to_owned),
            currency: currency.to_owned(),
            exponent: 2,
            entries: entries
                .map(|(n, minor)| (EntryId::from(format!("{name}-{n}")), *minor))
                .collect(),
        }
    }

    fn shared(format: PayrollFormat, candidates: Vec<Candidate>) -> (Vec<String>, Vec<String>) {
        let shares = share_out(format, candidates).unwrap();
        let row = |r: &Row| format!("{} {}", r.person, r.amount);
        let out = |l: &LeftOut| format!("{} {} {}", l.person, l.amount, l.reason);
        (
            shares.rows.iter().map(row).collect(),
            shares.left_out.iter().map(out).collect(),
        )
    }

    #[test]
    fn a_row_is_above_zero_and_everybody_else_is_left_out_with_a_reason() {
        let (rows, out) = shared(
            PayrollFormat::Csv,
            vec![
                candidate("tom", Some("2"), "EUR", &[4000, -4000]),
                candidate("ines", Some("1"), "EUR", &[4000, 4500]),
                candidate("ines", Some("1"), "GBP", &[3500]),
                candidate("rhys", Some("3"), "EUR", &[-4000]),
                candidate("sofia", None, "EUR", &[1]),
            ],
        );
        assert_eq!(rows, ["ines 85.00 EUR", "ines 35.00 GBP"]);
        assert_eq!(
            out,
            [
                "rhys -40.00 EUR nothing_to_pay",
                "sofia 0.01 EUR no_number",
                "tom 0.00 EUR nothing_to_pay"
            ]
        );
    }

    #[test]
    fn a_number_that_the_format_cannot_hold_leaves_its_owner_out() {
        for (format, currency, good, bad) in [
            (PayrollFormat::Csv, "EUR", "A-1047", "-1047"),
            (PayrollFormat::DatevLodas, "EUR", "99999", "100000"),
            (PayrollFormat::DatevLodas, "EUR", "1", "0"),
            (PayrollFormat::DatevLodas, "EUR", "47", "A47"),
            (PayrollFormat::Gusto, "USD", "5G9934", "5G993"),
        ] {
            let (rows, out) = shared(
                format,
                vec![
                    candidate("ines", Some(good), currency, &[100]),
                    candidate("tom", Some(bad), currency, &[100]),
                ],
            );
            assert_eq!(rows, [format!("ines 1.00 {currency}")], "{format}");
            assert_eq!(
                out,
                [format!("tom 1.00 {currency} number_unfit")],
                "{format}"
            );
        }
    }

    #[test]
    fn a_format_of_one_currency_refuses_another() {
        let two = vec![
            candidate("ines", Some("1"), "EUR", &[100]),
            candidate("ines", Some("1"), "GBP", &[100]),
        ];
        let refused = share_out(PayrollFormat::DatevLodas, two).unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("holds EUR alone, and GBP is payable too"),
            "{refused}"
        );
    }

    #[test]
    fn a_sum_that_does_not_fit_is_refused() {
        let much = candidate("ines", Some("1"), "EUR", &[i64::MAX, 1]);
        let refused = share_out(PayrollFormat::Csv, vec![much]);
        assert_eq!(refused, Err(NoRun::Overflow));
    }
}
