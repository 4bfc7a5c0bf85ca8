//! A machine that asks with a token.

use super::session::token_hash;
use crate::api::app::App;
use crate::api::peer;
use crate::api::problem::Problem;
use crate::identity::token::{PREFIX, Scope};
use crate::store::Actor;
use crate::store::people::tokens::{self, Token, USED_EVERY};
use crate::units::{ClientId, WallTime};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use std::net::IpAddr;

/// A machine that was let in.
#[derive(Debug, Clone)]
pub struct Machine {
    pub token: Token,
    pub from: IpAddr,
    /// When it asked.
    pub at: WallTime,
}

impl Machine {
    /// As the log names it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Token(self.token.id.clone())
    }

    /// Whether a client's data is in its reach.
    #[must_use]
    pub fn reaches(&self, client: &ClientId) -> bool {
        self.token.reaches(client)
    }

    /// The machine of a request, if its token is good for `scope`.
    ///
    /// # Errors
    /// 401 without a good token, 403 for one that is good for other things.
    pub(in crate::api) async fn admit(
        parts: &Parts,
        app: &App,
        scope: Scope,
    ) -> Result<Machine, Problem> {
        let (peer, at) = (peer::of(parts), app.clock.now());
        let sent = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.strip_prefix("Bearer "));
        // Diallers that send no header have it in the address.
        let in_address = || {
            let query = parts.uri.query().filter(|_| scope == Scope::Dialler)?;
            query
                .split('&')
                .find_map(|pair| pair.strip_prefix("token="))
        };
        let text = sent
            .or_else(in_address)
            .map(str::trim)
            .filter(|t| t.starts_with(PREFIX))
            .ok_or_else(no_token)?;
        let mut tx = app.db.read().await?;
        let token = tokens::by_hash(&mut tx, &token_hash(text), at).await?;
        drop(tx);
        let token = token.ok_or_else(no_token)?;
        if !token.has(scope) {
            return Err(Problem::forbidden(format!(
                "This token is not good for '{scope}': it is for {}. An administrator makes \
                 another under Access.",
                token.scopes
            )));
        }
        if token.used_at.is_none_or(|used| at >= used + USED_EVERY) {
            let mut tx = app.db.write().await?;
            tokens::used(&mut tx, &token.id, &peer.text(), at).await?;
            tx.commit().await?;
        }
        Ok(Machine {
            token,
            from: peer.address,
            at,
        })
    }
}

fn no_token() -> Problem {
    Problem {
        detail: "Send a token of this box as 'Authorization: Bearer assay_…'. It may have expired \
                 or been revoked; an administrator makes one under Access."
            .to_owned(),
        ..Problem::not_signed_in()
    }
}

/// Where the guard has let one in.
impl FromRequestParts<App> for Machine {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Machine, Problem> {
        parts
            .extensions
            .get::<Machine>()
            .cloned()
            .ok_or_else(no_token)
    }
}
