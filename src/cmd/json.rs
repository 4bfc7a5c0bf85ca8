//! The line that `assay replay --json` prints for each call. Other programs read it: every key is
//! always there, null where unknown (DESIGN §4).

use crate::archive::SealedCall;
use crate::call::{Party, Side};
use crate::media::lane::LaneStats;
use serde_json::{Value, json};

/// One call as one JSON object.
pub fn line(call: &SealedCall) -> Value {
    let f = &call.facts;
    json!({
        "call": f.id,
        "call_ids": f.call_ids,
        "from": party(&f.from),
        "to": party(&f.to),
        "direction": f.direction,
        "outcome": f.outcome,
        "sip_status": f.sip_status,
        "started_at": f.started_at,
        "answered_at": f.answered_at,
        "ended_at": f.ended_at,
        "ended_by": f.ended_by,
        "linked": f.linked,
        "headers": f.headers,
        "recording": call.recording.as_ref().map(|r| json!({
            "path": r.path,
            "format": r.format,
            "sample_rate": r.sample_rate,
            "channels": 2,
            "duration_ms": r.duration_ms,
            "starts_at": r.starts_at,
            "sha256": r.sha256,
            "peaks": r.peaks,
        })),
        "lanes": call.lanes.iter().enumerate().map(|(number, l)| lane(number, l.side, &l.stats)).collect::<Vec<_>>(),
        "gaps": call.gaps,
    })
}

fn party(p: &Party) -> Value {
    let known = |uri: &String| (!uri.is_empty()).then(|| uri.clone());
    json!({ "uri": known(p.uri.reveal()), "number": p.number, "name": p.name })
}

fn lane(number: usize, side: Side, stats: &LaneStats) -> Value {
    json!({
        "lane": number,
        "side": side,
        "codecs": stats.codecs,
        "encryption": stats.encryption,
        "packets": stats.packets,
        "lost": stats.lost,
        "late": stats.late,
        "duplicate": stats.duplicate,
        "concealed_ms": stats.concealed_ms,
        "jitter_ms": stats.jitter_ms,
        "mos": stats.mos,
        "dtmf": stats.dtmf.iter().map(|d| d.key).collect::<String>(),
        "address": stats.address.map(|a| a.to_string()),
    })
}
