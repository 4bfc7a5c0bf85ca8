//! What a manager rules on: two claims whose leads are one, or fraud. Beside verdicts and disputes
//! nothing else takes money back (PRODUCT I3, M2).

use crate::units::{CampaignId, ClaimId, LeadId, WallTime};
use crate::words;

words! {
    /// What was ruled.
    pub enum RulingKind: "kind of ruling" {
        /// The leads of two claims are one: the later claim earns nothing.
        Duplicate = "duplicate",
        /// They are two, though they share a number.
        Distinct = "distinct",
        /// The claim was made by fraud; two people say so.
        Fraud = "fraud",
    }
}

/// A claim as far as a ruling is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub id: ClaimId,
    /// What people say: C-1001.
    pub number: i64,
    pub lead: LeadId,
    pub campaign: CampaignId,
    pub made_at: WallTime,
    /// Neither withdrawn nor sent back.
    pub stands: bool,
}

/// Why there is nothing to rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRuled {
    #[error("both claims are on the same lead: it earns once as it is")]
    SameLead,
    #[error("the claims belong to different campaigns: a lead may earn once in each")]
    OtherCampaign,
    #[error("the other claim was made later: rule on that one, the first keeps its place")]
    MadeFirst,
    #[error("one of the claims was withdrawn or sent back: nothing is earned by it")]
    Over,
    #[error("the two leads share no number: nothing but a word says that they are one")]
    NothingShared,
}

/// Whether two claims can be ruled to be on one lead, or on two: `later` is the one that would earn
/// nothing. `share_number` is whether a number stands with both leads.
///
/// # Errors
/// Why there is nothing to rule.
pub fn ruling_on(later: &Claimed, first: &Claimed, share_number: bool) -> Result<(), NotRuled> {
    let refusals = [
        (!later.stands || !first.stands, NotRuled::Over),
        (later.campaign != first.campaign, NotRuled::OtherCampaign),
        (later.lead == first.lead, NotRuled::SameLead),
        (
            (later.made_at, later.number) < (first.made_at, first.number),
            NotRuled::MadeFirst,
        ),
        (!share_number, NotRuled::NothingShared),
    ];
    refusals
        .into_iter()
        .find(|(holds, _)| *holds)
        .map_or(Ok(()), |(_, why)| Err(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(number: i64, lead: &str) -> Claimed {
        Claimed {
            id: ClaimId::from(format!("c{number}").as_str()),
            number,
            lead: lead.into(),
            campaign: "fleet".into(),
            made_at: WallTime(number * 1_000_000),
            stands: true,
        }
    }

    #[test]
    fn only_the_later_of_two_claims_on_leads_that_share_a_number_is_a_duplicate() {
        let (first, later) = (claimed(1, "castellan"), claimed(2, "catering"));
        assert_eq!(ruling_on(&later, &first, true), Ok(()));
        assert_eq!(ruling_on(&first, &later, true), Err(NotRuled::MadeFirst));
        assert_eq!(
            ruling_on(&later, &first, false),
            Err(NotRuled::NothingShared)
        );
        let same = claimed(2, "castellan");
        assert_eq!(ruling_on(&same, &first, true), Err(NotRuled::SameLead));
        let elsewhere = Claimed {
            campaign: "other".into(),
            ..later.clone()
        };
        assert_eq!(
            ruling_on(&elsewhere, &first, true),
            Err(NotRuled::OtherCampaign)
        );
        let over = Claimed {
            stands: false,
            ..first
        };
        assert_eq!(ruling_on(&later, &over, true), Err(NotRuled::Over));
    }
}
