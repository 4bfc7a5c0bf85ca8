//! A statement as one file that proves itself, without the box and without a network (PRODUCT S8).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::commission::proof;
use crate::api::commission::statement::{self, Asked};
use crate::api::problem::Problem;
use crate::api::web;
use crate::proof::VerifierKey;
use crate::proof::bundle::{Bundle, Item};
use crate::store::proof::bundle::{Reader, of_entry};
use crate::store::{StoreError, Tx};
use crate::units::EntryId;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;

/// Where the built page takes its data.
const PLACE: &str = "__DATA__";

/// One's own statement as one HTML file: it opens offline, adds itself up, proves each line, and
/// says so when it was touched.
#[utoipa::path(
    get,
    path = "/statement/saved",
    params(Asked),
    responses((status = 200, body = String, content_type = "text/html"))
)]
pub async fn saved(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.map_err(|why| Problem::bad(why.body_text()))?;
    let Some(page) = web::built("saved.html").filter(|page| page.contains(PLACE)) else {
        let why = "the page of saved statements is not built: run `make web` and build again";
        return Err(StoreError::Broken(why.to_owned()).into());
    };
    let mut tx = app.db.read().await?;
    let mut made = statement::of(&mut tx, &app, &who, asked).await?;
    let lines = made.entries.iter().chain(&made.since).map(|e| &e.id);
    let lines: Vec<EntryId> = lines.cloned().collect();
    let key = proof::key(&app)?;
    let proofs = Proofs::of(&mut tx, key, &lines).await?;
    // Once, where its signature is verified.
    let checkpoint = made.checkpoint.take().map(|newest| newest.note);
    let data = json!({
        "made_at": app.clock.now(),
        "log": key.to_string(),
        "checkpoint": checkpoint,
        "items": proofs.items,
        "checkpoints": proofs.checkpoints,
        "audio": proofs.audio,
        "bundles": proofs.bundles,
        "statement": made,
    });
    let page = page.replacen(PLACE, &packed(&data)?, 1);
    let name = format!("attachment; filename=\"statement-{}.html\"", made.period);
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, page).into_response())
}

/// The data as the page takes it: compressed, since proofs are long and alike. Nothing in it can
/// end the element that holds it.
fn packed(data: &Value) -> Result<String, Problem> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let bytes = gzip
        .write_all(data.to_string().as_bytes())
        .and_then(|()| gzip.finish());
    let bytes = bytes.map_err(|why| StoreError::Broken(format!("a statement to save: {why}")))?;
    Ok(json!({ "gzip": STANDARD.encode(bytes) }).to_string())
}

/// The bundles of lines, what several rest on once.
#[derive(Default)]
struct Proofs {
    items: Vec<Value>,
    known: BTreeMap<String, usize>,
    checkpoints: Value,
    audio: Vec<Value>,
    heard: BTreeMap<String, usize>,
    bundles: Vec<Value>,
}

impl Proofs {
    async fn of(tx: &mut Tx, key: &VerifierKey, lines: &[EntryId]) -> Result<Proofs, Problem> {
        let mut proofs = Proofs {
            checkpoints: json!([]),
            ..Proofs::default()
        };
        for line in lines {
            match of_entry(tx, key, (line, Reader::Payee), Vec::new()).await {
                Ok(bundle) => proofs.add(&bundle)?,
                // Booked a moment ago: the file says so of the line.
                Err(StoreError::Conflict(_)) => {}
                Err(why) => return Err(why.into()),
            }
        }
        Ok(proofs)
    }

    fn add(&mut self, bundle: &Bundle) -> Result<(), Problem> {
        let mut written: Value =
            serde_json::from_str(&bundle.to_json()).map_err(StoreError::from)?;
        let mut list = |name: &str| match written[name].take() {
            Value::Array(list) => list,
            _ => Vec::new(),
        };
        let (items, audio) = (list("items"), list("audio"));
        self.checkpoints = written["checkpoints"].take();
        let names = bundle.items.iter().map(Item::name);
        let items: Vec<usize> = names
            .zip(items)
            .map(|(name, item)| once(&mut self.known, &mut self.items, name, item))
            .collect();
        let names = bundle.audio.iter().map(|a| a.recording.clone());
        let audio: Vec<usize> = names
            .zip(audio)
            .map(|(name, sound)| once(&mut self.heard, &mut self.audio, name, sound))
            .collect();
        let entry = &bundle.entry;
        self.bundles
            .push(json!({ "entry": entry, "items": items, "audio": audio }));
        Ok(())
    }
}

/// The place of something in a list, put there where it is not yet.
fn once(
    known: &mut BTreeMap<String, usize>,
    list: &mut Vec<Value>,
    name: String,
    value: Value,
) -> usize {
    *known.entry(name).or_insert_with(|| {
        list.push(value);
        list.len() - 1
    })
}
