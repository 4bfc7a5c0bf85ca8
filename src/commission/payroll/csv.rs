//! CSV with names and payroll numbers (RFC 4180, UTF-8): a row for each person and currency.

use super::row::{Head, Row};
use super::text::{decimal, field, plain};

/// Whether the file has the number as payroll knows it: what a spreadsheet would count is written
/// with an apostrophe in front.
pub(super) fn holds(number: &str) -> bool {
    plain(number) == number
}

const HEADER: &str = "run,period,payroll_number,name,amount,currency,entries\r\n";

pub(super) fn write(head: &Head, rows: &[Row]) -> Vec<u8> {
    let mut file = HEADER.to_owned();
    for r in rows {
        let fields = [
            head.run.to_string(),
            head.period.clone(),
            plain(&r.payroll_number),
            plain(r.payee.reveal()),
            decimal(r.amount.minor, r.exponent, '.'),
            r.amount.currency.clone(),
            r.entries.len().to_string(),
        ];
        file.push_str(&fields.map(|f| field(&f)).join(","));
        file.push_str("\r\n");
    }
    file.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{EntryId, Money};

    #[test]
    fn a_file_of_two_people_and_two_currencies() {
        let row = |name: &str, number: &str, amount: Money, exponent, entries| Row {
            person: name.into(),
            payee: name.to_owned().into(),
            payroll_number: number.to_owned(),
            amount,
            exponent,
            entries: vec![EntryId::from("e"); entries],
        };
        let head = Head {
            run: 7,
            period: "2026-11".into(),
            pay_month: "2026-12".into(),
        };
        let rows = [
            row("Ines \"Iz\" Okafor", "1047", Money::new(8500, "EUR"), 2, 2),
            row("=HYPERLINK(1)", "-5", Money::new(1200, "JPY"), 0, 1),
        ];
        let file = String::from_utf8(write(&head, &rows)).unwrap();
        assert_eq!(
            file,
            "run,period,payroll_number,name,amount,currency,entries\r\n\
             7,2026-11,1047,\"Ines \"\"Iz\"\" Okafor\",85.00,EUR,2\r\n\
             7,2026-11,'-5,'=HYPERLINK(1),1200,JPY,1\r\n"
        );
        assert_eq!(write(&head, &rows), file.as_bytes(), "the same bytes again");
    }
}
