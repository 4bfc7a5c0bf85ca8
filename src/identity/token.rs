//! What a machine may do with the token that it was given.

use crate::words;

words! {
    /// One thing that a token may be good for.
    pub enum Scope: "scope" {
        /// The phone system pauses a recording and resumes it.
        Pause = "pause",
        /// It says that the other side consented, or has heard the announcement.
        Consent = "consent",
        /// It says how a call came out.
        Disposition = "disposition",
        /// A dialler opens an address with how a call came out. The token may stand in that
        /// address, where logs and proxies see it, and so is good for nothing else.
        Dialler = "dialler",
        /// It claims a lead for the telemarketer whose line a call was on.
        Claim = "claim",
        /// A CRM reads leads that passed.
        Crm = "crm",
        /// It says what sales answered, and what became of a lead.
        CrmWrite = "crm_write",
        /// A CRM or a supplier brings leads.
        Leads = "leads",
        /// The payroll office reads its runs and their files.
        Payroll = "payroll",
        /// Prometheus reads the box's numbers.
        Metrics = "metrics",
    }
}

/// How every token begins, so that a leaked one is recognised.
pub const PREFIX: &str = "assay_";

/// A token of 32 random bytes as hex digits.
#[must_use]
pub fn text(digits: &str) -> String {
    format!("{PREFIX}{digits}")
}

/// Scopes as one text, by name, and back. Unknown ones are left out: they are of another release.
#[must_use]
pub fn join(scopes: &[Scope]) -> String {
    let mut names: Vec<&str> = scopes.iter().map(|s| s.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(" ")
}

/// The scopes of such a text.
#[must_use]
pub fn split(text: &str) -> Vec<Scope> {
    text.split(' ')
        .filter_map(|name| name.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_one_text_and_back() {
        let text = join(&[Scope::Pause, Scope::Claim, Scope::Pause]);
        assert_eq!(text, "claim pause");
        assert_eq!(split(&text), [Scope::Claim, Scope::Pause]);
        assert_eq!(split("claim of-tomorrow"), [Scope::Claim]);
        assert!(split("").is_empty());
    }
}
