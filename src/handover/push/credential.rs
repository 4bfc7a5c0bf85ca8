//! What a CRM lets the box in by.

use crate::handover::mapping::CrmKind;
use std::fmt;
use zeroize::Zeroizing;

/// An API key or a token; for Salesforce also `key:secret` of a connected app, from which a token
/// is made each time. Wiped when dropped, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(Zeroizing<String>);

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

/// Characters; a token of Salesforce has some hundred.
const LONGEST: usize = 2_000;

impl Credential {
    /// Reads one as an administrator enters it. A plain receiver may have none.
    ///
    /// # Errors
    /// Says what to enter instead.
    pub fn parse(kind: CrmKind, text: &str) -> Result<Credential, &'static str> {
        let text = text.trim();
        if text.is_empty() && kind != CrmKind::Plain {
            return Err("Enter the CRM's key: without it nothing is let in");
        }
        // It stands in a header.
        let fits = |c: char| c.is_ascii_graphic();
        if text.len() > LONGEST || !text.chars().all(fits) {
            return Err("A key is one line of letters, digits and signs, without spaces");
        }
        Ok(Credential(Zeroizing::new(text.to_owned())))
    }

    /// The text itself, for a header or to be sealed.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Key and secret of a connected app.
    pub(super) fn pair(&self) -> Option<(&str, &str)> {
        self.0.split_once(':')
    }

    /// A text without the credential or its parts.
    pub(super) fn hidden_in(&self, text: &str) -> String {
        let (first, second) = self.pair().unwrap_or_default();
        let parts = [self.reveal(), first, second];
        let parts = parts.into_iter().filter(|part| part.len() >= 6);
        parts.fold(text.to_owned(), |text, part| text.replace(part, "…"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_fits_a_header_and_shows_nowhere() {
        let parse = |text: &str| Credential::parse(CrmKind::EspoCrm, text);
        assert_eq!(parse(" abc123 ").unwrap().reveal(), "abc123");
        for wrong in [
            "",
            "  ",
            "a b",
            "a\r\nx: y",
            "schlüssel",
            &"x".repeat(2_001),
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(format!("{:?}", parse("abc123").unwrap()), "Credential(…)");
        assert!(Credential::parse(CrmKind::Plain, "").is_ok());
        let pair = parse("consumer:geheimnis").unwrap();
        assert_eq!(pair.pair(), Some(("consumer", "geheimnis")));
        assert_eq!(
            pair.hidden_in("say consumer:geheimnis or geheimnis"),
            "say … or …"
        );
    }
}
