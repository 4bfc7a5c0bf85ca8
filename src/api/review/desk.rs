//! What claims and second looks share at the desk: the sheet that is judged, what was heard of it,
//! and drafts. An item is either of them.

use crate::api::access::Who;
use crate::api::{App, Problem};
use crate::review::heard::{Listened, Played};
use crate::review::{Given, Judgement, LOCK, Missing, Rules, judge};
use crate::store::Tx;
use crate::store::calls;
use crate::store::log::{self, Entry};
use crate::store::review::checklists::Version;
use crate::store::review::claims;
use crate::store::review::heard;
use crate::store::review::second_reviews;
use crate::units::WallTime;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

/// An item that is with the one who asks.
struct AtWork {
    calls: Vec<String>,
    taken_at: WallTime,
    /// Until when it stays with them if nothing more is heard.
    until: WallTime,
}

/// # Errors
/// 404 when it is not with them now.
async fn at_work(tx: &mut Tx, who: &Who, id: &str, now: WallTime) -> Result<AtWork, Problem> {
    let mine = |by: Option<&str>, until: Option<i64>| {
        by == Some(who.id()) && until.is_some_and(|u| u >= now.micros())
    };
    if let Some(claim) = claims::by_id(tx, id)
        .await?
        .filter(|c| c.state == "in_review" && mine(c.locked_by.as_deref(), c.locked_until))
    {
        claims::keep(tx, id, who.id(), now).await?;
        let until = now + LOCK;
        return Ok(AtWork {
            until,
            calls: second_reviews::calls_of_claim(tx, id).await?,
            taken_at: WallTime(claim.taken_at.unwrap_or(claim.created_at)),
        });
    }
    // A dispute that was answered is with its reviewer until the last word.
    let with_me = |l: &second_reviews::Look| {
        (l.state == "in_review" && mine(l.locked_by.as_deref(), l.locked_until))
            || (l.state == "answered" && l.reviewer_id.as_deref() == Some(who.id()))
    };
    let look = second_reviews::by_id(tx, id)
        .await?
        .filter(with_me)
        .ok_or_else(Problem::not_found)?;
    second_reviews::keep(tx, id, who.id(), now).await?;
    Ok(AtWork {
        until: now + LOCK,
        calls: second_reviews::calls(tx, id).await?,
        taken_at: WallTime(look.taken_at.unwrap_or(look.created_at)),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeardBody {
    call: String,
    played: Vec<Played>,
}

/// More stretches than a page makes in the longest time between two reports.
const MOST_PLAYED: usize = 2_000;

/// The page reports what it played; what the clock does not allow is refused and put on record
/// (PRODUCT R8).
pub async fn heard(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<HeardBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(b) = body?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let item = at_work(&mut tx, &who, &id, now).await?;
    if !item.calls.contains(&b.call) || b.played.len() > MOST_PLAYED {
        return Err(Problem::bad("This call is not part of what you judge."));
    }
    if let Err(why) = heard::report(
        &mut tx,
        &id,
        who.id(),
        &b.call,
        item.taken_at,
        now,
        &b.played,
    )
    .await?
    {
        let subject = format!("item:{id}");
        log::append(
            &mut tx,
            Entry {
                at: now,
                actor: who.id(),
                action: "review.implausible",
                subject: &subject,
                detail: json!({ "why": format!("{why:?}") }),
            },
        )
        .await?;
        tx.commit().await?;
        return Err(Problem::conflict(format!(
            "This was not counted as heard: {why}. Two pages that play at once share one clock. \
             It was logged."
        )));
    }
    let heard = listened(&mut tx, &id, who.id(), &item.calls).await?;
    tx.commit().await?;
    Ok(Json(
        json!({ "speech_ms": heard.speech_ms, "heard_ms": heard.heard_ms, "share": heard.share(), "locked_until": item.until }),
    ))
}

/// Larger than any answers are.
const LARGEST_DRAFT: usize = 64 << 10;

/// Answers that are not given yet are kept on the box, so that a lost browser loses none.
pub async fn draft(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let draft: Value = serde_json::from_slice(&body)
        .map_err(|e| Problem::bad(format!("The draft cannot be read: {e}.")))?;
    if body.len() > LARGEST_DRAFT {
        return Err(Problem::bad("The draft is too large."));
    }
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let item = at_work(&mut tx, &who, &id, now).await?;
    heard::keep_draft(&mut tx, &id, who.id(), &draft.to_string(), now).await?;
    tx.commit().await?;
    Ok(Json(json!({ "locked_until": item.until })))
}

/// What was heard of the speech in an item's calls.
async fn listened(
    tx: &mut Tx,
    item: &str,
    reviewer: &str,
    calls: &[String],
) -> Result<Listened, Problem> {
    let heard = heard::of_item(tx, item, reviewer).await?;
    let mut all = Listened::default();
    for call in calls {
        let mut speech = Vec::new();
        for (_, _, _, map) in calls::lanes(tx, call).await? {
            let stretches: Vec<Stretch> = serde_json::from_str(&map)?;
            speech.extend(stretches.iter().map(|s| (s.from_ms, s.to_ms)));
        }
        let of_call = heard
            .iter()
            .find(|(id, _)| id == call)
            .map(|(_, h)| h.clone())
            .unwrap_or_default();
        all.add(&speech, &of_call);
    }
    Ok(all)
}

#[derive(Deserialize)]
struct Stretch {
    from_ms: u64,
    to_ms: u64,
}

/// A call's recording as a verdict names it: call, length in milliseconds, SHA-256.
async fn recordings(tx: &mut Tx, calls: &[String]) -> Result<Vec<(String, u64, String)>, Problem> {
    let mut found = Vec::new();
    for call in calls {
        if let Some(r) = calls::recording(tx, call).await? {
            found.push((call.clone(), r.duration_ms as u64, r.sha256));
        }
    }
    Ok(found)
}

/// Answers that hold: what they come to, and what is sealed with them.
pub struct Judged {
    pub judgement: Judgement,
    /// JSON object: call id to the SHA-256 of its recording.
    pub recordings: String,
    /// What was heard, as JSON.
    pub heard: String,
}

/// Judges by the rules, and by what was heard: evidence that nobody listened to proves nothing
/// (PRODUCT R7, R8).
///
/// # Errors
/// Everything that is missing.
pub async fn judged(
    tx: &mut Tx,
    rules: &Rules,
    version: &Version,
    item: &str,
    reviewer: &str,
    calls: &[String],
    answers: &[Given],
) -> Result<Judged, Problem> {
    let list = version.checklist()?;
    let recordings = recordings(tx, calls).await?;
    let lengths: Vec<(String, u64)> = recordings
        .iter()
        .map(|(call, ms, _)| (call.clone(), *ms))
        .collect();
    let judgement = judge(&list, answers, &lengths).map_err(not_ready)?;
    let heard = heard::of_item(tx, item, reviewer).await?;
    let mut missing = Vec::new();
    for (given, e) in answers
        .iter()
        .filter_map(|g| Some((g, g.evidence.as_ref()?)))
    {
        if !heard
            .iter()
            .any(|(call, h)| *call == e.call && h.covers(e.from_ms, e.to_ms))
        {
            let title = list
                .criteria
                .iter()
                .find(|c| c.id == given.criterion)
                .map_or(given.criterion.as_str(), |c| c.title.as_str());
            missing.push(Missing {
                criterion: given.criterion.clone(),
                what: format!("{title}: its moment was not heard to the end; play it"),
            });
        }
    }
    let listened = listened(tx, item, reviewer, calls).await?;
    if judgement.passed && listened.share() < rules.heard_share {
        let (share, needed) = (
            (listened.share() * 100.0).floor(),
            rules.heard_share * 100.0,
        );
        missing.push(Missing {
            criterion: String::new(),
            what: format!(
                "{share} % of the speech was heard; {needed} % are needed before a claim passes"
            ),
        });
    }
    if !missing.is_empty() {
        return Err(not_ready(missing));
    }
    let hashes: Value = recordings
        .into_iter()
        .map(|(call, _, sha256)| (call, json!(sha256)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    Ok(Judged {
        judgement,
        recordings: hashes.to_string(),
        heard: serde_json::to_string(&listened)?,
    })
}

fn not_ready(missing: Vec<Missing>) -> Problem {
    let first = missing.first().map_or_else(String::new, |m| m.what.clone());
    Problem {
        missing,
        ..Problem::bad(format!("Not ready: {first}."))
    }
}

/// What lies on the desk whichever item it is: checklist, sound, what was heard and answered so
/// far.
pub async fn sheet(
    tx: &mut Tx,
    rules: &Rules,
    version: &Version,
    item: &str,
    reviewer: &str,
    calls: &[String],
) -> Result<Value, Problem> {
    let list = version.checklist()?;
    let heard = heard::of_item(tx, item, reviewer).await?;
    let mut sounds = Vec::new();
    for id in calls {
        let Some(call) = calls::by_id(tx, id).await? else {
            continue;
        };
        let mut sound = crate::api::calls::sound(tx, id).await?;
        sound["started_at"] = json!(WallTime(call.started_at));
        sound["heard"] = json!(
            heard
                .iter()
                .find(|(known, _)| known == id)
                .map_or_else(String::new, |(_, h)| h.text())
        );
        sounds.push(sound);
    }
    let draft = heard::draft(tx, item, reviewer)
        .await?
        .map(|d| serde_json::from_str::<Value>(&d))
        .transpose()?;
    Ok(json!({
        "checklist": { "name": list.name, "version": version.version, "in_force_from": version.in_force_from.map(WallTime), "review_on": version.review_on.map(WallTime), "criteria": list.criteria },
        "calls": sounds, "draft": draft, "heard_needed": rules.heard_share,
    }))
}

/// One object's fields into another's.
pub fn merged(mut into: Value, from: Value) -> Value {
    if let (Value::Object(into), Value::Object(from)) = (&mut into, from) {
        into.extend(from);
    }
    into
}
