//! DATEV LODAS, ASCII import: sections `[Allgemein]`, `[Satzbeschreibung]` and `[Bewegungsdaten]`,
//! one record of the table `u_lod_bwd_buchung_standard` per person. Numbers have a decimal comma,
//! lines end with CR LF. The import reads Windows-1252; a file of digits and these names is ASCII,
//! which is a part of it.

use super::row::{Head, NoRun, Row};
use super::text::decimal;

/// What the payroll office calls the house by, and the wage type (Lohnart) that commission is paid
/// by; set in the configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Datev {
    /// Beraternummer, 1 to 9,999,999; 0: not set.
    pub consultant: u32,
    /// Mandantennummer, 1 to 99,999; 0: not set.
    pub client: u32,
    /// The house's own wage type (eigene Lohnart), 1 to 9,999; 0: not set.
    pub wage_type: u32,
}

/// Processing key (Bearbeitungsschlüssel) of a gross amount.
const GROSS: u32 = 2;
/// An amount of the record has eight digits before the comma.
const MOST_MINOR: i64 = 9_999_999_999;

/// A personnel number is 1 to 99,999, without zeros in front.
pub(super) fn holds(number: &str) -> bool {
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    digits && number.len() <= 5 && !number.starts_with('0') && !number.is_empty()
}

pub(super) fn write(head: &Head, rows: &[Row], datev: &Datev) -> Result<Vec<u8>, NoRun> {
    if [datev.consultant, datev.client, datev.wage_type].contains(&0) {
        return Err(NoRun::NoDatevNumbers);
    }
    if rows.iter().any(|r| r.amount.minor > MOST_MINOR) {
        return Err(NoRun::TooLarge);
    }
    let (year, month) = head.pay_month.split_once('-').unwrap_or(("", ""));
    let mut lines = vec![
        "[Allgemein]".to_owned(),
        "Ziel=LODAS".to_owned(),
        "Version_SST=1.0".to_owned(),
        format!("BeraterNr={}", datev.consultant),
        format!("MandantenNr={}", datev.client),
        "Datumsformat=TT/MM/JJJJ".to_owned(),
        "Feldtrennzeichen=;".to_owned(),
        "Zahlenkomma=,".to_owned(),
        "Kommentarzeichen=*".to_owned(),
        format!("* Assay, run {}, period {}", head.run, head.period),
        "[Satzbeschreibung]".to_owned(),
        "1;u_lod_bwd_buchung_standard;abrechnung_zeitraum#bwd;pnr#bwd;la_eigene#bwd;bs_nr#bwd;\
         bs_wert_butab#bwd;"
            .to_owned(),
        "[Bewegungsdaten]".to_owned(),
    ];
    lines.extend(rows.iter().map(|r| {
        format!(
            "1;01/{month}/{year};{};{};{GROSS};{};",
            r.payroll_number,
            datev.wage_type,
            decimal(r.amount.minor, r.exponent, ',')
        )
    }));
    Ok((lines.join("\r\n") + "\r\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Money;

    const NUMBERS: Datev = Datev {
        consultant: 1_103_899,
        client: 62_069,
        wage_type: 202,
    };

    fn row(number: &str, minor: i64) -> Row {
        Row {
            person: "ines".into(),
            payee: "Ines Okafor".to_owned().into(),
            payroll_number: number.to_owned(),
            amount: Money::new(minor, "EUR"),
            exponent: 2,
            entries: Vec::new(),
        }
    }

    fn head() -> Head {
        Head {
            run: 7,
            period: "2026-11".into(),
            pay_month: "2026-12".into(),
        }
    }

    #[test]
    fn a_file_of_two_people() {
        let rows = [row("1047", 8_500), row("26", 123_456_705)];
        let file = String::from_utf8(write(&head(), &rows, &NUMBERS).unwrap()).unwrap();
        let lines = [
            "[Allgemein]",
            "Ziel=LODAS",
            "Version_SST=1.0",
            "BeraterNr=1103899",
            "MandantenNr=62069",
            "Datumsformat=TT/MM/JJJJ",
            "Feldtrennzeichen=;",
            "Zahlenkomma=,",
            "Kommentarzeichen=*",
            "* Assay, run 7, period 2026-11",
            "[Satzbeschreibung]",
            "1;u_lod_bwd_buchung_standard;abrechnung_zeitraum#bwd;pnr#bwd;la_eigene#bwd;bs_nr#bwd;bs_wert_butab#bwd;",
            "[Bewegungsdaten]",
            "1;01/12/2026;1047;202;2;85,00;",
            "1;01/12/2026;26;202;2;1234567,05;",
            "",
        ];
        assert_eq!(file, lines.join("\r\n"));
        assert!(
            file.is_ascii(),
            "Windows-1252 and every other code page read it alike"
        );
    }

    #[test]
    fn without_the_houses_numbers_or_beyond_the_field_there_is_no_file() {
        for missing in [
            Datev {
                consultant: 0,
                ..NUMBERS
            },
            Datev {
                client: 0,
                ..NUMBERS
            },
            Datev {
                wage_type: 0,
                ..NUMBERS
            },
        ] {
            let refused = write(&head(), &[row("1", 1)], &missing);
            assert_eq!(refused, Err(NoRun::NoDatevNumbers));
        }
        let refused = write(&head(), &[row("1", MOST_MINOR + 1)], &NUMBERS);
        assert_eq!(refused, Err(NoRun::TooLarge));
    }
}
