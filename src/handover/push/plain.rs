//! A program of one's own: the box's field names by POST, with a key by which it drops a repeat
//! (`Idempotency-Key`, draft-ietf-httpapi-idempotency-key-header).

use super::exchange::{Came, Crm, Lead, Reply, Request, down, refused};
use crate::hex::hex;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The same content of the same claim has the same key; changed content has another.
pub(super) fn post(crm: &Crm, lead: &Lead<'_>) -> Request {
    let body = Value::Object(lead.all()).to_string();
    let hash = hex(&Sha256::digest(body.as_bytes())[..8]);
    let request = Request::new("POST", crm.path.clone(), Some(lead.all()));
    let request = request.with("idempotency-key", format!("{}-{hash}", lead.claim));
    let_in(crm, request)
}

/// Something harmless.
pub(super) fn try_out(crm: &Crm) -> Request {
    let body = Map::from_iter([("test".to_owned(), Value::Bool(true))]);
    let_in(crm, Request::new("POST", crm.path.clone(), Some(body)))
}

fn let_in(crm: &Crm, request: Request) -> Request {
    match crm.credential.reveal() {
        "" => request,
        token => request.bearer(token),
    }
}

/// It need not say an id. What is not there for one lead is there for none.
pub(super) fn answered(reply: &Reply<'_>) -> Came {
    if reply.is_success() {
        return Came::Written(reply.id("id"));
    }
    let status = reply.status;
    match down(status) {
        Some(came) => came,
        None if matches!(status, 404 | 405 | 410) => {
            Came::Down(format!("it answered {status}: check the URL's path"))
        }
        None => refused(status),
    }
}
