//! Who may sign in and as what: roles, what somebody's pay hangs on, how many guesses somebody
//! gets, second factors, and what a machine's token is good for. Rules only.

pub mod listening;
pub mod lockout;
pub mod token;
pub mod totp;

use crate::words;

words! {
    /// What somebody comes to the box for (PRODUCT, "Who uses it").
    pub enum Role: "role" {
        /// Claims leads, sees verdicts and money.
        Telemarketer = "telemarketer",
        /// Listens and judges.
        Reviewer = "reviewer",
        /// Receives leads that passed, and answers for them.
        Sales = "sales",
        /// Brings leads and sources.
        Marketing = "marketing",
        /// Rules on eligibility, approves plans, reads reports.
        Manager = "manager",
        /// Runs the box.
        Admin = "admin",
    }
}

words! {
    /// What somebody's pay hangs on (PRODUCT I1).
    pub enum PayBasis: "pay basis" {
        /// On nothing that a verdict decides: only these may judge or approve.
        Fixed = "fixed",
        /// On the claims that pass.
        Commission = "commission",
        /// On the number of qualified leads.
        QualifiedLeads = "qualified_leads",
        /// On the pipeline that came of them.
        Pipeline = "pipeline",
    }
}

words! {
    /// The two houses whose heads sign a checklist (PRODUCT R3).
    pub enum House: "house" {
        Marketing = "marketing",
        Sales = "sales",
    }
}

impl House {
    /// The role of those who work there; its head is one of them.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            House::Marketing => Role::Marketing,
            House::Sales => Role::Sales,
        }
    }
}

/// Characters of a login, or of a line, at most.
const LONGEST_LOGIN: usize = 64;
/// And of a name.
const LONGEST_NAME: usize = 120;

/// Why somebody cannot sign in with this, or a line cannot be called so.
///
/// # Errors
/// Says what to do.
pub fn check_login(login: &str) -> Result<(), &'static str> {
    let is_one_word = !login.contains(|c: char| c.is_whitespace() || c.is_control());
    match (1..=LONGEST_LOGIN).contains(&login.chars().count()) && is_one_word {
        true => Ok(()),
        false => Err("Take 1 to 64 characters without spaces."),
    }
}

/// Why somebody, or a client, cannot be called so.
///
/// # Errors
/// Says what to do.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    let is_one_line = name.trim() == name && !name.contains(char::is_control);
    match (1..=LONGEST_NAME).contains(&name.chars().count()) && is_one_line {
        true => Ok(()),
        false => Err("Take a name of 1 to 120 characters, without spaces around it."),
    }
}

/// Characters of a password at least; longer is better than stranger (NIST SP 800-63B §3.1.1).
pub const SHORTEST_PASSWORD: usize = 12;
/// And at most, so that hashing stays bounded.
pub const LONGEST_PASSWORD: usize = 256;

/// Why a password cannot be somebody's.
///
/// # Errors
/// Says what to do.
pub fn check_password(password: &str, login: &str) -> Result<(), &'static str> {
    let length = password.chars().count();
    let plain = password.to_lowercase();
    if length < SHORTEST_PASSWORD {
        return Err(
            "Take at least 12 characters: four words that do not belong together are good.",
        );
    }
    if password.len() > LONGEST_PASSWORD {
        return Err("Take at most 256 bytes.");
    }
    let first = password.chars().next();
    if password.chars().all(|c| Some(c) == first) || plain.contains(&login.to_lowercase()) {
        return Err("Take one that is not your login, and not one character over and over.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_one_word_and_a_name_one_line() {
        for bad in ["", " ", "ines okafor", "ines\n", "i\0", &"x".repeat(65)] {
            assert!(check_login(bad).is_err(), "{bad:?}");
        }
        for bad in [
            "",
            " ",
            " Ines",
            "Ines\nOkafor",
            "\u{1b}[2J",
            &"x".repeat(121),
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        assert_eq!(check_login("ines.okafor@example.com"), Ok(()));
        assert_eq!(check_name("Inês Okafor-Núñez"), Ok(()));
    }

    #[test]
    fn a_password_is_long_and_no_guess() {
        for bad in [
            "short",
            "aaaaaaaaaaaaaaaa",
            "ines ines ines 1",
            &"x1".repeat(200),
        ] {
            assert!(check_password(bad, "ines").is_err(), "{bad}");
        }
        assert_eq!(check_password("horse battery staple", "ines"), Ok(()));
    }
}
