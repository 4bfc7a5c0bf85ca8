//! What proves an entry without the box (PRODUCT S8).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::hex;
use crate::identity::Role;
use crate::proof::VerifierKey;
use crate::proof::bundle::{self, Given};
use crate::store::commission::ledger;
use crate::store::proof::bundle::{Reader, of_entry};
use crate::store::proof::checkpoints::{self, Signed};
use crate::store::proof::others;
use crate::store::{StoreError, Tx, leads};
use crate::units::{EntryId, WallTime};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A signed root of the proof log.
#[derive(Serialize, ToSchema)]
pub struct LogCheckpoint {
    /// Leaves of the tree.
    size: i64,
    /// SHA-256 in base64, as the note has it.
    root: String,
    /// The signed note: origin, size and root, a line each, then the signatures.
    pub(super) note: String,
    at: WallTime,
    /// The newest checkpoint that was copied; none yet.
    #[schema(required)]
    copied: Option<Copied>,
    /// The log's key, by which the note is verified: `name+id+key`.
    key: String,
    /// The largest tree that an authority has stamped (RFC 3161); none yet, or none is asked.
    #[schema(required)]
    stamped: Option<Seen>,
    /// The largest tree that each witness has cosigned.
    cosigned: Vec<Seen>,
    /// What witnesses say against this log, a sentence each.
    alarms: Vec<String>,
}

/// A checkpoint that was copied, with the log up to it.
#[derive(Serialize, ToSchema)]
pub struct Copied {
    at: WallTime,
    /// Leaves of the tree.
    size: i64,
    /// On another disk than the books: one beside them can be rewritten with them.
    elsewhere: bool,
}

/// That others saw this log.
#[derive(Serialize, ToSchema)]
pub struct Seen {
    /// The authority's host, or the witness's name.
    by: String,
    /// By their own clock.
    at: WallTime,
    /// Leaves of the tree.
    size: i64,
}

/// The newest checkpoint; none while nothing has been sealed.
pub(super) async fn newest(tx: &mut Tx, app: &App) -> Result<Option<LogCheckpoint>, Problem> {
    let Ok(key) = &app.log_key else {
        return Ok(None);
    };
    match checkpoints::latest(tx).await? {
        Some(signed) => Ok(Some(view(tx, app, signed, key).await?)),
        None => Ok(None),
    }
}

/// The log's key.
pub(super) fn key(app: &App) -> Result<&VerifierKey, Problem> {
    let missing =
        |why: &String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The log has no key", why);
    app.log_key.as_ref().map_err(missing)
}

async fn view(
    tx: &mut Tx,
    app: &App,
    signed: Signed,
    key: &VerifierKey,
) -> Result<LogCheckpoint, Problem> {
    let stamped = others::last_stamp(tx).await?.map(|stamped| Seen {
        by: stamped.authority,
        at: stamped.stamped_at,
        size: stamped.size,
    });
    let cosigned = others::last_cosigned(tx).await?.into_iter().map(|c| Seen {
        by: c.witness.split('+').next().unwrap_or_default().to_owned(),
        at: c.cosigned_at,
        size: c.size,
    });
    let left = checkpoints::last_left(tx).await?;
    let copied = left.and_then(|left| {
        Some(Copied {
            at: left.left_at?,
            size: left.size,
            elsewhere: app.log_copy.is_elsewhere(&app.folder),
        })
    });
    Ok(LogCheckpoint {
        note: others::note_of(tx, &signed).await?,
        size: signed.size,
        root: in_base64(&signed)?,
        at: signed.at,
        copied,
        key: key.to_string(),
        stamped,
        cosigned: cosigned.collect(),
        alarms: app.alarms.all(),
    })
}

/// The root in the form that the note has it in, so that the two are compared by eye.
fn in_base64(signed: &Signed) -> Result<String, Problem> {
    let root = hex::bytes(&signed.root).ok_or_else(|| {
        StoreError::Broken(format!("the root of the checkpoint of {}", signed.size))
    })?;
    Ok(STANDARD.encode(root))
}

/// The newest checkpoint of this box's log.
#[utoipa::path(get, path = "/checkpoint", responses((status = 200, body = LogCheckpoint)))]
pub async fn checkpoint(State(app): State<App>, _: Who) -> Result<Json<LogCheckpoint>, Problem> {
    let mut tx = app.db.read().await?;
    let newest = newest(&mut tx, &app).await?;
    newest.map(Json).ok_or_else(Problem::not_found)
}

/// What the bundle is to be held against.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Against {
    /// An older checkpoint of this log, as a statement carries it: the bundle then proves that the
    /// log has only grown since.
    checkpoint: Option<String>,
}

/// The bundle that proves an entry without the box: own ones, and for managers those of their
/// clients. `assay verify` reads it.
#[utoipa::path(
    get,
    path = "/entries/{id}/bundle",
    params(Against),
    responses((status = 200, body = String, content_type = "application/json"))
)]
pub async fn bundle(
    State(app): State<App>,
    who: Who,
    Path(id): Path<EntryId>,
    Query(against): Query<Against>,
) -> Result<Response, Problem> {
    let mut tx = app.db.read().await?;
    let entry = ledger::by_id(&mut tx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let mine = match who.is(Role::Manager) {
        true => leads::campaign(&mut tx, &entry.campaign_id)
            .await?
            .is_some_and(|campaign| who.sees_client(&campaign.client_id)),
        false => entry.person_id == *who.id(),
    };
    if !mine {
        return Err(Problem::not_found());
    }
    let older = against.checkpoint.into_iter().collect();
    let reader = match who.is(Role::Manager) {
        true => Reader::Manager,
        false => Reader::Payee,
    };
    let key = key(&app)?;
    let made = of_entry(&mut tx, key, (&id, reader), older).await?;
    let made = made.to_json();
    let given = Given {
        log: key,
        witnesses: &[],
        audio: &[],
        other_checkpoint: None,
    };
    // Nobody is handed a proof that does not hold without being told so.
    if let Err(broken) = bundle::verify(made.as_bytes(), &given) {
        let why = format!("the proof of entry {id} does not hold: {broken}");
        return Err(StoreError::Broken(why).into());
    }
    let name = format!("attachment; filename=\"entry-{id}.json\"");
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, made).into_response())
}
