//! What leads cost and what came of the money, each currency by itself: what is reached, passed
//! and accepted for it is counted of the leads that were paid in it (PRODUCT H3). Only read from
//! what sources say; nothing here reaches the ledger (PRODUCT I2).

use crate::units::Money;
use std::collections::BTreeMap;

/// Where a lead came by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Came {
    pub reached: bool,
    pub passed: bool,
    pub accepted: bool,
}

/// What leads of one currency cost, and how many of them came how far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bought {
    /// Of all of them, in the currency's smallest unit.
    pub minor: i64,
    pub delivered: i64,
    pub reached: i64,
    pub passed: i64,
    pub accepted: i64,
}

impl Bought {
    /// What each of so many of them cost, to the nearest of the currency's smallest unit; `None`
    /// while there is none.
    #[must_use]
    pub fn each(&self, of: i64) -> Option<i64> {
        if of <= 0 {
            return None;
        }
        let nearest = (i128::from(self.minor) * 2 + i128::from(of)) / (i128::from(of) * 2);
        i64::try_from(nearest).ok()
    }
}

/// What leads cost, by currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Costs {
    /// By ISO 4217's code.
    pub by_currency: BTreeMap<String, Bought>,
    /// Leads of which nobody has said what they cost.
    pub unpriced: i64,
}

impl Costs {
    /// Adds a lead. A cost that no lead can have, below nothing or above [`Money::MOST`], is none:
    /// with the others the sums of any number of leads that a box holds fit.
    pub fn add(&mut self, cost: Option<&Money>, came: Came) {
        let Some(cost) = cost.filter(|c| (0..=Money::MOST).contains(&c.minor)) else {
            self.unpriced += 1;
            return;
        };
        let bought = self.by_currency.entry(cost.currency.clone()).or_default();
        bought.minor = bought.minor.saturating_add(cost.minor);
        bought.delivered += 1;
        bought.reached += i64::from(came.reached);
        bought.passed += i64::from(came.passed);
        bought.accepted += i64::from(came.accepted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn came(far: usize) -> Came {
        Came {
            reached: far > 0,
            passed: far > 1,
            accepted: far > 2,
        }
    }

    #[test]
    fn each_currency_pays_for_its_own_leads_alone() {
        let mut costs = Costs::default();
        for (cost, far) in [
            (Some((250, "EUR")), 3),
            (Some((250, "EUR")), 1),
            (Some((251, "EUR")), 0),
            (Some((900, "USD")), 1),
            (None, 3),
            (Some((-1, "EUR")), 3),
            (Some((i64::MAX, "EUR")), 3),
        ] {
            let cost = cost.map(|(minor, currency)| Money::new(minor, currency));
            costs.add(cost.as_ref(), came(far));
        }
        assert_eq!((costs.unpriced, costs.by_currency.len()), (3, 2));
        let eur = costs.by_currency["EUR"];
        assert_eq!((eur.minor, eur.delivered), (751, 3));
        assert_eq!(
            [eur.delivered, eur.reached, eur.passed, eur.accepted].map(|n| eur.each(n)),
            // 250.33, 375.5 and what one cost.
            [Some(250), Some(376), Some(751), Some(751)]
        );
        let usd = costs.by_currency["USD"];
        assert_eq!(
            (usd.each(usd.reached), usd.each(usd.passed)),
            (Some(900), None)
        );
    }

    #[test]
    fn what_costs_nothing_costs_nothing_each_and_none_is_no_number() {
        let mut costs = Costs::default();
        costs.add(Some(&Money::new(0, "EUR")), came(1));
        let free = costs.by_currency["EUR"];
        assert_eq!(
            (free.each(1), free.each(0), free.each(-1)),
            (Some(0), None, None)
        );
        assert_eq!(Bought::default().each(0), None);
    }

    proptest! {
        #[test]
        fn what_each_costs_times_their_number_is_the_sum_to_half_a_unit_each(
            minor in 0_i64..=Money::MOST, of in 1_i64..100_000,
        ) {
            let bought = Bought { minor, ..Bought::default() };
            let each = bought.each(of).unwrap();
            prop_assert!((i128::from(each) * i128::from(of) - i128::from(minor)).abs() * 2 <= i128::from(of));
        }
    }
}
