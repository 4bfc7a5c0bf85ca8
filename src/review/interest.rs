//! Who may do what to which claim (PRODUCT I1): one function, one table. The store asks it in the
//! transaction of the act itself, with the roles, pay and clients of that moment.

use crate::identity::{PayBasis, Role};
use crate::units::{ClientId, PersonId};
use crate::words;

words! {
    /// What somebody wants to do to a claim, or to what is drawn from its client's calls.
    pub enum Act: "act" {
        /// Have it on the desk.
        Take = "take",
        /// Give its verdict, or the blind answer of a second review.
        Answer = "answer",
        /// Confirm or change an answer once the dispute's reason is known.
        Confirm = "confirm",
        /// Rule on a dispute's eligibility.
        Rule = "rule",
        /// Hand a dispute to another reviewer.
        AskAnother = "ask_another",
        /// Have it judged before others.
        PutFirst = "put_first",
        /// Draw calls that nobody claimed.
        Sample = "sample",
        /// Have several reviewers judge it.
        Calibrate = "calibrate",
        /// Say which lead a telemarketer's call belongs to.
        ChooseLead = "choose_lead",
        /// Approve a commission plan.
        Approve = "approve",
        /// Rule that an entry is taken back, or lock what was booked.
        Settle = "settle",
    }
}

impl Act {
    /// Whose work it is.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Act::Take | Act::Answer | Act::Confirm => Role::Reviewer,
            Act::Rule
            | Act::AskAnother
            | Act::PutFirst
            | Act::Sample
            | Act::Calibrate
            | Act::ChooseLead
            | Act::Approve
            | Act::Settle => Role::Manager,
        }
    }

    /// Whether it needs somebody who has not judged the lead before. Who confirms has, by their own
    /// blind answer.
    fn wants_fresh_ears(self) -> bool {
        matches!(self, Act::Take | Act::Answer)
    }
}

/// Who wants to act, as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub id: PersonId,
    pub role: Role,
    pub pay_basis: PayBasis,
    /// They may sign in.
    pub works_here: bool,
    /// Clients whose claims they may see.
    pub clients: Vec<ClientId>,
    /// Telemarketers whose pay carries theirs.
    pub paid_through: Vec<PersonId>,
}

/// What the act touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stake {
    pub client: ClientId,
    /// Who earns by it: the claimant; of an act on a whole client, its telemarketers.
    pub earners: Vec<PersonId>,
    /// Who made its calls.
    pub callers: Vec<PersonId>,
    /// Who else has claimed the same lead.
    pub rivals: Vec<PersonId>,
    /// Who has a share in what a claim on the lead earns, because they opened it.
    pub openers: Vec<PersonId>,
    /// Who has judged the same lead or one of the calls already, or is to.
    pub judges: Vec<PersonId>,
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this is your own claim, so somebody else decides")]
    OwnClaim,
    #[error("you took part in this call, so somebody else decides")]
    OwnCall,
    #[error("you have claimed this lead yourself, so somebody else decides")]
    Rival,
    #[error("you opened this lead and have a share in what it earns, so somebody else decides")]
    Opener,
    #[error("your account is closed")]
    Disabled,
    #[error("this is for reviewers")]
    NotAReviewer,
    #[error("this is for managers")]
    NotAManager,
    #[error("your pay hangs on qualified leads or pipeline, so somebody else decides")]
    PaidOnOutcome,
    #[error(
        "your pay hangs on a telemarketer's who gains or loses by this, so somebody else decides"
    )]
    PaidThroughEarner,
    #[error("this belongs to a client that is not yours")]
    OtherClient,
    #[error("you have judged this lead before, so somebody else judges it now")]
    JudgedBefore,
}

/// Whether somebody may do it.
///
/// # Errors
/// The first reason against it.
pub fn may(act: Act, who: &Party, stake: &Stake) -> Result<(), Refusal> {
    let wrong_role = match act.role() {
        Role::Reviewer => Refusal::NotAReviewer,
        _ => Refusal::NotAManager,
    };
    let carries = |earner| who.paid_through.contains(earner);
    let mut earning = stake
        .earners
        .iter()
        .chain(&stake.rivals)
        .chain(&stake.openers);
    let refusals = [
        (stake.earners.contains(&who.id), Refusal::OwnClaim),
        (stake.callers.contains(&who.id), Refusal::OwnCall),
        (stake.rivals.contains(&who.id), Refusal::Rival),
        (stake.openers.contains(&who.id), Refusal::Opener),
        (!who.works_here, Refusal::Disabled),
        (who.role != act.role(), wrong_role),
        (who.pay_basis != PayBasis::Fixed, Refusal::PaidOnOutcome),
        (earning.any(carries), Refusal::PaidThroughEarner),
        (!who.clients.contains(&stake.client), Refusal::OtherClient),
        (
            act.wants_fresh_ears() && stake.judges.contains(&who.id),
            Refusal::JudgedBefore,
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
    use crate::units::Word;

    fn party(role: Role) -> Party {
        Party {
            id: "marek".into(),
            role,
            pay_basis: PayBasis::Fixed,
            works_here: true,
            clients: vec!["c1".into()],
            paid_through: vec!["somebody-else".into()],
        }
    }

    fn stake() -> Stake {
        Stake {
            client: "c1".into(),
            earners: vec!["ines".into()],
            callers: vec!["ines".into()],
            rivals: vec!["tom".into()],
            openers: vec!["ana".into()],
            judges: vec!["rosa".into()],
        }
    }

    /// The table: for every act, every interest keeps somebody out, and nothing else does.
    #[test]
    fn every_interest_keeps_somebody_out_of_every_act() {
        for act in Act::ALL.iter().copied() {
            let able = party(act.role());
            assert_eq!(may(act, &able, &stake()), Ok(()), "{act}");
            let who = |change: fn(&mut Party)| {
                let mut who = able.clone();
                change(&mut who);
                may(act, &who, &stake()).unwrap_err()
            };
            assert_eq!(who(|w| w.id = "ines".into()), Refusal::OwnClaim, "{act}");
            assert_eq!(who(|w| w.id = "tom".into()), Refusal::Rival, "{act}");
            assert_eq!(who(|w| w.id = "ana".into()), Refusal::Opener, "{act}");
            assert_eq!(who(|w| w.works_here = false), Refusal::Disabled, "{act}");
            assert_eq!(who(|w| w.clients.clear()), Refusal::OtherClient, "{act}");
            for earner in ["ines", "tom", "ana"] {
                let mut who = able.clone();
                who.paid_through = vec![earner.into()];
                let refused = may(act, &who, &stake());
                assert_eq!(refused, Err(Refusal::PaidThroughEarner), "{act}, {earner}");
            }
            for basis in PayBasis::ALL.iter().filter(|b| **b != PayBasis::Fixed) {
                let mut who = able.clone();
                who.pay_basis = *basis;
                let refused = may(act, &who, &stake());
                assert_eq!(refused, Err(Refusal::PaidOnOutcome), "{act}, {basis}");
            }
            for role in Role::ALL.iter().filter(|r| **r != act.role()) {
                let refused = may(act, &party(*role), &stake());
                assert!(refused.is_err(), "{act}, {role}");
            }
            let mut called = stake();
            called.callers = vec!["marek".into()];
            assert_eq!(may(act, &able, &called), Err(Refusal::OwnCall), "{act}");
            let mut judged = stake();
            judged.judges = vec!["marek".into()];
            let wanted = match act {
                Act::Take | Act::Answer => Err(Refusal::JudgedBefore),
                _ => Ok(()),
            };
            assert_eq!(may(act, &able, &judged), wanted, "{act}");
        }
    }
}
