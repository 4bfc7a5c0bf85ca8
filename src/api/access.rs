//! Who may see and do what (PRODUCT I7), in one place. What somebody may not see does not exist for
//! them: the answer is the same 404 as for what is not there, so that nothing can be guessed.

use crate::api::problem::Problem;
use crate::identity::Role;
use crate::pii::Pii;
use crate::review::Party;
use crate::store::calls::{self, Call};
use crate::store::handover::list as handed_over;
use crate::store::leads::Lead;
use crate::store::people::Person;
use crate::store::{Actor, Tx};
use crate::units::{CallId, ClientId, PersonId, SessionId, WallTime};
use std::net::IpAddr;

/// Who is asking.
#[derive(Debug, Clone)]
pub struct Who {
    pub person: Person,
    pub clients: Vec<ClientId>,
    /// Those whose pay carries this person's.
    pub paid_through: Vec<PersonId>,
    /// When they asked.
    pub at: WallTime,
    /// Their session, as it is listed.
    pub session: SessionId,
    /// By which their session is found.
    pub token_hash: Pii<String>,
    /// From where they asked.
    pub from: IpAddr,
    /// Their role needs a second factor that they have not set up: nothing else is theirs to do.
    pub second_factor_missing: bool,
}

impl Who {
    /// Their id.
    #[must_use]
    pub fn id(&self) -> &PersonId {
        &self.person.id
    }

    /// As the log names them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::from(self.id())
    }

    /// Whether they have a role.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.person.role == role
    }

    /// Whether a client's data is theirs to see.
    #[must_use]
    pub fn sees_client(&self, client: &ClientId) -> bool {
        self.clients.contains(client)
    }

    /// Whether they may see a lead.
    #[must_use]
    pub fn sees_lead(&self, lead: &Lead) -> bool {
        self.sees_client(&lead.client_id) && !self.is(Role::Reviewer)
    }

    /// As the rule of interests asks about them, when the request came. An act asks again.
    #[must_use]
    pub fn party(&self) -> Party {
        Party {
            id: self.id().clone(),
            role: self.person.role,
            pay_basis: self.person.pay_basis,
            works_here: self.person.disabled_at.is_none(),
            clients: self.clients.clone(),
            paid_through: self.paid_through.clone(),
        }
    }

    /// A call that this person may see and hear: a telemarketer's own; for a reviewer those of
    /// what is on their desk or judged by them; for sales those of leads that were handed over to
    /// them; for a manager all of their clients'.
    ///
    /// # Errors
    /// 404 for all others.
    pub async fn call(&self, tx: &mut Tx, id: &CallId) -> Result<Call, Problem> {
        let call = calls::by_id(tx, id).await?.ok_or_else(Problem::not_found)?;
        let may = match self.person.role {
            Role::Telemarketer => call.person_id.as_ref() == Some(self.id()),
            Role::Reviewer => calls::heard_through_review(tx, id, self.id(), self.at).await?,
            Role::Sales => handed_over::may_hear(tx, id, self.id()).await?,
            Role::Manager => call.client_id.as_ref().is_some_and(|c| self.sees_client(c)),
            _ => false,
        };
        if may {
            Ok(call)
        } else {
            Err(Problem::not_found())
        }
    }
}
