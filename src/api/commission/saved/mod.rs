//! A statement as files that prove themselves, without the box and without a network (PRODUCT S8).
//! One file holds what fits into it; what does not comes as parts in one archive.

mod archive;
mod nodes;
mod pages;
#[cfg(test)]
mod tests;

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::commission::proof;
use crate::api::commission::statement::{self, Asked, Whose};
use crate::api::problem::Problem;
use crate::api::web;
use crate::proof::VerifierKey;
use crate::proof::bundle::Bundle;
use crate::store::proof::bundle::{Reader, of_entry};
use crate::store::{StoreError, Tx};
use crate::units::EntryId;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use pages::Whole;
use std::collections::BTreeMap;

/// Where the built page takes its data.
const PLACE: &str = "__DATA__";

/// One's own statement as an HTML file: it opens offline, adds itself up, proves each line, and
/// says so when it was touched. A statement that is too long for a file of 500 kB comes as a ZIP archive
/// of such files, each of which proves a part of the lines and adds up all of them.
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
    let Query(asked) = asked?;
    let Some(template) = web::built("saved.html").filter(|page| page.contains(PLACE)) else {
        let why = "the page of saved statements is not built: run `make web` and build again";
        return Err(StoreError::Broken(why.to_owned()).into());
    };
    let mut tx = app.db.read().await?;
    let mut made = statement::of(&mut tx, &app, Whose::own(&who), asked).await?;
    let lines = made.entries.iter().chain(&made.since).map(|e| &e.id);
    let lines: Vec<EntryId> = lines.cloned().collect();
    let key = proof::key(&app)?;
    let bundles = bundles(&mut tx, key, &lines).await?;
    drop(tx);
    let period = made.period.clone();
    let whole = Whole {
        made_at: app.clock.now(),
        log: key.to_string(),
        // Once, where its signature is verified.
        checkpoint: made.checkpoint.take().map(|newest| newest.note),
        statement: made,
        bundles,
    };
    let pages = tokio::task::spawn_blocking(move || pages::of(&template, &whole)).await;
    let pages = pages.map_err(|why| StoreError::Broken(why.to_string()))??;
    answer(&period, pages)
}

/// The bundles of lines that are sealed; of the others the file says that they are not yet.
async fn bundles(
    tx: &mut Tx,
    key: &VerifierKey,
    lines: &[EntryId],
) -> Result<BTreeMap<EntryId, Bundle>, Problem> {
    let mut found = BTreeMap::new();
    for line in lines {
        match of_entry(tx, key, (line, Reader::Payee), Vec::new()).await {
            Ok(bundle) => {
                found.insert(line.clone(), bundle);
            }
            Err(StoreError::Conflict(_)) => {}
            Err(why) => return Err(why.into()),
        }
    }
    Ok(found)
}

fn answer(period: &str, mut pages: Vec<String>) -> Result<Response, Problem> {
    let (kind, ending, body) = match pages.len() {
        1 => (
            "text/html; charset=utf-8",
            "html",
            pages.remove(0).into_bytes(),
        ),
        of => {
            let named = pages.into_iter().enumerate().map(|(n, page)| {
                let name = format!("statement-{period}-part-{}-of-{of}.html", n + 1);
                (name, page.into_bytes())
            });
            ("application/zip", "zip", archive::zip(named)?)
        }
    };
    let name = format!("attachment; filename=\"statement-{period}.{ending}\"");
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, body).into_response())
}
