//! Signing in: password, session cookie, lockout; and who is asking.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::hex::hex;
use crate::identity::{House, PayBasis, Role};
use crate::store::Tx;
use crate::store::people::{self, Person};
use crate::units::{ClientId, Micros, PersonId, WallTime};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

const COOKIE: &str = "assay_session";
/// A hash of no password: checked when the login is unknown, so that the answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$YXNzYXlhc3NheWFzc2F5$\
    q3Xz0s9i0ZbC8i7yTqJc7r2m3JkJqQeF6o7v0H8m2dA";

/// Hashes a password with Argon2id; slow on purpose, so call it where blocking is allowed.
///
/// # Errors
/// When the system gives no random salt.
pub fn hash_password(password: &str) -> Result<String, String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|h| h.to_string())
        .map_err(|e| e.to_string())
}

fn fits(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| {
        Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok()
    })
}

fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    login: String,
    password: String,
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
}

/// A client.
#[derive(Serialize, ToSchema)]
pub struct ClientName {
    id: ClientId,
    name: String,
}

impl Me {
    async fn of(tx: &mut Tx, person: &Person) -> Result<Me, Problem> {
        let clients = people::named_clients_of(tx, &person.id).await?;
        Ok(Me::with(person, clients))
    }

    fn with(person: &Person, clients: Vec<(ClientId, String)>) -> Me {
        Me {
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
        }
    }
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
    jar: CookieJar,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Json(SignIn { login, password }) = body?;
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let person = people::by_login(&mut tx, &login)
        .await?
        .filter(|p| p.disabled_at.is_none());
    drop(tx);
    if rests(person.as_ref(), now) {
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Locked for a while",
            "Too many wrong passwords: this login rests for a quarter of an hour. An \
             administrator can set a new password with `assay user password`.",
        ));
    }
    let hash = person
        .as_ref()
        .map_or(NOBODY.to_owned(), |p| p.password_hash.reveal().clone());
    let right = tokio::task::spawn_blocking(move || fits(&password, &hash))
        .await
        .unwrap_or(false);
    let mut tx = app.db.write().await?;
    let Some(person) = person.filter(|_| right) else {
        if let Some(p) = people::by_login(&mut tx, &login).await? {
            people::sign_in_failed(&mut tx, &p, now).await?;
            tx.commit().await?;
        }
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "Not signed in",
            "Login and password do not belong together. Check both; capital letters count.",
        ));
    };
    let token = hex(&rand::random::<[u8; 32]>());
    let expires = now + Micros::from_secs(i64::from(app.session_hours) * 3600);
    people::sign_in(&mut tx, &person.id, &token_hash(&token), now, expires).await?;
    let me = Me::of(&mut tx, &person).await?;
    tx.commit().await?;
    let cookie = Cookie::build((COOKIE, token))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(app.secure_cookies)
        .build();
    Ok((jar.add(cookie), Json(me)))
}

fn rests(person: Option<&Person>, now: WallTime) -> bool {
    person
        .and_then(|p| p.locked_until)
        .is_some_and(|until| until > now)
}

/// Ends the session.
#[utoipa::path(delete, path = "/session", responses((status = 204)))]
pub async fn sign_out(
    State(app): State<App>,
    jar: CookieJar,
) -> Result<impl IntoResponse, Problem> {
    if let Some(cookie) = jar.get(COOKIE) {
        let mut tx = app.db.write().await?;
        people::sign_out(&mut tx, &token_hash(cookie.value()), app.clock.now()).await?;
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
    Ok(Json(Me::of(&mut tx, &who.person).await?))
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
        let at = app.clock.now();
        let mut tx = app.db.read().await?;
        let person = people::session(&mut tx, &token_hash(token.value()), at)
            .await?
            .ok_or_else(Problem::not_signed_in)?;
        let clients = people::clients_of(&mut tx, &person.id).await?;
        let paid_through = people::interests_of(&mut tx, &person.id).await?;
        Ok(Who {
            person,
            clients,
            paid_through,
            at,
        })
    }
}

/// What changes something must come from our own pages: browsers say so (Fetch Metadata), and other
/// programs send neither header.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let from_elsewhere = request
        .headers()
        .get("sec-fetch-site")
        .is_some_and(|v| !matches!(v.as_bytes(), b"same-origin" | b"none"));
    if safe || !from_elsewhere {
        let mut response = next.run(request).await;
        response
            .headers_mut()
            .entry(header::CACHE_CONTROL)
            .or_insert(header::HeaderValue::from_static("no-store"));
        return response;
    }
    Problem::forbidden("This request came from another site.").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_alone_and_nobodys_hash_is_a_hash() {
        let hash = hash_password("correct horse").unwrap();
        assert!(fits("correct horse", &hash) && !fits("Correct horse", &hash) && !fits("", NOBODY));
        assert!(PasswordHash::new(NOBODY).is_ok());
    }
}
