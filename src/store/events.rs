//! What open pages are told: that something changed, and never what. A page asks again, and what it
//! may see is decided when it asks.

use crate::identity::Role;
use crate::units::PersonId;
use crate::words;

words! {
    /// What changed.
    pub enum Topic: "topic" {
        /// A claim, its verdict or its money.
        Claims = "claims",
        /// What waits for a reviewer.
        Queue = "queue",
        /// Calls and their leads.
        Calls = "calls",
        /// What was handed over to sales, and what it said.
        Handovers = "handovers",
        /// Receivers of outgoing messages, and what waits for them.
        Messages = "messages",
        /// Somebody's sessions ended: their pages ask who they are.
        Sessions = "sessions",
    }
}

/// A change and whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub topic: Topic,
    pub whom: Whom,
}

/// Whose pages are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    Person(PersonId),
    Role(Role),
}

impl Event {
    /// For one person's pages.
    pub(in crate::store) fn to_person(topic: Topic, person: &PersonId) -> Event {
        Event {
            topic,
            whom: Whom::Person(person.clone()),
        }
    }

    /// For the pages of everybody with a role.
    pub(in crate::store) fn to_role(topic: Topic, role: Role) -> Event {
        Event {
            topic,
            whom: Whom::Role(role),
        }
    }

    /// The queue changed: reviewers look again.
    pub(in crate::store) fn queue() -> Event {
        Event::to_role(Topic::Queue, Role::Reviewer)
    }

    /// Whether somebody's pages are told.
    #[must_use]
    pub fn is_for(&self, person: &PersonId, role: Role) -> bool {
        match &self.whom {
            Whom::Person(one) => one == person,
            Whom::Role(of) => *of == role,
        }
    }
}
