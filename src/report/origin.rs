//! Whose leads become pipeline (PRODUCT P3): by the origin that a lead's source had when it came
//! in, which nobody changes afterwards.
//!
//! *Closeable pipeline* is what opened in a time and is not lost: open or won. Amounts are summed
//! by currency and never across; a deal without an amount counts as a deal and not as an amount.
//! Deals whose origin nobody has said are in the whole, so that marketing's share is told as
//! counted, and as at most, were all of them marketing's.
//!
//! Sales enters its own leads when they are worth it, after it has talked to them: their way looks
//! shorter and ends well more often. How much shorter is bounded by what the wire saw: the first
//! call with a lead's number, where that was before the lead was entered, is when its way began.
//! *From* is with that alone; *to* gives the leads without such a call the median lag of those with
//! one, since calls from mobiles are not seen.

use crate::leads::Origin;
use crate::report::interval::{Rate, percentile};
use crate::units::{WallTime, Word};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Bands in which marketing's share is read, in percent: 25 to 35 of it is usual, half is much.
pub const BANDS: [i64; 3] = [25, 35, 50];

/// What became of an opportunity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Open,
    Won(WallTime),
    Lost(WallTime),
}

/// A lead that a CRM called an opportunity, won or lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    pub origin: Origin,
    /// As the CRM says; shown where it differs, and counted by nobody.
    pub said: Option<Origin>,
    pub opened_at: WallTime,
    pub end: End,
    /// Minor units and currency.
    pub value: Option<(i64, String)>,
    /// `None`: the CRM has not said.
    pub proof_of_concept: Option<bool>,
    /// When it was entered: in the CRM where that says so, else here.
    pub entered_at: WallTime,
    /// The first call with one of its numbers.
    pub first_call_at: Option<WallTime>,
}

const DAY_US: i64 = 86_400_000_000;

impl Deal {
    /// Microseconds from the first call to the entry; `None` where the wire saw none before.
    fn lag(&self) -> Option<i64> {
        let lag = (self.entered_at - self.first_call_at?).0;
        (lag > 0).then_some(lag)
    }

    /// Microseconds from the entry to the close; one that closed before it was entered took none.
    fn took(&self) -> Option<i64> {
        match self.end {
            End::Won(at) => Some((at - self.entered_at).0.max(0)),
            End::Open | End::Lost(_) => None,
        }
    }
}

/// Amounts of a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OriginAmount)]
pub struct Amount {
    pub currency: String,
    pub deals: i64,
    pub sum_minor: i64,
    /// Half the deals are smaller.
    pub median_minor: i64,
}

/// Deals of an origin.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = OriginPart)]
pub struct Part {
    pub origin: Origin,
    /// That opened in the time.
    pub opened: i64,
    pub lost: i64,
    pub won: i64,
    /// Open or won.
    pub closeable: i64,
    /// Of all closeable deals.
    #[schema(required)]
    pub share: Option<Rate>,
    /// Of the closeable.
    pub amounts: Vec<Amount>,
    /// Won of those that ended.
    #[schema(required)]
    pub won_rate: Option<Rate>,
    /// The same of those that were entered before the wire saw a call.
    #[schema(required)]
    pub won_rate_early: Option<Rate>,
    /// Days from the entry to the close: half the won deals took less.
    #[schema(required)]
    pub days: Option<f64>,
    /// Entered after the first call that the wire saw.
    pub late: i64,
    /// By how many days, half of them less.
    #[schema(required)]
    pub late_days: Option<f64>,
    /// Days to close from the first call on: with the calls that were seen …
    #[schema(required)]
    pub days_from: Option<f64>,
    /// … and with the median lag for the deals without one.
    #[schema(required)]
    pub days_to: Option<f64>,
    /// Of those of which it was said.
    pub proof_said: i64,
    pub proof: i64,
    /// Null: it was said of none.
    #[schema(required)]
    pub proof_rate: Option<Rate>,
}

/// Marketing's share of an amount.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = OriginShare)]
pub struct Share {
    /// Null: of the number of deals.
    #[schema(required)]
    pub currency: Option<String>,
    pub marketing: i64,
    pub all: i64,
    /// 0 to 1.
    pub share: f64,
    /// Were all deals of which nobody has said the origin marketing's.
    pub at_most: f64,
}

/// How much faster sales' own deals look than marketing's, and how much of that late entry could
/// be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = OriginGap)]
pub struct Gap {
    /// Days by which marketing's take longer, as entered.
    pub told: f64,
    /// The same from the first call on, at the ends of its bounds.
    pub from: f64,
    pub to: f64,
}

/// Deals by origin.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OriginFigures {
    pub parts: Vec<Part>,
    /// By number, then by currency.
    pub shares: Vec<Share>,
    /// Null: one of the two has no won deal.
    #[schema(required)]
    pub gap: Option<Gap>,
    /// Deals of which the CRM says another origin than the box keeps.
    pub said_otherwise: i64,
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The median in days, of microseconds in any order.
fn median_days(mut all: Vec<i64>) -> Option<f64> {
    all.sort_unstable();
    percentile(&all, 0.5).map(|us| us / DAY_US as f64)
}

fn is_closeable(deal: &&Deal) -> bool {
    !matches!(deal.end, End::Lost(_))
}

fn amounts(deals: &[&Deal]) -> Vec<Amount> {
    let mut by: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (minor, currency) in deals.iter().filter_map(|d| d.value.as_ref()) {
        by.entry(currency).or_default().push(*minor);
    }
    let told = by.into_iter().map(|(currency, mut all)| {
        all.sort_unstable();
        Amount {
            currency: currency.to_owned(),
            deals: count(all.len()),
            sum_minor: all.iter().fold(0_i64, |sum, v| sum.saturating_add(*v)),
            median_minor: percentile(&all, 0.5).map_or(0, |m| m.round() as i64),
        }
    });
    told.collect()
}

fn won_rate<'a>(deals: impl Iterator<Item = &'a &'a Deal>) -> Option<Rate> {
    let ended = deals.filter(|d| d.end != End::Open);
    let (mut won, mut all) = (0, 0);
    for deal in ended {
        all += 1;
        won += i64::from(matches!(deal.end, End::Won(_)));
    }
    Rate::of(won, all)
}

fn part(origin: Origin, deals: &[&Deal], closeable_of_all: i64) -> Part {
    let closeable: Vec<&Deal> = deals.iter().copied().filter(is_closeable).collect();
    let won: Vec<&Deal> = deals
        .iter()
        .copied()
        .filter(|d| d.took().is_some())
        .collect();
    let lags: Vec<i64> = deals.iter().filter_map(|d| d.lag()).collect();
    let late = count(lags.len());
    let mut sorted = lags.clone();
    sorted.sort_unstable();
    let median_lag = percentile(&sorted, 0.5).map_or(0, |lag| lag as i64);
    let took = |unseen: i64| {
        let each = won.iter().filter_map(|d| {
            let lag = d.lag().unwrap_or(unseen);
            Some(d.took()?.saturating_add(lag))
        });
        median_days(each.collect())
    };
    let said: Vec<bool> = deals.iter().filter_map(|d| d.proof_of_concept).collect();
    let proof = count(said.iter().filter(|yes| **yes).count());
    Part {
        origin,
        opened: count(deals.len()),
        lost: count(deals.len() - closeable.len()),
        won: count(won.len()),
        closeable: count(closeable.len()),
        share: Rate::of(count(closeable.len()), closeable_of_all),
        amounts: amounts(&closeable),
        won_rate: won_rate(deals.iter()),
        won_rate_early: won_rate(deals.iter().filter(|d| d.lag().is_none())),
        days: median_days(won.iter().filter_map(|d| d.took()).collect()),
        late,
        late_days: median_days(lags),
        days_from: took(0),
        days_to: took(median_lag),
        proof_said: count(said.len()),
        proof,
        proof_rate: Rate::of(proof, count(said.len())),
    }
}

fn share(currency: Option<&str>, parts: &[Part]) -> Option<Share> {
    let of = |origin: Option<Origin>| {
        let chosen = parts
            .iter()
            .filter(|p| origin.is_none_or(|o| p.origin == o));
        let each = chosen.map(|p| match currency {
            None => p.closeable,
            Some(c) => p
                .amounts
                .iter()
                .filter(|a| a.currency == c)
                .fold(0_i64, |sum, a| sum.saturating_add(a.sum_minor)),
        });
        each.fold(0_i64, i64::saturating_add)
    };
    let (marketing, unknown, all) = (
        of(Some(Origin::Marketing)),
        of(Some(Origin::Unknown)),
        of(None),
    );
    (all > 0).then(|| Share {
        currency: currency.map(str::to_owned),
        marketing,
        all,
        share: marketing as f64 / all as f64,
        at_most: (marketing as f64 + unknown as f64) / all as f64,
    })
}

/// What these deals come to, by origin in its order.
#[must_use]
pub fn figures(deals: &[Deal]) -> OriginFigures {
    let closeable = count(deals.iter().filter(is_closeable).count());
    let parts: Vec<Part> = Origin::ALL
        .iter()
        .map(|origin| {
            let own: Vec<&Deal> = deals.iter().filter(|d| d.origin == *origin).collect();
            part(*origin, &own, closeable)
        })
        .filter(|part| part.opened > 0)
        .collect();
    let mut currencies: Vec<&str> = parts
        .iter()
        .flat_map(|p| p.amounts.iter().map(|a| a.currency.as_str()))
        .collect();
    currencies.sort_unstable();
    currencies.dedup();
    let by_currency = currencies.iter().filter_map(|c| share(Some(c), &parts));
    let shares: Vec<Share> = share(None, &parts).into_iter().chain(by_currency).collect();
    let of = |origin| parts.iter().find(|p| p.origin == origin);
    let gap = of(Origin::Marketing)
        .zip(of(Origin::Sales))
        .and_then(|(m, s)| {
            let ends = [
                m.days_from? - s.days_from?,
                m.days_from? - s.days_to?,
                m.days_to? - s.days_from?,
                m.days_to? - s.days_to?,
            ];
            Some(Gap {
                told: m.days? - s.days?,
                from: ends.iter().copied().fold(f64::INFINITY, f64::min),
                to: ends.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            })
        });
    let otherwise = deals
        .iter()
        .filter(|d| d.said.is_some_and(|s| s != d.origin));
    OriginFigures {
        shares,
        gap,
        said_otherwise: count(otherwise.count()),
        parts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: WallTime = WallTime(1_764_000_000_000_000);

    fn day(n: i64) -> WallTime {
        WallTime(T.0 + n * DAY_US)
    }

    fn deal(origin: Origin, entered: i64, won: Option<i64>, called: Option<i64>) -> Deal {
        Deal {
            origin,
            said: None,
            opened_at: day(entered),
            end: won.map_or(End::Open, |at| End::Won(day(at))),
            value: None,
            proof_of_concept: None,
            entered_at: day(entered),
            first_call_at: called.map(day),
        }
    }

    #[test]
    fn late_entry_explains_what_it_could_and_no_more() {
        let deals = [
            deal(Origin::Marketing, 0, Some(60), Some(2)),
            deal(Origin::Marketing, 0, Some(60), None),
            // Talked to for forty days before they were entered, and one of which no call was seen.
            deal(Origin::Sales, 50, Some(70), Some(10)),
            deal(Origin::Sales, 50, Some(70), Some(10)),
            deal(Origin::Sales, 50, Some(70), None),
        ];
        let made = figures(&deals);
        let sales = made
            .parts
            .iter()
            .find(|p| p.origin == Origin::Sales)
            .unwrap();
        assert_eq!(
            (sales.days, sales.late, sales.late_days),
            (Some(20.0), 2, Some(40.0))
        );
        assert_eq!((sales.days_from, sales.days_to), (Some(60.0), Some(60.0)));
        let gap = made.gap.unwrap();
        assert_eq!((gap.told, gap.from, gap.to), (40.0, 0.0, 0.0));
        // Marketing's were entered before anybody called them.
        let marketing = &made.parts[0];
        assert_eq!((marketing.late, marketing.days_from), (0, Some(60.0)));
    }

    #[test]
    fn currencies_are_never_summed_and_what_nobody_said_widens_the_share() {
        let with = |origin, minor, currency: &str| Deal {
            value: Some((minor, currency.to_owned())),
            ..deal(origin, 0, None, None)
        };
        let lost = Deal {
            end: End::Lost(day(9)),
            ..with(Origin::Marketing, 99_999, "EUR")
        };
        let deals = [
            with(Origin::Marketing, 3_000, "EUR"),
            with(Origin::Marketing, 500, "USD"),
            with(Origin::Sales, 6_000, "EUR"),
            with(Origin::Unknown, 1_000, "EUR"),
            lost,
        ];
        let made = figures(&deals);
        let eur = &made.shares[1];
        assert_eq!(
            (eur.currency.as_deref(), eur.marketing, eur.all),
            (Some("EUR"), 3_000, 10_000)
        );
        assert_eq!((eur.share, eur.at_most), (0.3, 0.4));
        assert_eq!(made.shares[2].share, 1.0);
        assert_eq!((made.shares[0].share, made.shares[0].all), (0.5, 4));
        assert_eq!(made.parts[0].lost, 1);
        assert_eq!(made.gap, None);
    }

    #[test]
    fn no_deal_and_one_deal_are_no_nan() {
        assert_eq!(figures(&[]).shares, []);
        let one = figures(&[deal(Origin::Sales, 9, Some(3), None)]);
        assert_eq!(
            one.parts[0].days,
            Some(0.0),
            "it closed before it was entered"
        );
        assert_eq!(one.shares[0].share, 0.0);
    }
}
