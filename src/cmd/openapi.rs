//! `assay openapi`: the API's document, as the box serves it under `/api/openapi.json`.

use crate::api::schema;
use std::process::ExitCode;

/// Prints the document as JSON.
///
/// # Errors
/// When it cannot be written out.
pub fn run() -> anyhow::Result<ExitCode> {
    println!("{}", serde_json::to_string_pretty(&schema::document())?);
    Ok(ExitCode::SUCCESS)
}
