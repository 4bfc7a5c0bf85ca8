//! What an attempt came to, and what that means for its message.

use super::address::Special;
use crate::units::{Micros, WallTime};
use crate::webhook::schedule::retry_after;
use std::net::IpAddr;

/// An answer of a receiver, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header of that name, as it came.
    pub retry_after: Option<String>,
}

/// Why there was no answer. Says what to do, in words for the page; nothing of what the other side
/// sent is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("the name was not found: check the URL, and this box's DNS")]
    NoSuchName,
    #[error(
        "{0} is {1}: nothing is sent there unless [webhooks] allowed_ranges in the \
         configuration has it"
    )]
    Forbidden(IpAddr, Special),
    #[error(
        "http:// is for addresses within [webhooks] allowed_ranges, and {0} is none: use https"
    )]
    Plain(IpAddr),
    #[error("nobody answers at {0}: is the receiver running, and is its port open?")]
    NoConnection(IpAddr),
    #[error("no TLS: {0}")]
    Tls(String),
    #[error(
        "the receiver did not answer within ten seconds: it should answer first and work later"
    )]
    TooSlow,
    #[error("its answer is larger than 64 KiB: a receiver answers with a short 2xx")]
    TooLarge,
    #[error("what it answered is no HTTP, or ended in the middle")]
    NoHttp,
}

impl Failure {
    /// The same of somebody who is no receiver, in a clause.
    #[must_use]
    pub fn plainly(&self) -> String {
        match self {
            Failure::NoConnection(address) => format!("nobody answers at {address}"),
            Failure::TooSlow => "it did not answer within ten seconds".to_owned(),
            Failure::TooLarge => "its answer is larger than 64 KiB".to_owned(),
            other => other.to_string(),
        }
    }
}

/// What an attempt means for its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    Delivered,
    /// Tried again, at the earliest after what the receiver asks for.
    Failed {
        asked: Option<Micros>,
    },
    /// The receiver says that it is gone for good: nothing more is sent until somebody resumes it.
    Gone,
}

impl Answer {
    /// Only a 2xx delivers; a redirect is followed nowhere.
    #[must_use]
    pub fn judged(&self, now: WallTime) -> Judged {
        match self.status {
            200..=299 => Judged::Delivered,
            410 => Judged::Gone,
            429 | 503 => Judged::Failed {
                asked: self
                    .retry_after
                    .as_deref()
                    .and_then(|v| retry_after(v, now)),
            },
            _ => Judged::Failed { asked: None },
        }
    }

    /// What the page says of one that did not deliver.
    #[must_use]
    pub fn why(&self) -> String {
        match self.status {
            300..=399 => format!(
                "it answered {}, a redirect: none is followed, enter the address it points at",
                self.status
            ),
            410 => "it answered 410: it is gone for good, and the receiver was paused".to_owned(),
            429 | 503 => format!("it answered {}: it has too much to do", self.status),
            401 | 403 => format!(
                "it answered {}: does it have the present secret?",
                self.status
            ),
            404 => "it answered 404: check the URL's path".to_owned(),
            status => format!("it answered {status}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_2xx_alone_delivers() {
        let judged = |status, retry_after: Option<&str>| {
            let retry_after = retry_after.map(str::to_owned);
            let answer = Answer {
                status,
                retry_after,
            };
            answer.judged(WallTime(0))
        };
        let failed = Judged::Failed { asked: None };
        for status in [200, 201, 204, 299] {
            assert_eq!(judged(status, None), Judged::Delivered);
        }
        for status in [100, 199, 301, 302, 307, 400, 404, 500, 599, 999] {
            assert_eq!(judged(status, Some("7")), failed, "{status}");
        }
        assert_eq!(judged(410, None), Judged::Gone);
        for status in [429, 503] {
            let asked = Some(Micros::from_secs(7));
            assert_eq!(judged(status, Some("7")), Judged::Failed { asked });
            assert_eq!(judged(status, Some("soon")), failed);
        }
    }
}
