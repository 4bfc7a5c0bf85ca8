//! One's own account: password, second factor, sessions.

use super::session::{is_good, own_guess, own_password};
use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::hex::hex;
use crate::identity::{check_password, totp};
use crate::pii::Pii;
use crate::store::people::second_factor;
use crate::store::people::sessions::{self, Which};
use crate::units::{SessionId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use qrcode::QrCode;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new password of one's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    current: String,
    new: String,
}

/// Sets one's own password; all other sessions end.
#[utoipa::path(
    put,
    path = "/me/password",
    request_body = NewPassword,
    responses((status = 204))
)]
pub async fn set_password(
    State(app): State<App>,
    who: Who,
    body: Result<Json<NewPassword>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(body) = body?;
    check_password(&body.new, who.person.login.reveal()).map_err(Problem::bad)?;
    if body.new == body.current {
        return Err(Problem::bad(
            "This is the password that you have: take another.",
        ));
    }
    let guess = own_password(&app, &who, body.current).await?;
    app.door.was_right(&guess);
    let hash = Pii::new(app.door.hash(body.new).await?);
    let mut tx = app.db.write().await?;
    let but = Which::AllBut(&who.session);
    sessions::set_password(&mut tx, &who.actor(), who.id(), &hash, but, who.at).await?;
    done(tx).await
}

/// Asks for one's password before something that matters.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithPassword {
    password: String,
}

/// What an authenticator is given; shown this once.
#[derive(Serialize, ToSchema)]
pub struct SecondFactor {
    /// For typing in: base32.
    secret: String,
    /// For an authenticator on the same device: `otpauth://…`.
    uri: String,
    /// The same as a picture: SVG.
    picture: String,
}

/// Begins with a second factor; nothing is asked for until a code of it was shown.
#[utoipa::path(
    post,
    path = "/me/second-factor",
    request_body = WithPassword,
    responses((status = 200, body = SecondFactor))
)]
pub async fn begin(
    State(app): State<App>,
    who: Who,
    body: Result<Json<WithPassword>, JsonRejection>,
) -> Result<Json<SecondFactor>, Problem> {
    let Json(body) = body?;
    let guess = own_password(&app, &who, body.password).await?;
    app.door.was_right(&guess);
    let nonce = hex(&rand::random::<[u8; 16]>());
    let secret = app.door.master().secret(who.id(), &nonce);
    let uri = secret.uri(who.person.login.reveal(), "Assay");
    let code = QrCode::new(&uri).map_err(|error| {
        tracing::error!(%error, "an address does not fit into a picture");
        Problem::bad("The address for the authenticator is too long: type the secret in.")
    })?;
    let picture = code
        .render::<svg::Color<'_>>()
        .min_dimensions(200, 200)
        .build();
    let mut tx = app.db.write().await?;
    second_factor::begin(&mut tx, &who.actor(), who.id(), &nonce, who.at).await?;
    tx.commit().await?;
    Ok(Json(SecondFactor {
        secret: secret.base32(),
        uri,
        picture,
    }))
}

/// A code of an authenticator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    code: String,
}

/// Codes for who has lost the authenticator, each good once; shown this once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    codes: Vec<String>,
}

/// Shows that the authenticator works: from now on a code is asked for.
#[utoipa::path(
    post,
    path = "/me/second-factor/confirm",
    request_body = Code,
    responses((status = 200, body = RecoveryCodes))
)]
pub async fn confirm(
    State(app): State<App>,
    who: Who,
    body: Result<Json<Code>, JsonRejection>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let Json(Code { code }) = body?;
    // Codes are guessed no faster than passwords.
    let guess = own_guess(&who);
    app.door.admit(&guess, who.at)?;
    let begun = who.person.totp_nonce.as_deref();
    let secret = begun.map(|nonce| app.door.master().secret(who.id(), nonce));
    let step = secret.and_then(|secret| secret.step_of(&code, who.at, None));
    let Some(step) = step else {
        return Err(Problem::bad(
            "This is not the code of now: look whether the clock of your device is right, and \
             enter the next one.",
        ));
    };
    let codes: Vec<String> = (0..totp::RECOVERY_CODES)
        .map(|_| totp::recovery_code(rand::random()))
        .collect();
    let hashes: Vec<String> = codes
        .iter()
        .map(|code| hex(&totp::recovery_hash(who.id(), code)))
        .collect();
    let mut tx = app.db.write().await?;
    second_factor::confirm(
        &mut tx,
        &who.actor(),
        &who.person,
        step,
        &hashes,
        &who.session,
        who.at,
    )
    .await?;
    tx.commit().await?;
    app.door.was_right(&guess);
    Ok(Json(RecoveryCodes { codes }))
}

/// Password and a code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithCode {
    password: String,
    code: String,
}

/// Takes one's second factor off.
#[utoipa::path(
    delete,
    path = "/me/second-factor",
    request_body = WithCode,
    responses((status = 204))
)]
pub async fn remove(
    State(app): State<App>,
    who: Who,
    body: Result<Json<WithCode>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(body) = body?;
    let guess = own_password(&app, &who, body.password).await?;
    let mut tx = app.db.write().await?;
    let begun_only = who.person.totp_since.is_none();
    if !begun_only && !is_good(&app, &mut tx, &who.person, &body.code, who.at).await? {
        let address = who.from.to_string();
        sessions::sign_in_failed(&mut tx, Some(who.id()), &address, who.at).await?;
        tx.commit().await?;
        return Err(Problem::bad("This code is not good: nothing was changed."));
    }
    second_factor::remove(&mut tx, &who.actor(), who.id(), who.at).await?;
    tx.commit().await?;
    app.door.was_right(&guess);
    Ok(StatusCode::NO_CONTENT)
}

/// A session of one's own.
#[derive(Serialize, ToSchema)]
pub struct Session {
    id: SessionId,
    /// This one.
    own: bool,
    created_at: WallTime,
    expires_at: WallTime,
    /// To some minutes.
    #[schema(required)]
    seen_at: Option<WallTime>,
    address: String,
    /// What the browser says it is.
    agent: String,
    second_factor: bool,
}

/// One's sessions, and what opens them.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    sessions: Vec<Session>,
    /// Since when a second factor is asked for.
    #[schema(required)]
    second_factor_since: Option<WallTime>,
    recovery_codes_left: i64,
}

/// One's sessions, the newest first.
#[utoipa::path(get, path = "/me/sessions", responses((status = 200, body = Sessions)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Sessions>, Problem> {
    let mut tx = app.db.read().await?;
    let found = sessions::of_person(&mut tx, who.id(), who.at).await?;
    let codes = second_factor::codes_left(&mut tx, who.id()).await?;
    let view = |s: sessions::Session| Session {
        own: s.id == who.session,
        id: s.id,
        created_at: s.created_at,
        expires_at: s.expires_at,
        seen_at: s.seen_at,
        address: s.address,
        agent: s.agent,
        second_factor: s.second_factor,
    };
    Ok(Json(Sessions {
        sessions: found.into_iter().map(view).collect(),
        second_factor_since: who.person.totp_since,
        recovery_codes_left: codes,
    }))
}

/// Ends one of one's sessions.
#[utoipa::path(delete, path = "/me/sessions/{id}", responses((status = 204)))]
pub async fn end(
    State(app): State<App>,
    who: Who,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    let one = Which::One(&id);
    if id.is_empty() || sessions::end(&mut tx, &who.actor(), who.id(), one, who.at).await? == 0 {
        return Err(Problem::not_found());
    }
    done(tx).await
}

/// Ends all of one's sessions but this one.
#[utoipa::path(delete, path = "/me/sessions", responses((status = 204)))]
pub async fn end_others(State(app): State<App>, who: Who) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    let but = Which::AllBut(&who.session);
    sessions::end(&mut tx, &who.actor(), who.id(), but, who.at).await?;
    done(tx).await
}
