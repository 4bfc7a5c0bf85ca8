//! What a plan pays for a passed lead: its amount, tiers by the number of leads in a period, a
//! share for whoever opened the lead, and a cap on what one person earns by the campaign in a
//! period (PRODUCT M1). Whole minor units.

use crate::commission::split::{MOST_DAYS, MOST_SECONDS, Part, Split};
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
    /// The share of whoever opened the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
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
    /// Leads of their own claims that nobody has taken back. Of an opener's part it is where the
    /// rate begins by which the claimant earned ([`Terms::rate_begins`]): the tiers are the
    /// claimant's.
    pub leads: i64,
    /// What all their entries come to, in minor units.
    pub minor: i64,
}

/// How an entry's amount comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earned {
    /// What the entry is for, in minor units.
    pub minor: i64,
    /// The tier that it was booked by; none: the plan's own amount.
    pub tier: Option<Tier>,
    /// What such a lead earns, all parts together, in minor units.
    pub rate: i64,
    /// What of it is this part's, before the cap.
    pub share: i64,
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
    #[error("The opener's share is 1 to 99 percent: correct it, or leave it out")]
    Percent,
    #[error("Who opened a lead talked for 1 to {MOST_SECONDS} seconds: correct the seconds")]
    Seconds,
    #[error("A lead was opened within 1 to {MOST_DAYS} days before the claim: correct the days")]
    Days,
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
            Some(cap) if !(1..=Money::MOST).contains(&cap) => return Err(BadTerms::Cap),
            _ => {}
        }
        match self.split {
            Some(split) if !(1..=99).contains(&split.opener_percent) => Err(BadTerms::Percent),
            Some(split) if !(1..=MOST_SECONDS).contains(&split.min_seconds) => {
                Err(BadTerms::Seconds)
            }
            Some(split) if !(1..=MOST_DAYS).contains(&split.within_days) => Err(BadTerms::Days),
            _ => Ok(()),
        }
    }

    /// The tier of the lead that comes after so many.
    fn tier(&self, leads: i64) -> Option<Tier> {
        let number = leads.saturating_add(1);
        let reached = self.tiers.iter().rev().find(|t| t.from_lead <= number);
        reached.copied()
    }

    /// The fewest leads after which the next one earns by the same rate as after so many.
    #[must_use]
    pub fn rate_begins(&self, leads: i64) -> i64 {
        self.tier(leads).map_or(0, |tier| tier.from_lead - 1)
    }

    /// What a part of the next passed lead earns, when the plan's own amount is `amount` minor
    /// units. Without a split there are no parts, and it earns the whole.
    #[must_use]
    pub fn earns(&self, amount: i64, part: Part, so_far: SoFar) -> Earned {
        let tier = self.tier(so_far.leads);
        let rate = tier.map_or(amount, |tier| tier.amount_minor);
        let share = self.split.map_or(rate, |split| split.share(part, rate));
        let left = match self.cap_minor {
            Some(cap) => cap.saturating_sub(so_far.minor).max(0),
            None => share,
        };
        Earned {
            minor: share.min(left),
            tier,
            rate,
            share,
            capped: share - share.min(left),
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
            split: None,
        }
    }

    #[test]
    fn the_lead_s_number_gives_the_tier_and_the_cap_ends_it() {
        let mut so_far = SoFar::default();
        let mut booked = Vec::new();
        for _ in 0..7 {
            let earned = terms().earns(4000, Part::Whole, so_far);
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
        let plain = Terms::default().earns(4000, Part::Whole, so_far);
        assert_eq!((plain.minor, plain.tier, plain.capped), (4000, None, 0));
    }

    #[test]
    fn terms_beyond_any_plan_are_refused() {
        assert_eq!(terms().check(), Ok(()));
        let with = |tiers: Vec<Tier>, cap_minor| {
            let split = None;
            Terms {
                tiers,
                cap_minor,
                split,
            }
            .check()
        };
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
        let split = |opener_percent, min_seconds, within_days| Split {
            opener_percent,
            min_seconds,
            within_days,
        };
        for (split, why) in [
            (split(1, 1, 1), None),
            (split(99, MOST_SECONDS, MOST_DAYS), None),
            (split(0, 60, 90), Some(BadTerms::Percent)),
            (split(100, 60, 90), Some(BadTerms::Percent)),
            (split(30, 0, 90), Some(BadTerms::Seconds)),
            (split(30, MOST_SECONDS + 1, 90), Some(BadTerms::Seconds)),
            (split(30, 60, 0), Some(BadTerms::Days)),
            (split(30, 60, MOST_DAYS + 1), Some(BadTerms::Days)),
        ] {
            let split = Some(split);
            let terms = Terms { split, ..terms() };
            assert_eq!(terms.check().err(), why, "{split:?}");
        }
    }

    #[test]
    fn the_opener_s_share_is_rounded_down_and_each_part_has_its_own_cap() {
        let terms = Terms {
            split: Some(Split::of(30)),
            ..terms()
        };
        let part = |part, leads, minor| {
            let earned = terms.earns(4001, part, SoFar { leads, minor });
            (earned.minor, earned.rate, earned.capped)
        };
        assert_eq!(part(Part::Opener, 0, 0), (1200, 4001, 0));
        assert_eq!(part(Part::Claimant, 0, 0), (2801, 4001, 0));
        assert_eq!(part(Part::Whole, 0, 0), (4001, 4001, 0));
        // The claimant's fourth lead, and the place at which its tier begins.
        assert_eq!(part(Part::Claimant, 3, 0), (3500, 5000, 0));
        assert_eq!(terms.rate_begins(3), 2);
        assert_eq!(part(Part::Opener, 2, 19_000), (1000, 5000, 500));
        assert_eq!(part(Part::Claimant, 3, 30_000), (0, 5000, 3500));
        assert_eq!((terms.rate_begins(1), terms.rate_begins(100)), (0, 4));
    }

    #[test]
    fn a_row_says_the_split_or_nothing_of_it() {
        let written = serde_json::to_string(&terms()).unwrap();
        assert!(!written.contains("split"), "{written}");
        let text = r#"{"split":{"opener_percent":30,"min_seconds":60,"within_days":90}}"#;
        let read = Terms::try_from(text.to_owned()).unwrap();
        assert_eq!(read.split, Some(Split::of(30)));
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    proptest! {
        /// Whatever came before, nobody earns less than nothing, more than the tier, or past the
        /// cap.
        #[test]
        fn an_entry_stays_within_its_bounds(
            amount in 0..=Money::MOST,
            leads in 0..1_000_000_i64,
            minor in 0..=Money::MOST,
            cap in proptest::option::of(1..=Money::MOST),
        ) {
            let terms = Terms {
                tiers: vec![tier(2, amount / 2), tier(9, amount)],
                cap_minor: cap,
                split: None,
            };
            let earned = terms.earns(amount, Part::Whole, SoFar { leads, minor });
            prop_assert!(earned.minor >= 0 && earned.minor <= amount);
            prop_assert_eq!(earned.minor + earned.capped, earned.tier.map_or(amount, |t| t.amount_minor));
            if let Some(cap) = cap && earned.minor > 0 {
                prop_assert!(minor + earned.minor <= cap);
            }
        }

        /// Both parts sum to what the lead earns, none is negative, and each keeps within its own
        /// cap.
        #[test]
        fn parts_sum_to_the_rate_and_stay_within_their_caps(
            amount in 0..=Money::MOST,
            opener_percent in 1..=99_i64,
            leads in 0..100_i64,
            before in (0..=Money::MOST, 0..=Money::MOST),
            cap in proptest::option::of(1..=Money::MOST),
        ) {
            let terms = Terms {
                tiers: vec![tier(2, amount / 3), tier(9, amount)],
                cap_minor: cap,
                split: Some(Split::of(opener_percent)),
            };
            let so_far = SoFar { leads, minor: before.0 };
            let claimant = terms.earns(amount, Part::Claimant, so_far);
            let so_far = SoFar { leads: terms.rate_begins(leads), minor: before.1 };
            let opener = terms.earns(amount, Part::Opener, so_far);
            prop_assert_eq!(claimant.rate, opener.rate);
            prop_assert_eq!(claimant.share + opener.share, claimant.rate);
            prop_assert!(opener.share * 100 <= opener.rate * opener_percent);
            prop_assert!((opener.share + 1) * 100 > opener.rate * opener_percent);
            for (part, before) in [(claimant, before.0), (opener, before.1)] {
                prop_assert!(part.minor >= 0 && part.minor <= part.share);
                prop_assert_eq!(part.minor + part.capped, part.share);
                if let Some(cap) = cap && part.minor > 0 {
                    prop_assert!(before + part.minor <= cap);
                }
            }
        }
    }
}
