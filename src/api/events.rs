//! Server-sent events: a page learns that something changed and asks for it again.

use crate::api::access::Who;
use crate::api::app::App;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use std::convert::Infallible;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};

/// Events named `changed`, whose data is what to ask for again: `claims`, `queue`, `calls`,
/// `messages` or `all`.
#[utoipa::path(
    get,
    path = "/events",
    responses((status = 200, content_type = "text/event-stream", body = String))
)]
pub async fn stream(
    State(app): State<App>,
    who: Who,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = BroadcastStream::new(app.db.subscribe()).filter_map(move |event| {
        // A page that fell behind is told to ask for everything again.
        let what = match event {
            Ok(event) if event.is_for(who.id(), who.person.role) => event.topic.as_str(),
            Ok(_) => return None,
            Err(_) => "all",
        };
        Some(Ok(Event::default().event("changed").data(what)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}
