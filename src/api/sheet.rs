//! A table as a CSV file (RFC 4180) that a spreadsheet opens as it was meant: what somebody wrote
//! is text there, and never a formula.

use crate::commission::payroll::{field, plain};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::fmt;

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// What somebody wrote, or a program outside.
    Text(String),
    /// What the box counted; empty where nothing can be told.
    Figure(String),
}

impl Cell {
    /// What somebody wrote: no program that opens the file takes it for a formula.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    /// A whole number, a day or a moment that the box wrote.
    pub fn figure(figure: impl fmt::Display) -> Cell {
        Cell::Figure(figure.to_string())
    }

    /// A share between 0 and 1, or a difference of two, with four digits.
    #[must_use]
    pub fn share(share: Option<f64>) -> Cell {
        Cell::Figure(share.map_or_else(String::new, |s| format!("{s:.4}")))
    }

    /// Minutes, with one digit.
    #[must_use]
    pub fn minutes(minutes: Option<f64>) -> Cell {
        Cell::Figure(minutes.map_or_else(String::new, |m| format!("{m:.1}")))
    }

    fn written(&self) -> String {
        match self {
            // Whole, line breaks and tabs too: what was left out of an import is sent again.
            Cell::Text(text) => match plain(text).starts_with('\'') && !text.starts_with('\'') {
                true => field(&format!("'{text}")),
                false => field(text),
            },
            Cell::Figure(figure) => field(figure),
        }
    }
}

/// The answer that a browser saves as `assay-{name}.csv`: the names of the columns, then a line per
/// row.
pub fn sheet<const N: usize>(
    name: &str,
    columns: [&str; N],
    rows: impl IntoIterator<Item = [Cell; N]>,
) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"assay-{name}.csv\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, table(columns, rows)).into_response()
}

fn table<const N: usize>(columns: [&str; N], rows: impl IntoIterator<Item = [Cell; N]>) -> String {
    let mut text = columns.join(",");
    text.push_str("\r\n");
    for row in rows {
        text.push_str(&row.map(|cell| cell.written()).join(","));
        text.push_str("\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_no_second_cell() {
        let rows = [
            [Cell::text("=HYPERLINK(1)"), Cell::share(Some(-0.25))],
            [Cell::text("say \"x\", twice"), Cell::share(None)],
            [Cell::text("line\nbreak"), Cell::figure(-3)],
        ];
        let made = table(["name", "share"], rows);
        let lines = [
            "name,share",
            "'=HYPERLINK(1),-0.2500",
            "\"say \"\"x\"\", twice\",",
            "\"line\nbreak\",-3",
        ];
        assert_eq!(made, lines.map(|l| format!("{l}\r\n")).concat());
    }
}
