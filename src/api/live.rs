//! Calls in progress: the list, listening in, pausing (PRODUCT C17, C18). A manager sees and hears
//! those of their clients' lines, a telemarketer sees and pauses their own; what belongs to no
//! known line is shown to nobody here.

use super::access::Who;
use super::{App, Problem};
use crate::call::{Instruction, Side};
use crate::recorder::CallInProgress;
use crate::recorder::live::{Mixer, RATE};
use crate::store::audit::{self, Entry};
use crate::store::{Tx, people};
use crate::units::WallTime;
use axum::Json;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use uuid::Uuid;

pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let mut shown = Vec::new();
    for call in app.live.calls().iter() {
        if let Some((line, name)) = whose(&mut tx, call, &who).await? {
            shown.push(view(call, &line, &name));
        }
    }
    let mut backlog = Vec::new();
    for (call, awaited) in app.live.backlog.calls() {
        if let Some((line, name)) = whose(&mut tx, &call, &who).await? {
            let mut item = view(&call, &line, &name);
            item["awaited"] = json!(awaited);
            backlog.push(item);
        }
    }
    Ok(Json(
        json!({ "calls": shown, "backlog": backlog, "now": app.clock.now(), "can_listen": who.is("manager") }),
    ))
}

/// The line and the name of the one who is calling, where this person may know.
async fn whose(
    tx: &mut Tx,
    call: &CallInProgress,
    who: &Who,
) -> Result<Option<(String, String)>, Problem> {
    let number = |side: Side| {
        if side == Side::Caller {
            &call.from
        } else {
            &call.to
        }
        .as_ref()
        .map(|n| n.reveal().clone())
    };
    let Some(line) = call.telemarketer.and_then(number) else {
        return Ok(None);
    };
    let Some(owner) = people::line_at(tx, &line, call.started_at).await? else {
        return Ok(None);
    };
    let may = if who.is("telemarketer") {
        owner.person_id == who.id()
    } else {
        who.sees_client(&owner.client_id)
    };
    let name = people::by_id(tx, &owner.person_id)
        .await?
        .map(|p| p.name)
        .unwrap_or_default();
    Ok(may.then_some((line, name)))
}

fn view(call: &CallInProgress, line: &str, name: &str) -> Value {
    let ours = call.telemarketer.unwrap_or(Side::Caller);
    let prospect = if ours == Side::Caller {
        &call.to
    } else {
        &call.from
    };
    let side = |side: Side| {
        let s = call.sides[side as usize];
        json!({ "packets": s.packets, "lost": s.lost, "last_at": s.last })
    };
    json!({
        "id": call.id, "line": line, "telemarketer": name, "prospect": prospect.as_ref().map(|p| p.reveal()),
        "started_at": call.started_at, "answered_at": call.answered_at, "withheld": call.withheld,
        "sides": { "telemarketer": side(ours), "prospect": side(ours.other()) },
    })
}

/// The call in progress of that id, if this person may see it.
async fn find(app: &App, who: &Who, id: &str) -> Result<CallInProgress, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::not_found())?;
    let call = app
        .live
        .calls()
        .iter()
        .find(|c| c.id == id)
        .cloned()
        .ok_or_else(Problem::not_found)?;
    let mut tx = app.db.read().await?;
    whose(&mut tx, &call, who)
        .await?
        .map(|_| call)
        .ok_or_else(Problem::not_found)
}

async fn note(app: &App, who: &Who, action: &str, call: &CallInProgress) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    audit::append(
        &mut tx,
        Entry {
            at: app.clock.now(),
            actor: who.id(),
            action,
            subject: &format!("call:{}", call.id),
            detail: json!({}),
        },
    )
    .await?;
    Ok(tx.commit().await?)
}

/// Somebody waits for a call that is not sealed yet: it comes next.
pub async fn hurry(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::not_found())?;
    let call = app
        .live
        .backlog
        .calls()
        .into_iter()
        .map(|(call, _)| call)
        .find(|c| c.id == id)
        .ok_or_else(Problem::not_found)?;
    let mut tx = app.db.read().await?;
    whose(&mut tx, &call, &who)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Json(json!({ "next": app.live.backlog.hurry(id) })))
}

/// `pause`, `resume`, `consent` or `announced`, from a person or from the phone system.
pub async fn tell(
    State(app): State<App>,
    who: Who,
    Path((id, word)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let (word, action) = match word.as_str() {
        "pause" => (Instruction::Pause, "call.paused"),
        "resume" => (Instruction::Resume, "call.resumed"),
        "consent" => (Instruction::Consent, "call.consent"),
        "announced" => (Instruction::Announced, "call.announced"),
        _ => return Err(Problem::not_found()),
    };
    let call = find(&app, &who, &id).await?;
    note(&app, &who, action, &call).await?;
    let live = app.live.clone();
    let done = tokio::task::spawn_blocking(move || live.instruct(call.id, word))
        .await
        .ok()
        .flatten();
    match done {
        Some(true) => Ok(Json(json!({ "paused": word == Instruction::Pause }))),
        Some(false) => Err(Problem::conflict(
            "The call has ended, or the house's rules keep it from being recorded, or nobody asks \
             for consent.",
        )),
        None => Err(Problem::conflict("No tap is running on this box.")),
    }
}

pub async fn listen(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let call = find(&app, &who, &id).await?;
    note(&app, &who, "call.listened_live", &call).await?;
    let heard = app.live.listen(call.id);
    Ok(upgrade.on_upgrade(move |socket| sound(socket, heard)))
}

/// One message of sound.
const STRETCH: Duration = Duration::from_millis(40);
const SAMPLES: usize = RATE as usize / 1000 * 40;
/// Stretches that may wait for a slow browser.
const AHEAD: usize = 25;
/// RFC 6455 §7.4.1.
const NORMAL: u16 = 1000;

async fn sound(mut socket: WebSocket, heard: Receiver<crate::recorder::live::Heard>) {
    let (to, mut stretches) = tokio::sync::mpsc::channel(AHEAD);
    let began = json!({ "rate": RATE, "channels": 2, "at": WallTime(0) }).to_string();
    if socket.send(Message::Text(began.into())).await.is_err() {
        return;
    }
    // Decoding is no work for the threads that serve pages.
    tokio::task::spawn_blocking(move || mix(&heard, &to));
    while let Some(message) = stretches.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
    let _ = socket
        .send(Message::Close(Some(CloseFrame {
            code: NORMAL,
            reason: "the call has ended".into(),
        })))
        .await;
}

/// Mixes at the pace of the clock until the call ends or nobody listens.
fn mix(heard: &Receiver<crate::recorder::live::Heard>, to: &tokio::sync::mpsc::Sender<Message>) {
    let mut mixer = Mixer::default();
    let mut told = None;
    let mut due = Instant::now() + STRETCH;
    loop {
        match heard.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(what) => match mixer.take(what) {
                true => continue,
                false => return,
            },
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => due += STRETCH,
        }
        if mixer.silent != told {
            told = mixer.silent;
            let _ = to.blocking_send(Message::Text(json!({ "silent": told }).to_string().into()));
        }
        // A browser that falls behind misses sound; the call is recorded elsewhere.
        if let Err(tokio::sync::mpsc::error::TrySendError::Closed(_)) =
            to.try_send(Message::Binary(mixer.mix(SAMPLES).into()))
        {
            return;
        }
    }
}
