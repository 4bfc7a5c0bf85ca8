//! Who may judge a claim (PRODUCT I1): nobody with an interest in it.

/// What is known of the person who wants to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judge<'a> {
    pub id: &'a str,
    pub role: &'a str,
    pub pay_basis: &'a str,
    /// Clients whose claims they may see.
    pub clients: &'a [String],
    /// Telemarketers whose pay carries theirs.
    pub paid_through: &'a [String],
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
/// calls.
///
/// # Errors
/// The first reason against it.
pub fn may_judge(
    judge: &Judge<'_>,
    claimant: &str,
    callers: &[String],
    client: &str,
) -> Result<(), Refusal> {
    let refusals = [
        (judge.id == claimant, Refusal::OwnClaim),
        (callers.iter().any(|c| c == judge.id), Refusal::OwnCall),
        (judge.role != "reviewer", Refusal::NotAReviewer),
        (judge.pay_basis != "fixed", Refusal::PaidOnOutcome),
        (
            judge.paid_through.iter().any(|p| p == claimant),
            Refusal::PaidThroughClaimant,
        ),
        (
            !judge.clients.iter().any(|c| c == client),
            Refusal::OtherClient,
        ),
    ];
    refusals
        .into_iter()
        .find(|(holds, _)| *holds)
        .map_or(Ok(()), |(_, refusal)| Err(refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interest_keeps_somebody_out() {
        let clients = ["c1".to_owned()];
        let through = ["ines".to_owned()];
        let marek = Judge {
            id: "marek",
            role: "reviewer",
            pay_basis: "fixed",
            clients: &clients,
            paid_through: &[],
        };
        let ask = |j: &Judge<'_>, claimant, callers: &[String], client| {
            may_judge(j, claimant, callers, client)
        };
        assert_eq!(ask(&marek, "ines", &[], "c1"), Ok(()));
        assert_eq!(ask(&marek, "marek", &[], "c1"), Err(Refusal::OwnClaim));
        assert_eq!(
            ask(&marek, "ines", &["marek".into()], "c1"),
            Err(Refusal::OwnCall)
        );
        assert_eq!(ask(&marek, "ines", &[], "c2"), Err(Refusal::OtherClient));
        assert_eq!(
            ask(
                &Judge {
                    role: "manager",
                    ..marek.clone()
                },
                "ines",
                &[],
                "c1"
            ),
            Err(Refusal::NotAReviewer)
        );
        for basis in ["qualified_leads", "pipeline", "commission"] {
            assert_eq!(
                ask(
                    &Judge {
                        pay_basis: basis,
                        ..marek.clone()
                    },
                    "ines",
                    &[],
                    "c1"
                ),
                Err(Refusal::PaidOnOutcome)
            );
        }
        assert_eq!(
            ask(
                &Judge {
                    paid_through: &through,
                    ..marek
                },
                "ines",
                &[],
                "c1"
            ),
            Err(Refusal::PaidThroughClaimant)
        );
    }
}
