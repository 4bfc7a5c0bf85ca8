//! Calls in progress: the list, listening in, pausing (PRODUCT C17, C18). A manager sees and hears
//! those of their clients' lines, a telemarketer sees and pauses their own; what belongs to no
//! known line is shown to nobody here.

use super::trace;
use super::untold::Untold;
use crate::api::access::Who;
use crate::api::app::App;
use crate::api::people::door::Kind;
use crate::api::people::session;
use crate::api::problem::Problem;
use crate::call::{Instruction, Side};
use crate::identity::Role;
use crate::recorder::CallInProgress;
use crate::recorder::heard::Heard;
use crate::recorder::mixer::{Mixer, RATE};
use crate::store::Tx;
use crate::store::calls::listens::Way;
use crate::store::log::{self, Outside};
use crate::store::people;
use crate::units::{CallId, WallTime};
use axum::Json;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use utoipa::ToSchema;
use uuid::Uuid;

/// How a side's media arrives.
#[derive(Serialize, ToSchema)]
pub struct LiveSide {
    packets: u64,
    lost: u64,
    #[schema(required)]
    last_at: Option<WallTime>,
}

/// Both sides of a call in progress.
#[derive(Serialize, ToSchema)]
pub struct LiveSides {
    telemarketer: LiveSide,
    prospect: LiveSide,
}

/// A call in progress, or one that waits to be sealed.
#[derive(Serialize, ToSchema)]
pub struct LiveCall {
    id: CallId,
    /// Null, here and below: it was promised that nobody is singled out.
    #[schema(required)]
    line: Option<String>,
    /// Whose line it is.
    #[schema(required)]
    telemarketer: Option<String>,
    #[schema(required)]
    prospect: Option<String>,
    started_at: WallTime,
    #[schema(required)]
    answered_at: Option<WallTime>,
    /// Why it is not recorded now: paused, policy or overload.
    #[schema(value_type = Option<String>, required)]
    withheld: Value,
    sides: LiveSides,
    /// In the backlog: somebody waits for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    awaited: Option<bool>,
}

/// Calls in progress and those that wait to be sealed.
#[derive(Serialize, ToSchema)]
pub struct InProgress {
    calls: Vec<LiveCall>,
    backlog: Vec<LiveCall>,
    now: WallTime,
    can_listen: bool,
}

/// Calls in progress.
#[utoipa::path(get, path = "/live", responses((status = 200, body = InProgress)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<InProgress>, Problem> {
    let mut tx = app.db.read().await?;
    let mut calls = Vec::new();
    for call in app.live.calls().iter() {
        if let Some(owner) = whose(&mut tx, call, &who).await? {
            calls.push(view(call, owner, None));
        }
    }
    let mut backlog = Vec::new();
    for (call, awaited) in app.live.waiting() {
        if let Some(owner) = whose(&mut tx, &call, &who).await? {
            backlog.push(view(&call, owner, Some(awaited)));
        }
    }
    Ok(Json(InProgress {
        calls,
        backlog,
        now: app.clock.now(),
        can_listen: who.is(Role::Manager),
    }))
}

/// A line and the name of the one who is calling on it, as far as they are told.
#[derive(Default)]
struct Owner {
    line: Option<String>,
    name: Option<String>,
}

/// Whose call it is, where this person may know.
async fn whose(tx: &mut Tx, call: &CallInProgress, who: &Who) -> Result<Option<Owner>, Problem> {
    let number = |side: Side| {
        let party = if side == Side::Caller {
            &call.from
        } else {
            &call.to
        };
        party.as_ref().map(|n| n.reveal().clone())
    };
    let Some(line) = call.telemarketer.and_then(number) else {
        return Ok(None);
    };
    let Some(owner) = people::line_at(tx, &line, call.started_at).await? else {
        return Ok(None);
    };
    let may = if who.is(Role::Telemarketer) {
        owner.person_id == *who.id()
    } else {
        who.sees_client(&owner.client_id)
    };
    if !may {
        return Ok(None);
    }
    if Untold::of_calls(tx, who).await?.has(&owner.client_id) {
        return Ok(Some(Owner::default()));
    }
    let person = people::by_id(tx, &owner.person_id).await?;
    Ok(Some(Owner {
        line: Some(line),
        name: person.map(|p| p.name.into_inner()),
    }))
}

fn view(call: &CallInProgress, owner: Owner, awaited: Option<bool>) -> LiveCall {
    let ours = call.telemarketer.unwrap_or(Side::Caller);
    let prospect = if ours == Side::Caller {
        &call.to
    } else {
        &call.from
    };
    let side = |side: Side| {
        let s = &call.sides[side as usize];
        LiveSide {
            packets: s.packets,
            lost: s.lost,
            last_at: s.last,
        }
    };
    LiveCall {
        id: CallId::from(call.id.to_string()),
        line: owner.line,
        telemarketer: owner.name,
        prospect: prospect.as_ref().map(|p| p.reveal().clone()),
        started_at: call.started_at,
        answered_at: call.answered_at,
        withheld: json!(call.withheld),
        sides: LiveSides {
            telemarketer: side(ours),
            prospect: side(ours.other()),
        },
        awaited,
    }
}

/// The call in progress of that id, if this person may see it.
async fn find(app: &App, who: &Who, id: &CallId) -> Result<CallInProgress, Problem> {
    let calls = app.live.calls();
    let call = calls
        .iter()
        .find(|c| is(c.id, id))
        .ok_or_else(Problem::not_found)?;
    let mut tx = app.db.read().await?;
    match whose(&mut tx, call, who).await? {
        Some(_) => Ok(call.clone()),
        None => Err(Problem::not_found()),
    }
}

fn is(call: Uuid, id: &CallId) -> bool {
    id.parse::<Uuid>().is_ok_and(|id| id == call)
}

async fn note(app: &App, who: &Who, what: &Outside) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    log::note(&mut tx, &who.actor(), what, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Whether a call is sealed next now.
#[derive(Serialize, ToSchema)]
pub struct Hurried {
    next: bool,
}

/// Somebody waits for a call that is not sealed yet: it comes next.
#[utoipa::path(post, path = "/live/{id}/hurry", responses((status = 200, body = Hurried)))]
pub async fn hurry(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
) -> Result<Json<Hurried>, Problem> {
    let waiting = app.live.waiting();
    let (call, _) = waiting
        .into_iter()
        .find(|(call, _)| is(call.id, &id))
        .ok_or_else(Problem::not_found)?;
    let mut tx = app.db.read().await?;
    whose(&mut tx, &call, &who)
        .await?
        .ok_or_else(Problem::not_found)?;
    let live = app.live.clone();
    let next = tokio::task::spawn_blocking(move || live.hurry(call.id)).await;
    Ok(Json(Hurried {
        next: next.unwrap_or(false),
    }))
}

/// What a call in progress was told.
#[derive(Serialize, ToSchema)]
pub struct Instructed {
    paused: bool,
}

/// `pause`, `resume`, `consent` or `announced`, from a person or from the phone system.
#[utoipa::path(
    post,
    path = "/live/{id}/{instruction}",
    responses((status = 200, body = Instructed))
)]
pub async fn instruct(
    State(app): State<App>,
    who: Who,
    Path((id, instruction)): Path<(CallId, String)>,
) -> Result<Json<Instructed>, Problem> {
    let of: (Instruction, fn(CallId) -> Outside) = match instruction.as_str() {
        "pause" => (Instruction::Pause, Outside::Paused),
        "resume" => (Instruction::Resume, Outside::Resumed),
        "consent" => (Instruction::Consent, Outside::Consented),
        "announced" => (Instruction::Announced, Outside::Announced),
        _ => return Err(Problem::not_found()),
    };
    let (instruction, outside) = of;
    let call = find(&app, &who, &id).await?;
    note(&app, &who, &outside(id)).await?;
    tell(&app, call.id, instruction).await?;
    Ok(Json(Instructed {
        paused: instruction == Instruction::Pause,
    }))
}

/// Tells the tap, and waits until it has done it.
pub(in crate::api) async fn tell(
    app: &App,
    call: Uuid,
    instruction: Instruction,
) -> Result<(), Problem> {
    let live = app.live.clone();
    let done = tokio::task::spawn_blocking(move || live.instruct(call, instruction))
        .await
        .ok()
        .flatten();
    match done {
        Some(true) => Ok(()),
        Some(false) => Err(Problem::conflict(
            "The call has ended, or the house's rules keep it from being recorded, or nobody asks \
             for consent.",
        )),
        None => Err(Problem::conflict("No tap is running on this box.")),
    }
}

/// Listening in: a WebSocket with 16-bit PCM of both lanes, 40 ms a message.
#[utoipa::path(get, path = "/live/{id}/listen", responses((status = 101)))]
pub async fn listen(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CallId>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let call = find(&app, &who, &id).await?;
    let open = app.door.open(who.id(), Kind::Listen)?;
    trace::note(&app, &who, &id, Way::Live).await?;
    let (heard, mixer) = (app.live.listen(call.id), app.live.mixer());
    Ok(upgrade.on_upgrade(move |socket| async move {
        tokio::select! {
            () = sound(socket, heard, mixer) => {}
            // Who may not listen any more hears no more.
            () = session::ended(&app, &who) => {}
        }
        drop(open);
    }))
}

/// One message of sound.
const PIECE: Duration = Duration::from_millis(40);
const SAMPLES: usize = RATE as usize / 1000 * 40;
/// Messages that may wait for a slow browser.
const AHEAD: usize = 25;
/// RFC 6455 §7.4.1.
const NORMAL: u16 = 1000;

async fn sound(mut socket: WebSocket, heard: Receiver<Heard>, mixer: Mixer) {
    let (to, mut pieces) = tokio::sync::mpsc::channel(AHEAD);
    let began = json!({ "rate": RATE, "channels": 2, "at": WallTime(0) }).to_string();
    if socket.send(Message::Text(began.into())).await.is_err() {
        return;
    }
    // Decoding is no work for the threads that serve pages.
    tokio::task::spawn_blocking(move || mix(&heard, mixer, &to));
    while let Some(message) = pieces.recv().await {
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
fn mix(heard: &Receiver<Heard>, mut mixer: Mixer, to: &tokio::sync::mpsc::Sender<Message>) {
    let mut told = None;
    let mut due = Instant::now() + PIECE;
    loop {
        match heard.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(what) => match mixer.take(what) {
                true => continue,
                false => return,
            },
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => due += PIECE,
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
