//! Telephone numbers in one form: E.164, whatever way they were dialled or typed (PRODUCT L2).

use phonenumber::country::Id as Country;
use phonenumber::{Mode, PhoneNumber};

/// Reads numbers as somebody in one country dials them.
#[derive(Debug, Clone)]
pub struct Numbers {
    country: Country,
    /// What a phone dials to get out of the house, as `0` or `9`; empty where nothing is needed.
    outside_prefix: String,
}

impl Numbers {
    /// `country` is an ISO 3166 code such as `DE`.
    ///
    /// # Errors
    /// When there is no such country.
    pub fn new(country: &str, outside_prefix: &str) -> Result<Numbers, String> {
        let country = country
            .parse()
            .map_err(|_| format!("'{country}' is no ISO 3166 country code such as DE or GB"))?;
        Ok(Numbers {
            country,
            outside_prefix: outside_prefix.to_owned(),
        })
    }

    /// The number in E.164, as `+4940555010`; `None` for extensions and what is no number. Numbers
    /// need not be assigned: a plan changes sooner than its tables.
    pub fn e164(&self, given: &str) -> Option<String> {
        let given = given.trim();
        let inside = given
            .strip_prefix(&self.outside_prefix)
            .filter(|rest| !self.outside_prefix.is_empty() && rest.starts_with(['0', '+']));
        // `0040…` may be `00` and Romania, or `0`, the outside line, and `040…`: the first that is
        // a number there counts.
        let ways = [Some(given), inside].map(|text| text.and_then(|t| self.read(t)));
        let valid = ways.iter().flatten().find(|n| n.is_valid());
        valid
            .or_else(|| ways.iter().flatten().next())
            .map(|n| n.format().mode(Mode::E164).to_string())
    }

    fn read(&self, text: &str) -> Option<PhoneNumber> {
        let international = text.strip_prefix("00").map(|rest| format!("+{rest}"));
        let text = international.as_deref().unwrap_or(text);
        let digits = text.chars().filter(char::is_ascii_digit).count();
        // Five digits and fewer are an extension or a service.
        let plain = text
            .chars()
            .all(|c| c.is_ascii_digit() || "+ ()-./".contains(c));
        if !plain
            || digits < 6
            || !(text.starts_with('+') || text.starts_with('0') || text.starts_with('('))
        {
            return None;
        }
        phonenumber::parse(Some(self.country), text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_number_is_one_number() {
        let n = Numbers::new("DE", "0").unwrap();
        for given in [
            "+49 40 55501010",
            "004940 55501010",
            "040/55501010",
            "(040) 555-01010",
            "004055501010",
            "0004940 55501010",
        ] {
            assert_eq!(n.e164(given).as_deref(), Some("+494055501010"), "{given}");
        }
        for none in ["201", "", "030/x", "anonymous", "+1"] {
            assert_eq!(n.e164(none), None, "{none}");
        }
        assert!(Numbers::new("XX1", "").is_err());
    }
}
