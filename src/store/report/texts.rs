//! Rows of which a report needs nothing but moments, told by the database as one text: reading a
//! row costs ten times what it says, and a year has a hundred thousand.

use crate::store::{Result, StoreError};
use crate::units::WallTime;

/// The aggregate that tells the moments of rows as one text, for [`moments`]. Each of `columns` is
/// an expression of SQL; one that may be null is told as null.
pub(super) fn one_text(columns: &[&str]) -> String {
    let each = columns
        .iter()
        .map(|c| format!("COALESCE(CAST({c} AS TEXT), '')"));
    let row = each.collect::<Vec<_>>().join(" || ',' || ");
    format!("string_agg({row}, ';')")
}

/// The rows of such a text, `N` moments each.
///
/// # Errors
/// [`StoreError::Broken`] for what [`one_text`] does not tell.
pub(super) fn moments<const N: usize>(text: &str) -> Result<Vec<[Option<WallTime>; N]>> {
    text.split(';').map(row).collect()
}

fn row<const N: usize>(text: &str) -> Result<[Option<WallTime>; N]> {
    let broken = || StoreError::Broken(format!("{N} moments do not read: '{text}'"));
    let mut told = [None; N];
    let mut parts = text.split(',');
    for at in &mut told {
        let part = parts.next().ok_or_else(broken)?;
        if !part.is_empty() {
            *at = Some(WallTime(part.parse().map_err(|_| broken())?));
        }
    }
    match parts.next() {
        None => Ok(told),
        Some(_) => Err(broken()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_they_were_told() {
        let at = |n| Some(WallTime(n));
        let read = moments::<3>("1,,-3;40,50,").unwrap();
        assert_eq!(read, [[at(1), None, at(-3)], [at(40), at(50), None]]);
        for wrong in ["", "1,2", "1,2,3,4", "1,x,3", "1,2,3;"] {
            let told = moments::<3>(wrong);
            assert!(matches!(told, Err(StoreError::Broken(_))), "{wrong}");
        }
    }
}
