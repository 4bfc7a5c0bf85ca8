//! The one map from errors to HTTP: RFC 9457 problem details.

use crate::review::Missing;
use crate::store::StoreError;
use axum::Json;
use axum::body::to_bytes;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Of a refused request's body so many bytes are read, within so long.
const LONGEST_READ: usize = 64 << 10;
const READ_WITHIN: Duration = Duration::from_secs(1);

/// An answer that is not what was asked for, with what to do.
#[derive(Debug)]
pub struct Problem {
    pub status: StatusCode,
    /// What a program may tell apart: `urn:assay:` and a word.
    pub kind: &'static str,
    /// What happened.
    pub title: String,
    /// What to do.
    pub detail: String,
    pub missing: Vec<Missing>,
}

/// The same as JSON.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Body {
    #[serde(rename = "type")]
    kind: &'static str,
    /// What happened, in a few words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What to do.
    detail: String,
    /// What a verdict still needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Missing>,
}

impl Problem {
    /// What happened, in the title, and what to do about it, in the detail.
    pub fn new(status: StatusCode, title: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            kind: kind_of(status),
            title: title.into(),
            detail: detail.into(),
            missing: Vec::new(),
        }
    }

    /// The answer to a request that is refused by its head, when its body has been read: with what
    /// is unread the connection would be closed under a client that still sends, and the answer
    /// lost. Whose body is long, or does not come, is answered and the connection closed.
    pub(super) async fn once_read(self, body: axum::body::Body) -> Response {
        let rest = tokio::time::timeout(READ_WITHIN, to_bytes(body, LONGEST_READ)).await;
        let mut response = self.into_response();
        if !matches!(rest, Ok(Ok(_))) {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        response
    }

    /// From one text, `what happened: what to do`: its first clause is the title.
    fn told(status: StatusCode, text: &str) -> Problem {
        let text = text.trim();
        let end = [": ", "; "].iter().filter_map(|mark| text.find(mark));
        let end = end.chain(end_of_sentence(text)).min();
        let (title, rest) = match end {
            Some(end) => (&text[..end], text[end + 1..].trim()),
            None => (text.trim_end_matches('.'), "Nothing was changed."),
        };
        Problem::new(status, sentence(title), sentence(rest))
    }

    /// 401: nobody is signed in, or is no longer.
    pub fn not_signed_in() -> Problem {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "Not signed in",
            "Sign in to go on.",
        )
    }

    /// 403: it is not theirs to do. The text says what happened, a colon, and what to do.
    pub fn forbidden(text: impl AsRef<str>) -> Problem {
        Problem::told(StatusCode::FORBIDDEN, text.as_ref())
    }

    /// 404, also for what they may not see: that it is there is not told.
    pub fn not_found() -> Problem {
        Problem::new(
            StatusCode::NOT_FOUND,
            "Not there",
            "There is nothing under this address, or it is not yours to see.",
        )
    }

    /// What was sent cannot be done as it is.
    pub fn bad(text: impl AsRef<str>) -> Problem {
        Problem::told(StatusCode::UNPROCESSABLE_ENTITY, text.as_ref())
    }

    /// What was sent does not fit what there is now.
    pub fn conflict(text: impl AsRef<str>) -> Problem {
        Problem::told(StatusCode::CONFLICT, text.as_ref())
    }
}

/// A verdict that lacks something; all of it is listed.
fn not_ready(missing: Vec<Missing>) -> Problem {
    let first = missing.first().map_or_else(String::new, |m| m.what.clone());
    Problem {
        missing,
        kind: "urn:assay:verdict-not-ready",
        ..Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The verdict is not ready",
            format!("{first}."),
        )
    }
}

fn kind_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "urn:assay:not-signed-in",
        StatusCode::FORBIDDEN => "urn:assay:not-for-you",
        StatusCode::NOT_FOUND => "urn:assay:not-there",
        StatusCode::CONFLICT => "urn:assay:conflict",
        StatusCode::UNPROCESSABLE_ENTITY => "urn:assay:cannot-be-done",
        StatusCode::TOO_MANY_REQUESTS => "urn:assay:too-many",
        _ => "about:blank",
    }
}

/// Where the first sentence's dot is, if another follows: one behind a word, with a capital after
/// it. Dots of a list of signs or of an abbreviation are none.
fn end_of_sentence(text: &str) -> Option<usize> {
    let ends = |&at: &usize| {
        let (before, after) = (
            text[..at].chars().next_back(),
            text[at + 2..].chars().next(),
        );
        before.is_some_and(|c| c.is_alphanumeric() || "’'\")`€%".contains(c))
            && after.is_some_and(|c| c.is_uppercase() || c == '`')
    };
    text.match_indices(". ").map(|(at, _)| at).find(ends)
}

/// Whether a text begins with an address or a name of a program's: its letters are as they are.
fn begins_with_a_name(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    let inside = word.trim_end_matches(['.', ',', ':', ';', '!', '?']);
    inside.contains(['/', '_', '.', '=', '+', '@'])
}

/// With a capital at its start.
fn sentence(text: &str) -> String {
    if begins_with_a_name(text) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::Conflict(what) => Problem::conflict(format!("{what}.")),
            StoreError::Refused(why) => Problem::bad(format!("{}.", why.trim_end_matches('.'))),
            StoreError::NotReady(missing) => not_ready(missing),
            StoreError::Interest(why) => Problem::forbidden(format!("{why}. It was logged.")),
            e if e.is_duplicate() => Problem::conflict("It is there already."),
            e => {
                tracing::error!(error = %e, "a request failed");
                Problem::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "The box failed",
                    "The box could not do this. Nothing was changed. Try again; if it stays so, \
                     tell your administrator.",
                )
            }
        }
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Problem {
        StoreError::from(error).into()
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Problem {
        let text = rejection.body_text();
        let what = text.split_once(": ").map_or(&*text, |(_, what)| what);
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This address asks for something unknown",
            what,
        )
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Problem {
        Problem::bad(rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            kind: self.kind,
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail,
            missing: self.missing,
        };
        let mut response = (self.status, Json(body)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}

/// The answer to a path that no route has.
pub async fn no_such_route() -> Problem {
    Problem::not_found()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_says_what_of_it_is_not_known() {
        let address = "/calls?limit=many".parse().unwrap();
        let asked =
            axum::extract::Query::<std::collections::HashMap<String, u32>>::try_from_uri(&address);
        let problem = Problem::from(asked.unwrap_err());
        assert_eq!(problem.title, "This address asks for something unknown");
        assert_eq!(problem.detail, "limit: invalid digit found in string");
    }

    #[test]
    fn a_title_says_what_happened() {
        let p = Problem::conflict("somebody else has taken this one; the next is offered to you.");
        assert_eq!(p.title, "Somebody else has taken this one");
        assert_eq!(p.detail, "The next is offered to you.");
        let p = Problem::bad("A comment has 1 to 2,000 characters.");
        assert_eq!(p.title, "A comment has 1 to 2,000 characters");
        assert_eq!(p.detail, "Nothing was changed.");
        let p = Problem::bad("It was logged. Ask another manager.");
        assert_eq!(
            (&*p.title, &*p.detail),
            ("It was logged", "Ask another manager.")
        );
        let p: Problem = StoreError::Refused("Not so: do this.".to_owned()).into();
        assert_eq!((&*p.title, &*p.detail), ("Not so", "Do this."));
    }

    #[test]
    fn a_dot_among_signs_ends_no_title_and_an_address_has_no_capital() {
        for (said, title, detail) in [
            (
                "A number has digits and - _ . / and begins with a digit: correct it",
                "A number has digits and - _ . / and begins with a digit",
                "Correct it.",
            ),
            (
                "A number has letters, digits and - _ . /",
                "A number has letters, digits and - _ . /",
                "Nothing was changed.",
            ),
            (
                "http:// is not encrypted: write https://",
                "http:// is not encrypted",
                "Write https://.",
            ),
            (
                "Write a day, e.g. 2026-11-20",
                "Write a day, e.g. 2026-11-20",
                "Nothing was changed.",
            ),
            (
                "datev_lodas holds EUR alone: make one of EUR",
                "datev_lodas holds EUR alone",
                "Make one of EUR.",
            ),
        ] {
            let p: Problem = StoreError::Refused(said.to_owned()).into();
            assert_eq!((&*p.title, &*p.detail), (title, detail));
        }
    }
}
