//! HTTP: `axum` stops here. A handler reads the request, asks a rule or the store, and maps the
//! answer; which role may ask what stands in [`routes`], and who may see what in [`access`].

pub mod access;
mod app;
mod calls;
mod commission;
mod cosigner;
mod events;
mod handover;
mod leads;
mod machines;
mod metrics;
mod ops;
mod peer;
pub mod people;
mod problem;
mod repairs;
mod report;
mod review;
pub mod routes;
pub mod schema;
mod sheet;
mod web;
mod webhook;
mod witness;

pub use app::{App, Conversions, Reports};
pub use cosigner::Cosigner;
pub use metrics::Metrics;
pub use people::door::Door;
pub use problem::Problem;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::set_header::SetResponseHeaderLayer;

/// Larger than any request has reason to be.
const LARGEST_REQUEST: usize = 1 << 20;

/// What is answered before the database does: that the box records, and that its page will come.
pub fn waiting() -> Router {
    Router::new()
        .route("/healthz", get(ops::healthz))
        .fallback(ops::waiting)
}

/// Every route.
pub fn router(app: App) -> Router {
    let api = routes::router(&app)
        .fallback(problem::no_such_route)
        .layer(axum::middleware::from_fn(peer::same_origin));
    let header = |name, value| {
        SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    };
    Router::new()
        .nest("/api/v1", api)
        .route("/api/openapi.json", get(schema::openapi))
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/metrics", get(ops::metrics))
        .fallback(web::page)
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header("referrer-policy", "same-origin"))
        .layer(header("x-frame-options", "DENY"))
        .layer(header(
            "content-security-policy",
            "default-src 'self'; style-src 'self' \
            'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; frame-ancestors 'none'",
        ))
        .layer(
            CompressionLayer::new()
                .compress_when(DefaultPredicate::new().and(NotForContentType::const_new("audio/"))),
        )
        .layer(CatchPanicLayer::new())
        .with_state(app)
}
