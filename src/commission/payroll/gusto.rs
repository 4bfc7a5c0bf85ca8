//! Gusto's CSV upload: its template's own column names, in US dollars. Gusto knows an employee by
//! an ID of its own, six letters and digits, which is the payroll number here.

use super::row::{Head, Row};
use super::text::{decimal, field, plain};

const HEADER: &str = "last_name,first_name,gusto_employee_id,commission,personal_note\r\n";

/// Whether it is an ID that Gusto gives.
pub(super) fn holds(number: &str) -> bool {
    number.len() == 6 && number.bytes().all(|b| b.is_ascii_alphanumeric())
}

pub(super) fn write(head: &Head, rows: &[Row]) -> Vec<u8> {
    let mut file = HEADER.to_owned();
    for r in rows {
        let (first, last) = names(r.payee.reveal());
        let fields = [
            plain(last),
            plain(first),
            r.payroll_number.clone(),
            decimal(r.amount.minor, r.exponent, '.'),
            format!("Commission for {}, run {}", head.period, head.run),
        ];
        file.push_str(&fields.map(|f| field(&f)).join(","));
        file.push_str("\r\n");
    }
    file.into_bytes()
}

/// First and last name: the last word is the last name. Gusto finds the employee by the ID where
/// the house cuts it elsewhere.
fn names(name: &str) -> (&str, &str) {
    let name = name.trim();
    name.rsplit_once(char::is_whitespace)
        .map_or(("", name), |(first, last)| (first.trim_end(), last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Money;

    #[test]
    fn a_file_of_two_people() {
        let row = |name: &str, number: &str, minor| Row {
            person: name.into(),
            payee: name.to_owned().into(),
            payroll_number: number.to_owned(),
            amount: Money::new(minor, "USD"),
            exponent: 2,
            entries: Vec::new(),
        };
        let head = Head {
            run: 7,
            period: "2026-11".into(),
            pay_month: "2026-12".into(),
        };
        let rows = [
            row("Mary Ann  Smith", "5G9934", 8_500),
            row("=Cher", "ABCDEF", 5),
        ];
        assert_eq!(
            String::from_utf8(write(&head, &rows)).unwrap(),
            "last_name,first_name,gusto_employee_id,commission,personal_note\r\n\
             Smith,Mary Ann,5G9934,85.00,\"Commission for 2026-11, run 7\"\r\n\
             '=Cher,,ABCDEF,0.05,\"Commission for 2026-11, run 7\"\r\n"
        );
    }
}
