//! Every route with the roles that may ask it: the one table from which the router is made, the
//! guard decides, and `tests/access.rs` tries every role on every route (PRODUCT I7). What belongs
//! to another client, or is not theirs to see, is a 404 for a role that may ask; that is decided in
//! `access`.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::calls::{self, audio, comments, live};
use crate::api::commission::{
    ends, extract, payroll, periods, plans, proof, questions, rulings, saved, statement,
};
use crate::api::handover::{
    answer, card, content, crm, crms, list as handed, mappings, own as handed_own, pacts, promises,
    result_sheets, results, say, sent,
};
use crate::api::leads::{dialler, duplicates, imports, interactions, sources, suppressions, work};
use crate::api::people::machine::Machine;
use crate::api::people::{newcomers, others, own, session, tokens};
use crate::api::problem::Problem;
use crate::api::report::{
    coverage, experiments, forecast, funnel, gate, numbers, origin, overview, promise, score,
    slots, waterfall,
};
use crate::api::review::{
    agreement, checklists, claims, desk, disputes, queue, record, second_reviews, trial,
};
use crate::api::webhook::{messages, receivers};
use crate::api::{events, leads, machines, repairs, witness};
use crate::identity::Role;
use crate::identity::token::Scope;
use crate::units::Word;
use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::MethodRouter;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::Paths;
use utoipa::openapi::schema::Schema;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

const T: Role = Role::Telemarketer;
const R: Role = Role::Reviewer;
const S: Role = Role::Sales;
const K: Role = Role::Marketing;
const M: Role = Role::Manager;
const A: Role = Role::Admin;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Also who is not signed in.
    Anybody,
    Roles(&'static [Role]),
    /// A machine whose token is good for this.
    Machine(Scope),
    /// Reviewers without an interest; everybody else is refused by that rule, and the
    /// attempt is logged (PRODUCT I1).
    Disinterested,
}

impl May {
    /// Whether somebody with a role may ask.
    #[must_use]
    pub fn admits(self, role: Role) -> bool {
        match self {
            May::Anybody => true,
            May::Roles(roles) => roles.contains(&role),
            May::Machine(_) => false,
            May::Disinterested => role == R,
        }
    }
}

/// A route as the table has it.
pub struct Route {
    pub method: Method,
    /// Below [`BASE`](super::schema::BASE).
    pub path: &'static str,
    pub may: May,
    /// What the handler says of itself, for the API's document.
    pub(super) paths: Paths,
    /// The schemas of what it takes and gives.
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
    handler: MethodRouter<App>,
}

fn at(
    method: Method,
    path: &'static str,
    may: May,
    (schemas, paths, handler): UtoipaMethodRouter<App>,
) -> Route {
    Route {
        method,
        path,
        may,
        paths,
        schemas,
        handler,
    }
}

fn get(path: &'static str, roles: &'static [Role], handler: UtoipaMethodRouter<App>) -> Route {
    at(Method::GET, path, May::Roles(roles), handler)
}

fn post(path: &'static str, roles: &'static [Role], handler: UtoipaMethodRouter<App>) -> Route {
    at(Method::POST, path, May::Roles(roles), handler)
}

fn put(path: &'static str, roles: &'static [Role], handler: UtoipaMethodRouter<App>) -> Route {
    at(Method::PUT, path, May::Roles(roles), handler)
}

fn delete(path: &'static str, roles: &'static [Role], handler: UtoipaMethodRouter<App>) -> Route {
    at(Method::DELETE, path, May::Roles(roles), handler)
}

fn machine(
    method: Method,
    path: &'static str,
    scope: Scope,
    handler: UtoipaMethodRouter<App>,
) -> Route {
    at(method, path, May::Machine(scope), handler)
}

/// All of them.
#[expect(clippy::too_many_lines, reason = "a table, one line a route")]
pub fn table() -> Vec<Route> {
    vec![
        at(
            Method::POST,
            "/session",
            May::Anybody,
            routes!(session::sign_in),
        ),
        at(
            Method::DELETE,
            "/session",
            May::Anybody,
            routes!(session::sign_out),
        ),
        get("/me", Role::ALL, routes!(session::me)),
        put("/me/password", Role::ALL, routes!(own::set_password)),
        post("/me/second-factor", Role::ALL, routes!(own::begin)),
        post(
            "/me/second-factor/confirm",
            Role::ALL,
            routes!(own::confirm),
        ),
        delete("/me/second-factor", Role::ALL, routes!(own::remove)),
        get("/me/sessions", Role::ALL, routes!(own::list)),
        delete("/me/sessions", Role::ALL, routes!(own::end_others)),
        delete("/me/sessions/{id}", Role::ALL, routes!(own::end)),
        get("/people", &[A], routes!(others::list)),
        post("/people", &[A], routes!(newcomers::add)),
        post(
            "/people/{id}/password",
            &[A],
            routes!(newcomers::new_password),
        ),
        post("/clients", &[A], routes!(newcomers::add_client)),
        get("/lines", &[A], routes!(newcomers::lines)),
        post("/lines", &[A], routes!(newcomers::give_line)),
        post("/people/{id}/disable", &[A], routes!(others::disable)),
        post("/people/{id}/enable", &[A], routes!(others::enable)),
        delete("/people/{id}/sessions", &[A], routes!(others::end_sessions)),
        delete(
            "/people/{id}/second-factor",
            &[A],
            routes!(others::remove_second_factor),
        ),
        get("/tokens", &[A], routes!(tokens::list)),
        post("/tokens", &[A], routes!(tokens::add)),
        delete("/tokens/{id}", &[A], routes!(tokens::revoke)),
        machine(
            Method::POST,
            "/machine/live/pause",
            Scope::Pause,
            routes!(machines::pause),
        ),
        machine(
            Method::POST,
            "/machine/live/resume",
            Scope::Pause,
            routes!(machines::resume),
        ),
        machine(
            Method::POST,
            "/machine/live/consent",
            Scope::Consent,
            routes!(machines::consent),
        ),
        machine(
            Method::POST,
            "/machine/live/announced",
            Scope::Consent,
            routes!(machines::announced),
        ),
        machine(
            Method::POST,
            "/machine/calls/{id}/disposition",
            Scope::Disposition,
            routes!(machines::disposition),
        ),
        machine(
            Method::GET,
            "/machine/disposition",
            Scope::Dialler,
            routes!(dialler::get),
        ),
        machine(
            Method::POST,
            "/machine/disposition",
            Scope::Dialler,
            routes!(dialler::post),
        ),
        machine(
            Method::POST,
            "/machine/calls/{id}/claim",
            Scope::Claim,
            routes!(machines::claim),
        ),
        machine(
            Method::GET,
            "/machine/leads",
            Scope::Crm,
            routes!(machines::passed),
        ),
        machine(
            Method::POST,
            "/machine/leads",
            Scope::Leads,
            routes!(imports::add_by_machine),
        ),
        machine(
            Method::POST,
            "/machine/interactions",
            Scope::Leads,
            routes!(interactions::add),
        ),
        machine(
            Method::GET,
            "/machine/handovers",
            Scope::Crm,
            routes!(crm::handed),
        ),
        machine(
            Method::POST,
            "/machine/outcomes",
            Scope::CrmWrite,
            routes!(crm::take),
        ),
        machine(
            Method::GET,
            "/machine/payroll",
            Scope::Payroll,
            routes!(machines::runs),
        ),
        machine(
            Method::GET,
            "/machine/payroll/{id}/file",
            Scope::Payroll,
            routes!(machines::run_file),
        ),
        get("/events", Role::ALL, routes!(events::stream)),
        get("/calls", &[T, M], routes!(calls::list)),
        get("/calls/{id}", &[T, M], routes!(calls::one)),
        get("/calls/{id}/audio", &[T, R, S, M], routes!(audio::audio)),
        get("/calls/{id}/peaks", &[T, R, S, M], routes!(audio::peaks)),
        post("/calls/{id}/disposition", &[T], routes!(calls::disposition)),
        post("/calls/{id}/lead", &[T, M], routes!(calls::choose_lead)),
        get("/calls/{id}/leads", &[T, M], routes!(calls::leads)),
        get("/calls/{id}/checklist", &[T], routes!(claims::checklist)),
        at(
            Method::PUT,
            "/calls/{id}/claim-draft",
            May::Roles(&[T]),
            routes!(claims::draft),
        ),
        get("/calls/{id}/comments", &[T, R, M], routes!(comments::list)),
        post("/calls/{id}/comments", &[T, R, M], routes!(comments::add)),
        get("/calls/{id}/shares", &[M], routes!(comments::shares)),
        post("/calls/{id}/shares", &[M], routes!(comments::share)),
        at(
            Method::DELETE,
            "/calls/{id}/shares/{share}",
            May::Roles(&[M]),
            routes!(comments::revoke),
        ),
        at(
            Method::GET,
            "/shared/{token}",
            May::Anybody,
            routes!(comments::shared),
        ),
        get("/live", &[T, M], routes!(live::list)),
        get("/live/{id}/listen", &[M], routes!(live::listen)),
        post("/live/{id}/hurry", &[T, M], routes!(live::hurry)),
        post("/live/{id}/{instruction}", &[T, M], routes!(live::instruct)),
        get("/work", &[T, M], routes!(work::list)),
        get("/work/escalated", &[M], routes!(work::escalated)),
        get("/leads", &[T, K, M], routes!(work::leads)),
        get("/leads/choices", &[T, K, M], routes!(work::choices)),
        post("/leads/{id}/disposition", &[T], routes!(work::say)),
        delete("/lead-dispositions/{id}", &[T], routes!(work::take_back)),
        post(
            "/leads/{id}/buyer-stage",
            &[T, S, K, M],
            routes!(work::set_buyer),
        ),
        get("/imports", &[K, M], routes!(imports::list)),
        post("/imports", &[K, M], routes!(imports::add)),
        post("/imports/preview", &[K, M], routes!(imports::preview)),
        get("/imports/{id}/bad.csv", &[K, M], routes!(imports::bad)),
        get(
            "/imports/{id}/duplicates.csv",
            &[K, M],
            routes!(imports::duplicates),
        ),
        delete("/imports/{id}", &[K, M], routes!(imports::undo)),
        get("/suppressions", &[K, M], routes!(suppressions::list)),
        post("/suppressions", &[K, M], routes!(suppressions::add)),
        delete("/suppressions", &[K, M], routes!(suppressions::remove)),
        get("/sources", &[K, M], routes!(sources::list)),
        post("/sources", &[K, M], routes!(sources::add)),
        put("/sources/{id}", &[K, M], routes!(sources::change)),
        get("/duplicates", &[K, M], routes!(duplicates::list)),
        get("/merges", &[K, M], routes!(duplicates::merged)),
        post("/leads/{id}/merge", &[M], routes!(duplicates::merge)),
        post("/leads/{id}/split", &[M], routes!(duplicates::split)),
        post("/leads/{id}/apart", &[M], routes!(duplicates::apart)),
        get("/leads/{id}", &[T, S, K, M], routes!(leads::timeline)),
        get("/coverage", &[M, A], routes!(coverage::coverage)),
        get("/coverage.csv", &[M, A], routes!(coverage::csv)),
        post("/coverage/notes", &[M, A], routes!(coverage::note)),
        get("/repairs", &[M, A], routes!(repairs::list)),
        get("/reports/overview", &[M], routes!(overview::overview)),
        get(
            "/reports/overview.csv",
            &[M],
            routes!(overview::sheets::csv),
        ),
        get("/reports/slots", &[T, M], routes!(slots::slots)),
        get("/reports/slots.csv", &[T, M], routes!(slots::sheets::csv)),
        get("/reports/funnel", &[K, M], routes!(funnel::report)),
        get("/reports/funnel.csv", &[K, M], routes!(funnel::csv)),
        get("/reports/waterfall", &[M], routes!(waterfall::waterfall)),
        get("/reports/waterfall.csv", &[M], routes!(waterfall::csv)),
        get("/reports/forecast", &[K, M], routes!(forecast::report)),
        get("/reports/forecast.csv", &[K, M], routes!(forecast::csv)),
        get("/reports/origin", &[K, M], routes!(origin::report)),
        get("/reports/origin.csv", &[K, M], routes!(origin::csv)),
        get("/reports/gate", &[S, M], routes!(gate::report)),
        get("/reports/gate.csv", &[S, M], routes!(gate::csv)),
        get("/reports/score", &[K, M], routes!(score::report)),
        get("/reports/score.csv", &[K, M], routes!(score::csv)),
        at(
            Method::PUT,
            "/campaign-orders/{id}",
            May::Roles(&[M]),
            routes!(score::set_order),
        ),
        get("/reports/numbers", &[M], routes!(numbers::numbers)),
        get("/reports/numbers.csv", &[M], routes!(numbers::csv)),
        get("/reports/numbers-calls.csv", &[M], routes!(numbers::calls)),
        get("/reports/experiments", &[M], routes!(experiments::list)),
        get("/reports/experiments.csv", &[M], routes!(experiments::csv)),
        post("/reports/experiments", &[M], routes!(experiments::plan)),
        get(
            "/reports/experiments/mine",
            &[T],
            routes!(experiments::told::mine),
        ),
        get(
            "/reports/experiments/{id}",
            &[M],
            routes!(experiments::told::one),
        ),
        get(
            "/reports/experiments/{id}/arms.csv",
            &[M],
            routes!(experiments::told::arms_csv),
        ),
        get(
            "/reports/experiments/{id}/units.csv",
            &[M],
            routes!(experiments::told::units_csv),
        ),
        post(
            "/reports/experiments/{id}/stop",
            &[M],
            routes!(experiments::stop),
        ),
        get("/reports/promise", &[T, M], routes!(promise::list)),
        post("/reports/promise", &[M], routes!(promise::act)),
        get("/claims", &[T], routes!(claims::list)),
        post("/claims", &[T], routes!(claims::add)),
        at(
            Method::PUT,
            "/claims/{id}",
            May::Roles(&[T]),
            routes!(claims::change),
        ),
        at(
            Method::DELETE,
            "/claims/{id}",
            May::Roles(&[T]),
            routes!(claims::withdraw),
        ),
        post("/claims/{id}/dispute", &[T], routes!(disputes::add)),
        post("/claims/{id}/first", &[M], routes!(claims::put_first)),
        post("/claims/{id}/sales-answer", &[S], routes!(answer::answer)),
        get("/handovers", &[S, M], routes!(handed::list)),
        get("/handovers/{id}", &[S, M], routes!(card::card)),
        post("/handovers/{id}/rating", &[S], routes!(say::rate)),
        post("/handovers/{id}/readiness", &[S], routes!(say::readiness)),
        post("/handovers/{id}/questions", &[S], routes!(say::ask)),
        post("/handovers/{id}/promises", &[T, S], routes!(promises::add)),
        put("/handovers/{id}/write-up", &[T], routes!(handed_own::fill)),
        delete("/promises/{id}", &[T, S], routes!(promises::withdraw)),
        post("/handover-questions/{id}/answer", &[T], routes!(say::reply)),
        get(
            "/handovers/{id}/content",
            &[S, M],
            routes!(content::of_lead),
        ),
        post("/handovers/{id}/content", &[S], routes!(content::take)),
        get("/handovers/{id}/crm", &[S, M], routes!(sent::sent)),
        post("/handovers/{id}/crm", &[S, M], routes!(sent::again)),
        get("/content", &[S, K, M], routes!(content::list)),
        post("/content", &[K], routes!(content::add)),
        post("/content/file", &[K], routes!(content::add_file)),
        get("/content/{id}/file", &[S, K, M], routes!(content::file)),
        delete("/content/{id}", &[K], routes!(content::retire)),
        get("/results", &[K, M], routes!(results::list)),
        get("/results.csv", &[K, M], routes!(result_sheets::leads)),
        get("/results/counts.csv", &[K, M], routes!(result_sheets::sums)),
        get("/pacts", &[S, K, M], routes!(pacts::list)),
        post("/pacts", &[S, K], routes!(pacts::propose)),
        post("/pacts/{id}/sign", &[S, K], routes!(pacts::sign)),
        get("/handed-over", &[T], routes!(handed_own::list)),
        get("/campaign-needs", &[S, K, M], routes!(handed_own::needs)),
        put(
            "/campaign-needs/{id}",
            &[K, M],
            routes!(handed_own::set_needs),
        ),
        get("/disputes", &[M], routes!(disputes::list)),
        post(
            "/disputes/{id}/ineligible",
            &[M],
            routes!(disputes::rule_out),
        ),
        post(
            "/disputes/{id}/ask-another",
            &[M],
            routes!(disputes::ask_another),
        ),
        get("/statement", &[T], routes!(statement::statement)),
        get(
            "/people/{id}/statement",
            &[M],
            routes!(statement::of_another),
        ),
        get("/statement/saved", &[T], routes!(saved::saved)),
        get("/checkpoint", Role::ALL, routes!(proof::checkpoint)),
        get("/entries/{id}/bundle", &[T, M], routes!(proof::bundle)),
        at(
            Method::POST,
            "/witness/add-checkpoint",
            May::Anybody,
            routes!(witness::add_checkpoint),
        ),
        at(
            Method::GET,
            "/witness/{origin}/checkpoint",
            May::Anybody,
            routes!(witness::cosigned),
        ),
        get("/plans", &[T, M], routes!(plans::list)),
        post("/plans", &[M], routes!(plans::propose)),
        post("/plans/drafts/{id}/approve", &[M], routes!(plans::approve)),
        delete("/plans/drafts/{id}", &[M], routes!(plans::withdraw)),
        post("/plans/{id}/acknowledge", &[T], routes!(plans::acknowledge)),
        post("/plans/{id}/end", &[M], routes!(ends::end_plan)),
        post("/campaigns/{id}/close", &[M], routes!(ends::close)),
        post("/campaigns/{id}/reopen", &[M], routes!(ends::reopen)),
        get("/rulings", &[M], routes!(rulings::list)),
        post("/rulings", &[M], routes!(rulings::rule)),
        post("/rulings/{id}/confirm", &[M], routes!(rulings::confirm)),
        post("/rulings/{id}/dismiss", &[M], routes!(rulings::dismiss)),
        get("/periods", &[M], routes!(periods::list)),
        get("/periods/{name}", &[M], routes!(periods::one)),
        get("/periods/{name}/open", &[M], routes!(periods::open)),
        post("/periods/{name}/acts", &[M], routes!(periods::ask)),
        post("/period-acts/{id}/confirm", &[M], routes!(periods::confirm)),
        delete("/period-acts/{id}", &[M], routes!(periods::withdraw)),
        get("/periods/{name}/payroll", &[M], routes!(payroll::of_period)),
        post("/periods/{name}/payroll", &[M], routes!(payroll::make)),
        get("/payroll-runs/{id}/file", &[M], routes!(payroll::file)),
        get("/questions", &[T, M], routes!(questions::list)),
        post("/questions", &[T], routes!(questions::ask)),
        post(
            "/questions/{id}/follow-up",
            &[T],
            routes!(questions::follow_up),
        ),
        post("/questions/{id}/answer", &[M], routes!(questions::answer)),
        get("/extract", &[T, M], routes!(extract::page)),
        get("/extract.csv", &[T, M], routes!(extract::csv)),
        put(
            "/people/{id}/payroll-number",
            &[M],
            routes!(periods::set_payroll_number),
        ),
        get("/queue", &[R], routes!(queue::queue)),
        post("/review/take", &[R], routes!(queue::take_next)),
        get("/review/current", &[R], routes!(queue::current)),
        get("/review/{id}", &[R], routes!(queue::one)),
        get("/review/record", &[R], routes!(record::own)),
        post("/review/{id}/send-back", &[R], routes!(queue::send_back)),
        post("/review/{id}/release", &[R], routes!(queue::put_back)),
        post("/review/{id}/heard", &[R], routes!(desk::heard)),
        at(
            Method::PUT,
            "/review/{id}/draft",
            May::Roles(&[R]),
            routes!(desk::draft),
        ),
        at(
            Method::POST,
            "/review/{id}/verdict",
            May::Disinterested,
            routes!(queue::commit),
        ),
        at(
            Method::DELETE,
            "/review/{id}/verdict",
            May::Roles(&[R]),
            routes!(queue::take_back),
        ),
        get("/second-reviews", &[R], routes!(second_reviews::queue)),
        post(
            "/second-reviews/take",
            &[R],
            routes!(second_reviews::take_next),
        ),
        get(
            "/second-reviews/current",
            &[R],
            routes!(second_reviews::current),
        ),
        get("/second-reviews/{id}", &[R], routes!(second_reviews::one)),
        post(
            "/second-reviews/{id}/release",
            &[R],
            routes!(second_reviews::put_back),
        ),
        post(
            "/second-reviews/{id}/answer",
            &[R],
            routes!(second_reviews::answer),
        ),
        post(
            "/second-reviews/{id}/confirm",
            &[R],
            routes!(second_reviews::confirm),
        ),
        post("/samples", &[M], routes!(agreement::sample)),
        get("/calibrations", &[M], routes!(agreement::calibrations)),
        post("/calibrations", &[M], routes!(agreement::calibrate)),
        get("/agreement", &[M], routes!(agreement::agreement)),
        get("/checklists", &[R, S, K, M], routes!(checklists::list)),
        post("/checklists", &[S, K, M], routes!(checklists::add)),
        post("/checklists/check", &[S, K, M], routes!(checklists::check)),
        get(
            "/checklists/templates",
            &[S, K, M],
            routes!(checklists::templates),
        ),
        get("/checklists/{id}", &[R, S, K, M], routes!(checklists::one)),
        get("/checklists/{id}/trial", &[S, K, M], routes!(trial::trial)),
        at(
            Method::PUT,
            "/checklists/{id}",
            May::Roles(&[S, K, M]),
            routes!(checklists::change),
        ),
        get(
            "/checklists/{id}/toml",
            &[R, S, K, M],
            routes!(checklists::toml),
        ),
        post("/checklists/{id}/sign", &[S, K], routes!(checklists::sign)),
        get("/webhooks", &[M, A], routes!(receivers::list)),
        post("/webhooks", &[A], routes!(receivers::add)),
        put("/webhooks/{id}", &[A], routes!(receivers::change)),
        delete("/webhooks/{id}", &[A], routes!(receivers::remove)),
        post("/webhooks/{id}/pause", &[A], routes!(receivers::pause)),
        post("/webhooks/{id}/resume", &[A], routes!(receivers::resume)),
        post("/webhooks/{id}/rotate", &[A], routes!(receivers::rotate)),
        post("/webhooks/{id}/secret", &[A], routes!(receivers::secret)),
        post("/webhooks/{id}/test", &[A], routes!(receivers::test)),
        get("/webhooks/{id}/messages", &[M, A], routes!(messages::list)),
        post("/webhooks/{id}/replay", &[A], routes!(messages::replay)),
        get("/crm", &[M, A], routes!(crms::list)),
        put("/crm/{id}", &[A], routes!(crms::set)),
        post("/crm/{id}/on", &[A], routes!(crms::on)),
        post("/crm/{id}/off", &[A], routes!(crms::off)),
        post("/crm/{id}/test", &[A], routes!(crms::test)),
        put("/crm/{id}/mapping", &[M, A], routes!(mappings::set)),
        post(
            "/crm/{id}/mapping/example",
            &[M, A],
            routes!(mappings::example),
        ),
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

/// What answers before somebody has what they need to go on: a password of their own, a second
/// factor.
const BEFORE_ALL_ELSE: [&str; 4] = [
    "/me",
    "/me/password",
    "/me/second-factor",
    "/me/second-factor/confirm",
];

async fn guard(State((app, may)): State<(App, May)>, request: Request, next: Next) -> Response {
    if may == May::Anybody {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    match admit(&mut parts, &app, may).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(refused) => refused.once_read(body).await,
    }
}

/// Lets a machine's token or a person's session through where the route is for them, and says who
/// it is.
async fn admit(parts: &mut Parts, app: &App, may: May) -> Result<(), Problem> {
    if let May::Machine(scope) = may {
        let machine = Machine::admit(parts, app, scope).await?;
        parts.extensions.insert(machine);
        return Ok(());
    }
    let who = Who::from_request_parts(parts, app).await?;
    if let May::Roles(roles) = may
        && !roles.contains(&who.person.role)
    {
        let roles: Vec<_> = roles.iter().map(|r| r.as_str()).collect();
        return Err(Problem::forbidden(format!(
            "This is for {}; you are signed in as {}.",
            roles.join(" or "),
            who.person.role
        )));
    }
    let waits = !BEFORE_ALL_ELSE.contains(&parts.uri.path());
    if who.person.password_by.is_some() && waits {
        return Err(Problem {
            kind: "urn:assay:first-password",
            ..Problem::forbidden(
                "Somebody else made your password: set one of your own under Your account, then \
                 go on.",
            )
        });
    }
    if who.second_factor_missing && waits {
        return Err(Problem {
            kind: "urn:assay:second-factor-missing",
            ..Problem::forbidden(
                "Your role needs a second factor: set one up under Your account, then go on.",
            )
        });
    }
    parts.extensions.insert(who);
    Ok(())
}
