//! Signing in: password, second factor, session cookie; and who is asking.

use super::door::guess;
use crate::api::access::Who;
use crate::api::app::App;
use crate::api::peer::{self, Peer};
use crate::api::problem::Problem;
use crate::hex::hex;
use crate::identity::lockout::Guess;
use crate::identity::{House, LONGEST_PASSWORD, PayBasis, Role, totp};
use crate::pii::Pii;
use crate::store::people::sessions::{self, NewSession, SEEN_EVERY};
use crate::store::people::{self, Person, browsers, second_factor};
use crate::store::{StoreError, Topic, Tx};
use crate::units::{ClientId, Micros, PersonId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;

const COOKIE: &str = "assay_session";
/// What a browser keeps in which somebody has signed in.
const BROWSER: &str = "assay_browser";
const BROWSER_DAYS: i64 = 400;
/// Of what a browser says it is, so much is kept.
const LONGEST_AGENT: usize = 160;

pub(in crate::api) fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    login: String,
    password: String,
    /// Six digits of the second factor, or a recovery code; asked for with
    /// `urn:assay:second-factor` after the password.
    #[serde(default)]
    code: Option<String>,
}

/// Who is signed in, as their own page shows it.
#[derive(Serialize, ToSchema)]
pub struct Me {
    id: PersonId,
    login: String,
    name: String,
    role: Role,
    /// Whether their pay hangs on nothing that a verdict decides.
    independent: bool,
    /// The house for which they sign checklists.
    #[schema(required)]
    head_of: Option<House>,
    /// Whose data they see.
    clients: Vec<ClientName>,
    /// Whether a second factor is asked for when they sign in.
    second_factor: bool,
    /// Nothing else can be done before they have set one up.
    second_factor_missing: bool,
    /// Somebody else made their password: nothing else can be done before they have set their own.
    password_is_first: bool,
}

/// A client.
#[derive(Serialize, ToSchema)]
pub struct ClientName {
    pub(super) id: ClientId,
    pub(super) name: String,
}

impl Me {
    async fn of(tx: &mut Tx, app: &App, person: &Person) -> Result<Me, Problem> {
        let clients = people::named_clients_of(tx, &person.id).await?;
        Ok(Me {
            id: person.id.clone(),
            login: person.login.reveal().clone(),
            name: person.name.reveal().clone(),
            role: person.role,
            independent: person.pay_basis == PayBasis::Fixed,
            head_of: person.head_of,
            clients: clients
                .into_iter()
                .map(|(id, name)| ClientName { id, name })
                .collect(),
            second_factor: person.totp_since.is_some(),
            second_factor_missing: missing(app, person),
            password_is_first: person.password_by.is_some(),
        })
    }
}

/// Whether somebody's role needs a second factor that they have not set up.
fn missing(app: &App, person: &Person) -> bool {
    person.totp_since.is_none() && app.door.wants_second_factor(person.role)
}

/// Signs in; the session's cookie comes with the answer.
#[utoipa::path(
    post,
    path = "/session",
    request_body = SignIn,
    responses((status = 200, body = Me))
)]
pub async fn sign_in(
    State(app): State<App>,
    peer: Peer,
    jar: CookieJar,
    headers: HeaderMap,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Json(mut body) = body?;
    // Nobody has such a password, and it is not hashed.
    if body.password.len() > LONGEST_PASSWORD {
        body.password.clear();
    }
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let person = people::by_login(&mut tx, &body.login)
        .await?
        .filter(|p| p.disabled_at.is_none());
    let browser = known_browser(&mut tx, &jar, person.as_ref()).await?;
    drop(tx);
    // Who has been given a new password starts anew.
    let stored = person.as_ref().map_or("", |p| p.password_hash.reveal());
    let guess = guess(
        &format!("{}\n{stored}", body.login),
        peer.address,
        browser.as_deref(),
    );
    let hash = person.as_ref().map(|p| p.password_hash.reveal().clone());
    let right = app.door.check(&guess, body.password, hash, now).await?;
    let Some(person) = person.as_ref().filter(|_| right) else {
        wrong(&app, person.as_ref(), &peer, now).await?;
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "Not signed in",
            "Login and password do not belong together. Check both; capital letters count.",
        ));
    };
    let code = body
        .code
        .as_deref()
        .map(str::trim)
        .filter(|c| !c.is_empty());
    let mut tx = app.db.write().await?;
    if person.totp_since.is_some() {
        let Some(code) = code else {
            sessions::password_alone(&mut tx, &person.id, &peer.text(), now).await?;
            tx.commit().await?;
            return Err(second_factor(
                "Enter the six digits that your authenticator shows.",
            ));
        };
        if !is_good(&app, &mut tx, person, code, now).await? {
            drop(tx);
            wrong(&app, Some(person), &peer, now).await?;
            return Err(second_factor(
                "This code is not good, or was used already. Enter the next one that your \
                 authenticator shows, or one of your recovery codes.",
            ));
        }
    }
    let cookies = begin(
        &app,
        &mut tx,
        (person, &peer),
        (&headers, browser.is_some()),
        now,
    )
    .await?;
    let cookies = cookies.into_iter().map(|c| (header::SET_COOKIE, c));
    let me = Me::of(&mut tx, &app, person).await?;
    tx.commit().await?;
    app.door.was_right(&guess);
    Ok((AppendHeaders(cookies), Json(me)))
}

/// Opens a session, and remembers a browser that is not known yet; their cookies.
async fn begin(
    app: &App,
    tx: &mut Tx,
    (person, peer): (&Person, &Peer),
    (headers, is_known): (&HeaderMap, bool),
    now: WallTime,
) -> Result<Vec<String>, Problem> {
    let token = hex(&rand::random::<[u8; 32]>());
    let agent = headers
        .get(header::USER_AGENT)
        .map_or("", |v| v.to_str().unwrap_or_default());
    let new = NewSession {
        person: &person.id,
        token_hash: &token_hash(&token),
        address: &peer.text(),
        agent: &agent.chars().take(LONGEST_AGENT).collect::<String>(),
        password_hash: &person.password_hash,
        second_factor_since: person.totp_since,
        expires: now + Micros::from_secs(i64::from(app.session_hours) * 3600),
    };
    sessions::sign_in(tx, &new, now).await?;
    // The session's comes first: a program may keep no other.
    let mut cookies = vec![cookie(app, peer, COOKIE, token).to_string()];
    if !is_known {
        let token = hex(&rand::random::<[u8; 32]>());
        browsers::remember(tx, &person.id, &token_hash(&token), now).await?;
        let mut cookie = cookie(app, peer, BROWSER, token);
        cookie.set_path("/api/v1/session");
        cookies.push(format!("{cookie}; Max-Age={}", BROWSER_DAYS * 86_400));
    }
    Ok(cookies)
}

fn second_factor(what: &str) -> Problem {
    Problem {
        kind: "urn:assay:second-factor",
        ..Problem::new(StatusCode::UNAUTHORIZED, "One step more", what)
    }
}

/// The browser's token, where this person has signed in with it before.
async fn known_browser(
    tx: &mut Tx,
    jar: &CookieJar,
    person: Option<&Person>,
) -> Result<Option<String>, Problem> {
    let (Some(cookie), Some(person)) = (jar.get(BROWSER), person) else {
        return Ok(None);
    };
    let hash = token_hash(cookie.value());
    Ok(browsers::is_known(tx, &person.id, &hash)
        .await?
        .then_some(hash))
}

/// Notes a wrong guess, also at a login that nobody has.
async fn wrong(
    app: &App,
    person: Option<&Person>,
    peer: &Peer,
    now: WallTime,
) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    let id = person.map(|p| &p.id);
    sessions::sign_in_failed(&mut tx, id, &peer.text(), now).await?;
    Ok(tx.commit().await?)
}

/// Whether a code is good, and uses it up.
pub(super) async fn is_good(
    app: &App,
    tx: &mut Tx,
    person: &Person,
    code: &str,
    now: WallTime,
) -> Result<bool, Problem> {
    let nonce = person.totp_nonce.as_deref().unwrap_or_default();
    let secret = app.door.master().secret(&person.id, nonce);
    if let Some(step) = secret.step_of(code, now, person.totp_step) {
        return match second_factor::use_code(tx, &person.id, step).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error.into()),
        };
    }
    let hash = hex(&totp::recovery_hash(&person.id, code));
    let left = second_factor::use_recovery(tx, &person.id, &hash, now).await?;
    Ok(left.is_some())
}

fn cookie(app: &App, peer: &Peer, name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(app.secure_cookies || peer.secure)
        .build()
}

/// Somebody who is signed in guesses at what is their own: their session is as good as a browser
/// that is known.
pub(super) fn own_guess(who: &Who) -> Guess {
    guess(who.person.login.reveal(), who.from, Some(&who.session))
}

/// Whether somebody who is signed in knows their own password: asked again before what matters.
/// Counted as any other guess, until the caller says that all of it was right.
///
/// # Errors
/// 422 when they do not.
pub(super) async fn own_password(app: &App, who: &Who, password: String) -> Result<Guess, Problem> {
    let guess = own_guess(who);
    let hash = Some(who.person.password_hash.reveal().clone());
    if app.door.check(&guess, password, hash, who.at).await? {
        return Ok(guess);
    }
    Err(Problem {
        kind: "urn:assay:wrong-password",
        ..Problem::bad("This is not your password: nothing was changed.")
    })
}

/// Ends the session.
#[utoipa::path(delete, path = "/session", responses((status = 204)))]
pub async fn sign_out(
    State(app): State<App>,
    jar: CookieJar,
) -> Result<impl IntoResponse, Problem> {
    if let Some(cookie) = jar.get(COOKIE) {
        let mut tx = app.db.write().await?;
        sessions::sign_out(&mut tx, &token_hash(cookie.value()), app.clock.now()).await?;
        tx.commit().await?;
    }
    Ok((
        jar.remove(Cookie::build(COOKIE).path("/").build()),
        StatusCode::NO_CONTENT,
    ))
}

/// Who is signed in.
#[utoipa::path(get, path = "/me", responses((status = 200, body = Me)))]
pub async fn me(State(app): State<App>, who: Who) -> Result<Json<Me>, Problem> {
    let mut tx = app.db.read().await?;
    Ok(Json(Me::of(&mut tx, &app, &who.person).await?))
}

impl FromRequestParts<App> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Who, Problem> {
        // Whoever guards the route has asked already.
        if let Some(who) = parts.extensions.get::<Who>() {
            return Ok(who.clone());
        }
        let jar = CookieJar::from_headers(&parts.headers);
        let token = jar.get(COOKIE).ok_or_else(Problem::not_signed_in)?;
        let hash = token_hash(token.value());
        let at = app.clock.now();
        let peer = peer::of(parts);
        let mut tx = app.db.read().await?;
        let (person, session) = sessions::session(&mut tx, &hash, at)
            .await?
            .filter(|(person, session)| person.totp_since.is_none() || session.second_factor)
            .ok_or_else(Problem::not_signed_in)?;
        let clients = people::clients_of(&mut tx, &person.id).await?;
        let paid_through = people::interests_of(&mut tx, &person.id).await?;
        drop(tx);
        if session.seen_at.is_none_or(|seen| at >= seen + SEEN_EVERY) {
            let mut tx = app.db.write().await?;
            sessions::seen(&mut tx, &hash, at).await?;
            tx.commit().await?;
        }
        Ok(Who {
            second_factor_missing: missing(app, &person),
            person,
            clients,
            paid_through,
            at,
            session: session.id,
            token_hash: Pii::new(hash),
            from: peer.address,
        })
    }
}

/// Whether somebody's session is still good; asked by what goes on after a request was let in.
///
/// # Errors
/// When the database fails.
pub(in crate::api) async fn is_still_good(app: &App, who: &Who) -> Result<bool, Problem> {
    let mut tx = app.db.read().await?;
    let found = sessions::session(&mut tx, who.token_hash.reveal(), app.clock.now()).await?;
    Ok(found.is_some())
}

/// A session that was ended elsewhere, by a command say, is noticed within this.
const LOOKED_AT_EVERY: std::time::Duration = std::time::Duration::from_secs(10);

/// Returns when somebody's session is over.
pub(in crate::api) async fn ended(app: &App, who: &Who) {
    let mut events = app.db.subscribe();
    let mut ticks = tokio::time::interval(LOOKED_AT_EVERY);
    ticks.tick().await;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            event = events.recv() => match event {
                Ok(e) if e.topic == Topic::Sessions && e.is_for(who.id(), who.person.role) => {}
                Err(RecvError::Closed) => return,
                _ => continue,
            }
        }
        // A database that does not answer ends nobody's work.
        if matches!(is_still_good(app, who).await, Ok(false)) {
            return;
        }
    }
}
