//! HTTP: `axum` stops here. A handler reads the request, asks a rule or the store, and maps the answer; who may see what
//! is decided in [`access`].

pub mod access;
pub mod auth;
mod calls;
mod claims;
mod events;
mod leads;
mod live;
mod money;
mod ops;
mod problem;
mod review;
mod web;

pub use events::Event;
pub use ops::Metrics;
pub use problem::Problem;

use crate::archive::objects::Objects;
use crate::clock::Clock;
use crate::leads::Numbers;
use crate::recorder::live::Live;
use crate::store::Db;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue};
use axum::routing::{delete, get, post};
use std::sync::Arc;
use tokio::sync::broadcast;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::set_header::SetResponseHeaderLayer;

/// What handlers share.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub objects: Objects,
    /// Calls under way; nobody answers where no tap runs.
    pub live: Live,
    pub clock: Clock,
    pub numbers: Numbers,
    pub events: broadcast::Sender<Event>,
    pub metrics: Arc<Metrics>,
    pub secure_cookies: bool,
    pub session_hours: u32,
}

/// Larger than any request has reason to be.
const LARGEST_REQUEST: usize = 1 << 20;

/// Every route.
pub fn router(app: App) -> Router {
    let api = Router::new()
        .route("/session", post(auth::sign_in).delete(auth::sign_out))
        .route("/me", get(auth::me))
        .route("/events", get(events::stream))
        .route("/calls", get(calls::list))
        .route("/calls/{id}", get(calls::one))
        .route("/calls/{id}/audio", get(calls::audio))
        .route("/calls/{id}/peaks", get(calls::peaks))
        .route("/calls/{id}/disposition", post(calls::disposition))
        .route("/calls/{id}/lead", post(calls::choose_lead))
        .route("/live", get(live::list))
        .route("/live/{id}/listen", get(live::listen))
        .route("/live/{id}/hurry", post(live::hurry))
        .route("/live/{id}/{word}", post(live::tell))
        .route("/leads", get(leads::list))
        .route("/leads/{id}", get(leads::timeline))
        .route("/coverage", get(leads::coverage))
        .route("/calls/{id}/checklist", get(claims::checklist))
        .route("/claims", get(claims::list).post(claims::add))
        .route("/statement", get(money::statement))
        .route("/queue", get(review::queue))
        .route("/review/take", post(review::take_next))
        .route("/review/current", get(review::current))
        .route("/review/{id}", get(review::one))
        .route("/review/{id}/take", post(review::take))
        .route("/review/{id}/release", post(review::release))
        .route("/review/{id}/verdict", post(review::commit).merge(delete(review::take_back)))
        .fallback(problem::no_such_route)
        .layer(axum::middleware::from_fn(auth::same_origin));
    let header = |name, value| SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value));
    Router::new()
        .nest("/api/v1", api)
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/metrics", get(ops::metrics))
        .fallback(web::page)
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header("referrer-policy", "same-origin"))
        .layer(header("x-frame-options", "DENY"))
        .layer(header("content-security-policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; frame-ancestors 'none'"))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(NotForContentType::const_new("audio/"))))
        .layer(CatchPanicLayer::new())
        .with_state(app)
}
