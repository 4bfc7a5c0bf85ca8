//! The sheet that a reviewer hands in, judged where it is stored: by the checklist version of the
//! item, and by what the box credits as heard (PRODUCT R7, R8).

use crate::review::sheet::{self, judge_sheet};
use crate::review::{Given, Judgement, Rules};
use crate::store::review::checklists::Version;
use crate::store::review::heard;
use crate::store::{Result, StoreError, Tx, calls};
use crate::units::{CallId, ItemId, PersonId};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// What is judged: an item's calls along a checklist version, by whom.
pub struct Sheet<'a> {
    pub item: &'a ItemId,
    pub reviewer: &'a PersonId,
    pub version: &'a Version,
    pub calls: &'a [CallId],
}

/// Answers that hold: what they come to, and what is kept with them.
#[derive(Debug, Clone)]
pub(in crate::store) struct Judged {
    pub judgement: Judgement,
    /// The answers with their evidence, as a JSON array.
    pub answers: String,
    /// JSON object: call id to the SHA-256 of its recording.
    pub recordings: String,
    /// What was heard, as JSON.
    pub heard: String,
}

/// A time in which somebody speaks, as a lane's row holds it, in milliseconds from the recording's
/// start.
#[derive(Deserialize)]
pub(in crate::store) struct SpeechSpan {
    pub from_ms: u64,
    pub to_ms: u64,
}

impl Sheet<'_> {
    /// Judges by the rules, and by what was heard.
    pub(in crate::store) async fn judged(
        &self,
        tx: &mut Tx,
        rules: &Rules,
        answers: &[Given],
    ) -> Result<Judged> {
        let list = self.version.checklist()?;
        let sounds = self.sounds(tx).await?;
        let judged = judge_sheet(&list, answers, &sounds, rules.heard_share);
        let (judgement, listened) = judged.map_err(StoreError::NotReady)?;
        let mut hashes = BTreeMap::new();
        for call in self.calls {
            if let Some(r) = calls::recording(tx, call).await? {
                hashes.insert(call, r.sha256);
            }
        }
        Ok(Judged {
            judgement,
            answers: serde_json::to_string(answers)?,
            recordings: json!(hashes).to_string(),
            heard: serde_json::to_string(&listened)?,
        })
    }

    /// The recorded calls as the rules want them: length, speech, and what was heard.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sounds(&self, tx: &mut Tx) -> Result<Vec<sheet::Sound>> {
        let heard = heard::of_item(tx, self.item, self.reviewer).await?;
        let mut heard: BTreeMap<_, _> = heard.into_iter().collect();
        let mut sounds = Vec::new();
        for call in self.calls {
            let mut speech = Vec::new();
            for lane in calls::lanes(tx, call).await? {
                let spans: Vec<SpeechSpan> = serde_json::from_str(&lane.speech)?;
                speech.extend(spans.iter().map(|s| (s.from_ms, s.to_ms)));
            }
            if let Some(recording) = calls::recording(tx, call).await? {
                sounds.push(sheet::Sound {
                    call: call.clone(),
                    duration_ms: recording.duration_ms.unsigned_abs(),
                    speech,
                    heard: heard.remove(call).unwrap_or_default(),
                });
            }
        }
        Ok(sounds)
    }
}
