//! What a player needs of a call, and nothing that names anybody.

use crate::api::problem::Problem;
use crate::archive::AudioFormat;
use crate::call::CallFacts;
use crate::media::GapReason;
use crate::review::heard::HeardRange;
use crate::store::Tx;
use crate::store::calls::{self, StoredLane};
use crate::units::{CallId, WallTime};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A recording with its lanes, gaps and the moments that its call is known by. Times are
/// milliseconds from the recording's start.
#[derive(Serialize, ToSchema)]
pub struct Sound {
    pub(in crate::api) call: CallId,
    duration_ms: i64,
    /// In hertz.
    sample_rate: i64,
    format: AudioFormat,
    /// Of the bytes as stored.
    sha256: String,
    #[schema(required)]
    answered_ms: Option<i64>,
    /// When the other side said yes to being recorded.
    #[schema(required)]
    consent_ms: Option<i64>,
    /// When it was told that it is recorded.
    #[schema(required)]
    announced_ms: Option<i64>,
    /// While the call was on hold.
    holds: Vec<Span>,
    lanes: Vec<Lane>,
    gaps: Vec<Gap>,
    /// Packets towards the call that were not of it, by sender, payload type, sequence and timing;
    /// left out where there were none. Nothing of the call is missing for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    foreign_packets: Option<u64>,
    /// When the call began; on the desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) started_at: Option<WallTime>,
    /// On the desk: what its reviewer has heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) heard: Option<Vec<HeardRange>>,
}

/// A time range.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Span {
    from_ms: i64,
    to_ms: i64,
}

/// Who speaks on a lane.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    Telemarketer,
    Prospect,
}

/// A lane and how its media arrived.
#[derive(Serialize, ToSchema)]
pub struct Lane {
    /// 0 is left.
    lane: i64,
    who: Speaker,
    /// Where somebody speaks.
    speech: Vec<Span>,
    #[serde(flatten)]
    stats: Arrival,
}

/// How a lane's media arrived, as it was sealed.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Arrival {
    /// By their SDP names, in the order of use.
    #[serde(default)]
    codecs: Vec<String>,
    #[serde(default)]
    packets: u64,
    #[serde(default)]
    lost: u64,
    #[serde(default)]
    concealed_ms: u64,
    #[serde(default)]
    #[schema(required)]
    jitter_ms: Option<f64>,
    /// The E-model's estimate, 1 to 5 (ITU-T G.107).
    #[serde(default)]
    #[schema(required)]
    mos: Option<f64>,
    /// Why it cannot be heard.
    #[serde(default)]
    #[schema(required)]
    unheard: Option<String>,
    /// none, sdes, dtls, zrtp or unknown.
    #[serde(default)]
    #[schema(value_type = Option<String>, required)]
    encryption: Value,
    /// Whose loss it was: network, mirror or unknown.
    #[serde(default)]
    #[schema(value_type = Option<String>, required)]
    loss_was: Value,
}

/// A time range of a lane that is missing, and why.
#[derive(Serialize, ToSchema)]
pub struct Gap {
    lane: i64,
    from_ms: i64,
    to_ms: i64,
    reason: GapReason,
}

/// A call's sound; none where nothing was spoken.
///
/// # Errors
/// When the database fails, or what was sealed cannot be read.
pub async fn of_call(tx: &mut Tx, id: &CallId) -> Result<Option<Sound>, Problem> {
    let Some(recording) = calls::recording(tx, id).await? else {
        return Ok(None);
    };
    let facts = calls::facts(tx, id).await?;
    let mut lanes = Vec::new();
    for stored in calls::lanes(tx, id).await? {
        lanes.push(lane(&stored, facts.as_ref())?);
    }
    let length = recording.duration_ms;
    let offset = |at: WallTime| at.millis_since(recording.starts_at).clamp(0, length);
    let moment = |at: fn(&CallFacts) -> Option<WallTime>| {
        let at = facts.as_ref().and_then(at);
        at.map(offset)
    };
    let holds = facts.iter().flat_map(|f| &f.holds).map(|(from, to)| Span {
        from_ms: offset(*from),
        to_ms: to.map_or(length, offset),
    });
    let gaps = calls::gaps(tx, id).await?.into_iter().map(|g| Gap {
        lane: g.lane,
        from_ms: g.from_ms,
        to_ms: g.to_ms,
        reason: g.reason,
    });
    Ok(Some(Sound {
        call: id.clone(),
        duration_ms: length,
        sample_rate: recording.sample_rate,
        format: recording.format,
        answered_ms: moment(|f| f.answered_at),
        consent_ms: moment(|f| f.consent_at),
        announced_ms: moment(|f| f.announced_at),
        holds: holds.collect(),
        lanes,
        gaps: gaps.collect(),
        foreign_packets: facts.as_ref().map(|f| f.foreign_packets).filter(|n| *n > 0),
        sha256: recording.sha256,
        started_at: None,
        heard: None,
    }))
}

fn lane(stored: &StoredLane, facts: Option<&CallFacts>) -> Result<Lane, Problem> {
    let is_ours = facts.is_some_and(|f| f.left() == stored.side);
    Ok(Lane {
        lane: stored.lane,
        who: if is_ours {
            Speaker::Telemarketer
        } else {
            Speaker::Prospect
        },
        speech: serde_json::from_str(&stored.speech)?,
        stats: serde_json::from_str(&stored.stats)?,
    })
}
