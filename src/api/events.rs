//! Server-sent events: a page learns that something changed and asks for it again.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::people::door::Kind;
use crate::api::people::session;
use crate::api::problem::Problem;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use std::convert::Infallible;
use tokio::task::JoinSet;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};

/// Events named `changed`, whose data is what to ask for again: `claims`, `queue`, `calls`,
/// `handovers`, `messages`, `sessions` or `all`. The stream ends with the session.
#[utoipa::path(
    get,
    path = "/events",
    responses((status = 200, content_type = "text/event-stream", body = String))
)]
pub async fn stream(
    State(app): State<App>,
    who: Who,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let open = app.door.open(who.id(), Kind::Events)?;
    let (whose, subscribed) = (who.clone(), app.db.subscribe());
    // In a task of its own: a page that reads nothing keeps no connection of the database.
    let mut watch = JoinSet::new();
    watch.spawn(async move { session::ended(&app, &whose).await });
    let ended = async move {
        watch.join_next().await;
        drop(open);
    };
    let events = BroadcastStream::new(subscribed).filter_map(move |event| {
        // A page that fell behind is told to ask for everything again.
        let what = match event {
            Ok(event) if event.is_for(who.id(), who.person.role) => event.topic.as_str(),
            Ok(_) => return None,
            Err(_) => "all",
        };
        Some(Ok(Event::default().event("changed").data(what)))
    });
    let events = futures_util::StreamExt::take_until(events, ended);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}
