//! Who acts: every verb that changes something takes one, and the log names it.

use crate::units::{PersonId, TokenId};

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who is signed in, or whose phone said it.
    Person(PersonId),
    /// The administrator's shell: a command on the box.
    Shell,
    /// The box itself.
    System,
    /// A machine, by its token.
    Token(TokenId),
    /// Whoever holds the link to a shared clip.
    Link,
}

impl Actor {
    /// As it stands in the log: a person's id, a token's, `shell`, `system` or `link`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Actor::Person(id) => id,
            Actor::Token(id) => id,
            Actor::Shell => "shell",
            Actor::System => "system",
            Actor::Link => "link",
        }
    }

    /// Who it is, where somebody signed in acts.
    #[must_use]
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Actor::Person(id) => Some(id),
            _ => None,
        }
    }
}

impl From<&PersonId> for Actor {
    fn from(id: &PersonId) -> Actor {
        Actor::Person(id.clone())
    }
}
