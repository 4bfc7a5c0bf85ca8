//! What a plan pays for a passed lead: its amount, tiers by the number of leads in a period, and a
//! cap on what one person earns by the campaign in a period (PRODUCT M1). Whole minor units.

use crate::units::Money;
use serde::{Deserialize, Serialize};

/// More tiers than this are a slip of the pen.
pub const MOST_TIERS: usize = 10;
/// The highest number of leads that a tier may begin at.
pub const MOST_LEADS: i64 = 100_000;

/// What a plan says beside its amount. Nothing of it looks at entries that were booked before in
/// order to change them: taking one back makes no other entry more or less.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// By the leads that they begin at, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// The most that a payee earns by the campaign in a period, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_minor: Option<i64>,
}

/// From the `from_lead`-th passed lead of a payee in a period on, each earns this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// 2 to [`MOST_LEADS`].
    pub from_lead: i64,
    /// 0 to [`Money::MOST`].
    pub amount_minor: i64,
}

/// What of a payee stands in a period of a campaign before an entry is booked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SoFar {
    /// Entries that nobody has taken back.
    pub leads: i64,
    /// What they come to, in minor units.
    pub minor: i64,
}

/// How an entry's amount comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earned {
    /// What the entry is for, in minor units.
    pub minor: i64,
    /// The tier that it was booked by; none: the plan's own amount.
    pub tier: Option<Tier>,
    /// What the cap has taken off, in minor units; 0 where there is none.
    pub capped: i64,
}

/// Terms that no plan can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTerms {
    #[error("A plan has at most {MOST_TIERS} tiers: put some together")]
    TooMany,
    #[error(
        "A tier begins at the second passed lead of a month or later, at most at number \
         {MOST_LEADS}, and each later than the one before: put them in order"
    )]
    Order,
    #[error("A tier's amount is 0 or more, and has at most 13 digits: correct it")]
    Amount,
    #[error("A cap is more than 0, and has at most 13 digits: correct it, or leave it out")]
    Cap,
}

impl TryFrom<String> for Terms {
    type Error = serde_json::Error;

    /// As a row holds them: JSON, `{}` for none.
    fn try_from(text: String) -> Result<Terms, serde_json::Error> {
        serde_json::from_str(&text)
    }
}

impl Terms {
    /// Whether a plan may say so.
    ///
    /// # Errors
    /// [`BadTerms`] says what to correct.
    pub fn check(&self) -> Result<(), BadTerms> {
        if self.tiers.len() > MOST_TIERS {
            return Err(BadTerms::TooMany);
        }
        let mut before = 1;
        for tier in &self.tiers {
            if tier.from_lead <= before || tier.from_lead > MOST_LEADS {
                return Err(BadTerms::Order);
            }
            before = tier.from_lead;
            if !(0..=Money::MOST).contains(&tier.amount_minor) {
                return Err(BadTerms::Amount);
            }
        }
        match self.cap_minor {
            Some(cap) if !(1..=Money::MOST).contains(&cap) => Err(BadTerms::Cap),
            _ => Ok(()),
        }
    }

    /// What the next passed lead earns, when the plan's own amount is `amount` minor units.
    #[must_use]
    pub fn earns(&self, amount: i64, so_far: SoFar) -> Earned {
        let number = so_far.leads.saturating_add(1);
        let reached = self.tiers.iter().rev().find(|t| t.from_lead <= number);
        let full = reached.map_or(amount, |tier| tier.amount_minor);
        let left = match self.cap_minor {
            Some(cap) => cap.saturating_sub(so_far.minor).max(0),
            None => full,
        };
        Earned {
            minor: full.min(left),
            tier: reached.copied(),
            capped: full - full.min(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tier(from_lead: i64, amount_minor: i64) -> Tier {
        Tier {
            from_lead,
            amount_minor,
        }
    }

    fn terms() -> Terms {
        Terms {
            tiers: vec![tier(3, 5000), tier(5, 6000)],
            cap_minor: Some(20_000),
        }
    }

    #[test]
    fn the_lead_s_number_gives_the_tier_and_the_cap_ends_it() {
        let mut so_far = SoFar::default();
        let mut booked = Vec::new();
        for _ in 0..7 {
            let earned = terms().earns(4000, so_far);
            booked.push((earned.minor, earned.capped));
            so_far.leads += 1;
            so_far.minor += earned.minor;
        }
        let expected = [
            (4000, 0),
            (4000, 0),
            (5000, 0),
            (5000, 0),
            (2000, 4000),
            (0, 6000),
            (0, 6000),
        ];
        assert_eq!(booked, expected);
        let plain = Terms::default().earns(4000, so_far);
        assert_eq!((plain.minor, plain.tier, plain.capped), (4000, None, 0));
    }

    #[test]
    fn terms_beyond_any_plan_are_refused() {
        assert_eq!(terms().check(), Ok(()));
        let with = |tiers: Vec<Tier>, cap_minor| Terms { tiers, cap_minor }.check();
        let many = (2..13).map(|n| tier(n, 1)).collect();
        assert_eq!(with(many, None), Err(BadTerms::TooMany));
        for tiers in [
            vec![tier(1, 1)],
            vec![tier(0, 1)],
            vec![tier(5, 1), tier(5, 2)],
            vec![tier(5, 1), tier(3, 2)],
            vec![tier(MOST_LEADS + 1, 1)],
        ] {
            assert_eq!(with(tiers, None), Err(BadTerms::Order));
        }
        for minor in [-1, Money::MOST + 1, i64::MIN, i64::MAX] {
            assert_eq!(with(vec![tier(2, minor)], None), Err(BadTerms::Amount));
            assert_eq!(with(vec![], Some(minor)), Err(BadTerms::Cap));
        }
        assert_eq!(with(vec![], Some(0)), Err(BadTerms::Cap));
    }

    proptest! {
        /// Whatever came before, nobody earns less than nothing, more than the tier, or past the cap.
        #[test]
        fn an_entry_stays_within_its_bounds(
            amount in 0..=Money::MOST,
            leads in 0..1_000_000_i64,
            minor in 0..=Money::MOST,
            cap in proptest::option::of(1..=Money::MOST),
        ) {
            let terms = Terms { tiers: vec![tier(2, amount / 2), tier(9, amount)], cap_minor: cap };
            let earned = terms.earns(amount, SoFar { leads, minor });
            prop_assert!(earned.minor >= 0 && earned.minor <= amount);
            prop_assert_eq!(earned.minor + earned.capped, earned.tier.map_or(amount, |t| t.amount_minor));
            if let Some(cap) = cap && earned.minor > 0 {
                prop_assert!(minor + earned.minor <= cap);
            }
        }
    }
}
