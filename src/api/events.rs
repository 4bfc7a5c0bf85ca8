//! Server-sent events: a page learns that something changed and asks for it again.

use crate::api::App;
use crate::api::access::Who;
use axum::extract::State;
use axum::response::sse::{KeepAlive, Sse};
use serde::Serialize;
use std::convert::Infallible;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};

/// What changed, and for whom. It carries no data: what a page may see is decided when it asks.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// `claims`, `queue` or `calls`.
    pub what: &'static str,
    /// One person, or everybody of a role.
    #[serde(skip)]
    pub person: Option<String>,
    #[serde(skip)]
    pub role: Option<&'static str>,
}

impl Event {
    pub fn to_person(what: &'static str, person: impl Into<String>) -> Event {
        Event {
            what,
            person: Some(person.into()),
            role: None,
        }
    }

    pub fn to_role(what: &'static str, role: &'static str) -> Event {
        Event {
            what,
            person: None,
            role: Some(role),
        }
    }

    fn is_for(&self, who: &Who) -> bool {
        self.person.as_deref().is_none_or(|p| p == who.id()) && self.role.is_none_or(|r| who.is(r))
    }
}

pub async fn stream(
    State(app): State<App>,
    who: Who,
) -> Sse<impl Stream<Item = Result<axum::response::sse::Event, Infallible>>> {
    let events = BroadcastStream::new(app.events.subscribe()).filter_map(move |event| {
        // Who fell behind is told to ask for everything again.
        let what = match event {
            Ok(event) if event.is_for(&who) => event.what,
            Ok(_) => return None,
            Err(_) => "all",
        };
        Some(Ok(axum::response::sse::Event::default()
            .event("changed")
            .data(what)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}
