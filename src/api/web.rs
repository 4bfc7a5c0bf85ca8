//! The built pages, inside the binary. Addresses without a file are screens: they all get the one
//! page.

use crate::api::problem::Problem;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Built;

/// A built file that a handler fills in.
pub(super) fn built(name: &str) -> Option<String> {
    let file = Built::get(name)?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// A built file, or `index.html` for any other path: the page finds its screen by the path. One
/// under `api/`, or with a dot in it, is not found unless a file is built of that name.
pub async fn page(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = Built::get(path).filter(|_| !path.is_empty()) {
        let mime = mime_guess::from_path(path).first_or_octet_stream();
        // Built files carry a hash in their names and never change under it.
        let cache = if path.starts_with("assets/") {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        return (
            [
                (header::CONTENT_TYPE, mime.as_ref()),
                (header::CACHE_CONTROL, cache),
            ],
            file.data,
        )
            .into_response();
    }
    if path.starts_with("api/") || path.contains('.') {
        return Problem::not_found().into_response();
    }
    match Built::get("index.html") {
        Some(index) => (
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CACHE_CONTROL, "no-cache"),
            ],
            index.data,
        )
            .into_response(),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The pages are not built: run `make web` and build again.\n",
        )
            .into_response(),
    }
}
