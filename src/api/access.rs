//! Who may see and do what (PRODUCT I7), in one place. What somebody may not see does not exist for
//! them: the answer is the same 404 as for what is not there, so that nothing can be guessed.

use crate::api::Problem;
use crate::review::Judge;
use crate::store::Tx;
use crate::store::calls::{self, Call};
use crate::store::leads::Lead;
use crate::store::people::Person;

/// Who is asking.
#[derive(Debug, Clone)]
pub struct Who {
    pub person: Person,
    pub clients: Vec<String>,
    /// Those whose pay carries this person's.
    pub paid_through: Vec<String>,
}

impl Who {
    pub fn id(&self) -> &str {
        &self.person.id
    }

    pub fn is(&self, role: &str) -> bool {
        self.person.role == role
    }

    pub fn sees_client(&self, client: &str) -> bool {
        self.clients.iter().any(|c| c == client)
    }

    pub fn sees_lead(&self, lead: &Lead) -> bool {
        self.sees_client(&lead.client_id) && !self.is("reviewer")
    }

    pub fn judge(&self) -> Judge<'_> {
        Judge {
            id: self.id(),
            role: &self.person.role,
            pay_basis: &self.person.pay_basis,
            clients: &self.clients,
            paid_through: &self.paid_through,
        }
    }

    /// A call that this person may see and hear: a telemarketer's own; for a reviewer those of a
    /// claim taken or judged; for a manager all of their clients'.
    ///
    /// # Errors
    /// 404 for all others.
    pub async fn call(&self, tx: &mut Tx, id: &str) -> Result<Call, Problem> {
        let call = calls::by_id(tx, id).await?.ok_or_else(Problem::not_found)?;
        let may = match self.person.role.as_str() {
            "telemarketer" => call.person_id.as_deref() == Some(self.id()),
            "reviewer" => calls::heard_through_review(tx, id, self.id()).await?,
            "manager" => call
                .client_id
                .as_deref()
                .is_some_and(|c| self.sees_client(c)),
            _ => false,
        };
        if may {
            Ok(call)
        } else {
            Err(Problem::not_found())
        }
    }
}
