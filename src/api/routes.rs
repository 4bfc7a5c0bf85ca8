//! Every route with the roles that may ask it: the one table from which the router is made, the
//! guard decides, and `tests/access.rs` tries every role on every route (PRODUCT I7). What belongs
//! to another client, or is not theirs to see, is a 404 for a role that may ask; that is decided in
//! `access`.

use crate::api::access::Who;
use crate::api::calls;
use crate::api::calls::comments;
use crate::api::calls::live;
use crate::api::commission::statement;
use crate::api::events;
use crate::api::handover::answer;
use crate::api::leads;
use crate::api::people::session;
use crate::api::review::agreement;
use crate::api::review::checklists;
use crate::api::review::claims;
use crate::api::review::desk;
use crate::api::review::disputes;
use crate::api::review::queue;
use crate::api::review::second_reviews;
use crate::api::{App, Problem};
use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};

pub const ROLES: [&str; 6] = [
    "telemarketer",
    "reviewer",
    "sales",
    "marketing",
    "manager",
    "admin",
];
const T: &str = ROLES[0];
const R: &str = ROLES[1];
const S: &str = ROLES[2];
const K: &str = ROLES[3];
const M: &str = ROLES[4];
const A: &str = ROLES[5];

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Also who is not signed in.
    Anybody,
    Roles(&'static [&'static str]),
    /// Reviewers without an interest; everybody else is refused by that rule, and the look is
    /// logged (PRODUCT I1).
    Disinterested,
}

impl May {
    pub fn admits(self, role: &str) -> bool {
        match self {
            May::Anybody => true,
            May::Roles(roles) => roles.contains(&role),
            May::Disinterested => role == R,
        }
    }
}

/// A route as the table has it.
pub struct Route {
    pub method: Method,
    /// Below `/api/v1`.
    pub path: &'static str,
    pub may: May,
    handler: MethodRouter<App>,
}

fn at<H: Handler<X, App>, X: 'static>(
    method: Method,
    path: &'static str,
    may: May,
    handler: H,
) -> Route {
    let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
    Route {
        method,
        path,
        may,
        handler: on(filter, handler),
    }
}

fn get<H: Handler<X, App>, X: 'static>(
    path: &'static str,
    roles: &'static [&'static str],
    handler: H,
) -> Route {
    at(Method::GET, path, May::Roles(roles), handler)
}

fn post<H: Handler<X, App>, X: 'static>(
    path: &'static str,
    roles: &'static [&'static str],
    handler: H,
) -> Route {
    at(Method::POST, path, May::Roles(roles), handler)
}

/// All of them.
pub fn table() -> Vec<Route> {
    vec![
        at(Method::POST, "/session", May::Anybody, session::sign_in),
        at(Method::DELETE, "/session", May::Anybody, session::sign_out),
        get("/me", &ROLES, session::me),
        get("/events", &ROLES, events::stream),
        get("/calls", &[T, M], calls::list),
        get("/calls/{id}", &[T, M], calls::one),
        get("/calls/{id}/audio", &[T, R, M], calls::audio),
        get("/calls/{id}/peaks", &[T, R, M], calls::peaks),
        post("/calls/{id}/disposition", &[T], calls::disposition),
        post("/calls/{id}/lead", &[T, M], calls::choose_lead),
        get("/calls/{id}/checklist", &[T], claims::checklist),
        get("/calls/{id}/comments", &[T, R, M], comments::list),
        post("/calls/{id}/comments", &[T, R, M], comments::add),
        get("/calls/{id}/shares", &[M], comments::shares),
        post("/calls/{id}/shares", &[M], comments::share),
        at(
            Method::DELETE,
            "/calls/{id}/shares/{share}",
            May::Roles(&[M]),
            comments::revoke,
        ),
        at(
            Method::GET,
            "/shared/{token}",
            May::Anybody,
            comments::shared,
        ),
        get("/live", &[T, M], live::list),
        get("/live/{id}/listen", &[M], live::listen),
        post("/live/{id}/hurry", &[T, M], live::hurry),
        post("/live/{id}/{word}", &[T, M], live::tell),
        get("/leads", &[T, S, K, M], leads::list),
        get("/leads/{id}", &[T, S, K, M], leads::timeline),
        get("/coverage", &[M, A], leads::coverage),
        get("/claims", &[T], claims::list),
        post("/claims", &[T], claims::add),
        post("/claims/{id}/dispute", &[T], disputes::add),
        post("/claims/{id}/first", &[M], claims::put_first),
        post("/claims/{id}/sales-answer", &[S], answer::answer),
        get("/disputes", &[M], disputes::list),
        post("/disputes/{id}/ineligible", &[M], disputes::rule_out),
        post("/disputes/{id}/ask-another", &[M], disputes::ask_another),
        get("/statement", &[T], statement::statement),
        get("/queue", &[R], queue::queue),
        post("/review/take", &[R], queue::take_next),
        get("/review/current", &[R], queue::current),
        get("/review/{id}", &[R], queue::one),
        at(
            Method::POST,
            "/review/{id}/take",
            May::Disinterested,
            queue::take,
        ),
        post("/review/{id}/release", &[R], queue::release),
        post("/review/{id}/heard", &[R], desk::heard),
        at(
            Method::PUT,
            "/review/{id}/draft",
            May::Roles(&[R]),
            desk::draft,
        ),
        at(
            Method::POST,
            "/review/{id}/verdict",
            May::Disinterested,
            queue::commit,
        ),
        at(
            Method::DELETE,
            "/review/{id}/verdict",
            May::Roles(&[R]),
            queue::take_back,
        ),
        get("/looks", &[R], second_reviews::queue),
        post("/looks/take", &[R], second_reviews::take_next),
        get("/looks/current", &[R], second_reviews::current),
        get("/looks/{id}", &[R], second_reviews::one),
        post("/looks/{id}/release", &[R], second_reviews::release),
        post("/looks/{id}/answer", &[R], second_reviews::answer),
        post("/looks/{id}/confirm", &[R], second_reviews::confirm),
        post("/samples", &[M], agreement::sample),
        get("/calibrations", &[M], agreement::calibrations),
        post("/calibrations", &[M], agreement::calibrate),
        get("/agreement", &[M], agreement::agreement),
        get("/checklists", &[R, S, K, M], checklists::list),
        post("/checklists", &[S, K, M], checklists::add),
        post("/checklists/check", &[S, K, M], checklists::check),
        get("/checklists/{id}", &[R, S, K, M], checklists::one),
        at(
            Method::PUT,
            "/checklists/{id}",
            May::Roles(&[S, K, M]),
            checklists::change,
        ),
        get("/checklists/{id}/toml", &[R, S, K, M], checklists::toml),
        post("/checklists/{id}/sign", &[S, K], checklists::sign),
    ]
}

/// The table as a router, each route behind its guard.
pub fn router(app: &App) -> Router<App> {
    table().into_iter().fold(Router::new(), |router, route| {
        router.route(
            route.path,
            route
                .handler
                .layer(from_fn_with_state((app.clone(), route.may), guard)),
        )
    })
}

async fn guard(State((app, may)): State<(App, May)>, request: Request, next: Next) -> Response {
    if may == May::Anybody {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let who = match Who::from_request_parts(&mut parts, &app).await {
        Ok(who) => who,
        Err(problem) => return problem.into_response(),
    };
    if let May::Roles(roles) = may
        && !roles.contains(&who.person.role.as_str())
    {
        return Problem::forbidden(format!(
            "This is for {}; you are signed in as {}.",
            roles.join(" or "),
            who.person.role
        ))
        .into_response();
    }
    parts.extensions.insert(who);
    next.run(Request::from_parts(parts, body)).await
}
