//! Where leads come from: grade, deadline and cost (PRODUCT L3).

use crate::units::Money;
use crate::words;

words! {
    /// Who brought a lead in: a source's, which a lead keeps as it was when it came in.
    pub enum Origin: "origin" {
        Marketing = "marketing",
        /// Found by whoever calls.
        Telemarketing = "telemarketing",
        /// Sales' own.
        Sales = "sales",
        /// Nobody has said.
        Unknown = "unknown",
    }
}

/// The sources that every client begins with: name, grade, hours until first contact, origin.
pub const SEEDS: [(&str, &str, i64, Origin); 9] = [
    ("website request", "A", 12, Origin::Marketing),
    ("webinar", "C", 5 * 24, Origin::Marketing),
    ("trade show", "B", 3 * 24, Origin::Marketing),
    ("mailing", "C", 7 * 24, Origin::Marketing),
    ("referral", "A", 24, Origin::Sales),
    ("personal relationship", "A", 3 * 24, Origin::Sales),
    ("existing customer", "B", 3 * 24, Origin::Sales),
    ("former customer in a new role", "A", 24, Origin::Sales),
    ("self-generated", "B", 7 * 24, Origin::Telemarketing),
];

/// Nothing is untouched for longer, whatever its source.
pub const MOST_HOURS: i64 = 7 * 24;

/// A source as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSource {
    pub name: String,
    /// A letter, A the best.
    pub grade: String,
    /// From the lead's arrival to the first contact.
    pub contact_within_hours: i64,
    /// `None`: not said.
    pub supplier: Option<String>,
    /// Of one lead.
    pub cost: Option<Money>,
    /// Of the leads that come in from now on.
    pub origin: Origin,
}

impl NewSource {
    /// The same with what stands around its words taken off, if it can be kept.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn checked(mut self) -> Result<NewSource, String> {
        let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.name = tidy(&self.name);
        self.grade = self.grade.trim().to_uppercase();
        self.supplier = self
            .supplier
            .map(|s| tidy(&s))
            .filter(|supplier| !supplier.is_empty());
        if self.name.is_empty() || self.name.chars().count() > 80 {
            return Err("A source has a name of 1 to 80 characters.".to_owned());
        }
        if self
            .supplier
            .as_ref()
            .is_some_and(|s| s.chars().count() > 80)
        {
            return Err("A supplier's name has at most 80 characters.".to_owned());
        }
        if !matches!(self.grade.as_bytes(), [b'A'..=b'E']) {
            return Err("A grade is a letter from A, the best, to E.".to_owned());
        }
        if !(1..=MOST_HOURS).contains(&self.contact_within_hours) {
            return Err(format!(
                "First contact is due within 1 to {MOST_HOURS} hours: no lead waits longer than a \
                 week."
            ));
        }
        let costs = |cost: &Money| (0..=Money::MOST).contains(&cost.minor);
        if !self.cost.as_ref().is_none_or(costs) {
            return Err("A lead costs nothing or more, and no more than can be summed.".to_owned());
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_kept_tidy_or_refused_with_the_reason() {
        let new = NewSource {
            name: "  trade   show ".to_owned(),
            grade: "b".to_owned(),
            contact_within_hours: 72,
            supplier: Some("  ".to_owned()),
            cost: None,
            origin: Origin::Marketing,
        };
        let kept = new.clone().checked().unwrap();
        assert_eq!(
            (kept.name.as_str(), kept.grade.as_str(), kept.supplier),
            ("trade show", "B", None)
        );
        for hours in [0, 169, -1] {
            let wrong = NewSource {
                contact_within_hours: hours,
                ..new.clone()
            };
            assert!(wrong.checked().unwrap_err().contains("168"), "{hours}");
        }
        for (minor, kept) in [
            (-1, false),
            (0, true),
            (Money::MOST, true),
            (i64::MAX, false),
        ] {
            let priced = NewSource {
                cost: Some(Money::new(minor, "EUR")),
                ..new.clone()
            };
            assert_eq!(priced.checked().is_ok(), kept, "{minor}");
        }
        for (_, grade, hours, _) in SEEDS {
            assert!(grade.len() == 1 && (1..=MOST_HOURS).contains(&hours));
        }
    }
}
