//! Who may judge a claim (PRODUCT I1): nobody with an interest in it.

use crate::identity::{PayBasis, Role};
use crate::units::{ClientId, PersonId};

/// What is known of the person who wants to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judge<'a> {
    pub id: &'a PersonId,
    pub role: Role,
    pub pay_basis: PayBasis,
    /// Clients whose claims they may see.
    pub clients: &'a [ClientId],
    /// Telemarketers whose pay carries theirs.
    pub paid_through: &'a [PersonId],
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("only reviewers judge claims")]
    NotAReviewer,
    #[error("this is your own claim, so somebody else reviews it")]
    OwnClaim,
    #[error("you took part in this call, so somebody else reviews it")]
    OwnCall,
    #[error("your pay hangs on qualified leads or pipeline, so you cannot judge claims")]
    PaidOnOutcome,
    #[error("your pay hangs on this telemarketer's, so somebody else reviews the claim")]
    PaidThroughClaimant,
    #[error("this claim belongs to a client that is not yours")]
    OtherClient,
}

/// Whether a person may judge a claim of `claimant` for `client`; `callers` are those who made its
/// calls. A sample of calls on a line that is nobody's has no claimant.
///
/// # Errors
/// The first reason against it.
pub fn may_judge(
    judge: &Judge<'_>,
    claimant: Option<&PersonId>,
    callers: &[PersonId],
    client: &ClientId,
) -> Result<(), Refusal> {
    let refusals = [
        (claimant == Some(judge.id), Refusal::OwnClaim),
        (callers.contains(judge.id), Refusal::OwnCall),
        (judge.role != Role::Reviewer, Refusal::NotAReviewer),
        (judge.pay_basis != PayBasis::Fixed, Refusal::PaidOnOutcome),
        (
            claimant.is_some_and(|c| judge.paid_through.contains(c)),
            Refusal::PaidThroughClaimant,
        ),
        (!judge.clients.contains(client), Refusal::OtherClient),
    ];
    refusals
        .into_iter()
        .find(|(holds, _)| *holds)
        .map_or(Ok(()), |(_, refusal)| Err(refusal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Word;

    #[test]
    fn every_interest_keeps_somebody_out() {
        let (client, other) = (ClientId::from("c1"), ClientId::from("c2"));
        let (ines, me) = (PersonId::from("ines"), PersonId::from("marek"));
        let marek = Judge {
            id: &me,
            role: Role::Reviewer,
            pay_basis: PayBasis::Fixed,
            clients: std::slice::from_ref(&client),
            paid_through: &[],
        };
        assert_eq!(may_judge(&marek, Some(&ines), &[], &client), Ok(()));
        assert_eq!(may_judge(&marek, None, &[], &client), Ok(()));
        let refused = |judge: &Judge<'_>| may_judge(judge, Some(&ines), &[], &client).unwrap_err();
        assert_eq!(
            may_judge(&marek, Some(&me), &[], &client),
            Err(Refusal::OwnClaim)
        );
        assert_eq!(
            may_judge(&marek, Some(&ines), std::slice::from_ref(&me), &client),
            Err(Refusal::OwnCall)
        );
        assert_eq!(
            may_judge(&marek, Some(&ines), &[], &other),
            Err(Refusal::OtherClient)
        );
        for role in Role::ALL.iter().filter(|r| **r != Role::Reviewer) {
            let judge = Judge {
                role: *role,
                ..marek.clone()
            };
            assert_eq!(refused(&judge), Refusal::NotAReviewer);
        }
        for pay_basis in PayBasis::ALL.iter().filter(|b| **b != PayBasis::Fixed) {
            let judge = Judge {
                pay_basis: *pay_basis,
                ..marek.clone()
            };
            assert_eq!(refused(&judge), Refusal::PaidOnOutcome);
        }
        let judge = Judge {
            paid_through: std::slice::from_ref(&ines),
            ..marek
        };
        assert_eq!(refused(&judge), Refusal::PaidThroughClaimant);
    }
}
