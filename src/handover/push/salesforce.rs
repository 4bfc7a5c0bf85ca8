//! Salesforce's *Lead* (REST API Developer Guide: "Insert or Update (Upsert) a Record Using an
//! External ID", "Retrieve a Record Using an External ID", "Update a Record", "Duplicate Rule Header", "Query"; OAuth 2.0 client credentials
//! flow). The credential is a token, or `key:secret` of a connected app: a token ends after hours,
//! so that one is made of the pair for each lead.

use super::exchange::{Came, Crm, JSON, Lead, Reply, Request, down, escaped};
use crate::handover::mapping::CrmKind;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

const DATA: &str = "/services/data/v61.0";

/// Asks for a token; none: the credential is one, or the CRM is another.
pub(super) fn for_token(crm: &Crm) -> Option<Request> {
    let (key, secret) = crm.credential.pair()?;
    if crm.kind != CrmKind::Salesforce {
        return None;
    }
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        escaped(key),
        escaped(secret)
    );
    Some(Request {
        method: "POST",
        path: crm.at("/services/oauth2/token"),
        headers: vec![("accept", JSON.to_owned())],
        content_type: "application/x-www-form-urlencoded",
        body: Some(form),
    })
}

/// A token that can stand in a header.
pub(super) fn token(reply: &Reply<'_>) -> Option<Zeroizing<String>> {
    let json = reply.json();
    let token = json["access_token"]
        .as_str()
        .filter(|_| reply.is_success())?;
    let fits = !token.is_empty() && token.chars().all(|c| c.is_ascii_graphic());
    fits.then(|| Zeroizing::new(token.to_owned()))
}

pub(super) fn no_token(reply: &Reply<'_>) -> Came {
    match reply.status {
        400 | 401 => Came::Down(format!(
            "it answered {}: it does not take this key and secret of a connected app",
            reply.status
        )),
        status => down(status).unwrap_or_else(|| {
            Came::Down(format!(
                "it answered {status} and gave no token: is the address that of My Domain?"
            ))
        }),
    }
}

fn request(crm: &Crm, token: &str, path: &str, mut body: Map<String, Value>) -> Request {
    // The claim is in the path; an external id in the body as well is refused.
    body.remove(crm.mapping.claim());
    let path = crm.at(&format!("{DATA}/sobjects/Lead/{path}"));
    let request = Request::new("PATCH", path, Some(body)).bearer(token);
    request.with("sforce-duplicate-rule-header", "allowSave=true")
}

/// Asks for the record of a claim, by its external id, with its state.
pub(super) fn find(crm: &Crm, claim: &str, token: &str) -> Request {
    let path = crm.at(&format!(
        "{DATA}/sobjects/Lead/{}/{}?fields=Id,{}",
        crm.mapping.claim(),
        escaped(claim),
        crm.state()
    ));
    Request::new("GET", path, None).bearer(token)
}

/// Makes the record of a claim, or changes it, in one request.
pub(super) fn upsert(crm: &Crm, lead: &Lead<'_>, token: &str) -> Request {
    let claim = escaped(lead.claim);
    let path = format!("{}/{claim}", crm.mapping.claim());
    request(crm, token, &path, lead.all())
}

pub(super) fn change(crm: &Crm, lead: &Lead<'_>, token: &str, record: &str) -> Request {
    request(crm, token, record, lead.changed(&crm.mapping, &Value::Null))
}

/// Asks for the state of a record.
pub(super) fn state(crm: &Crm, token: &str, record: &str) -> Request {
    let path = crm.at(&format!(
        "{DATA}/sobjects/Lead/{record}?fields={}",
        crm.state()
    ));
    Request::new("GET", path, None).bearer(token)
}

pub(super) fn several(crm: &Crm) -> Came {
    let claim = crm.mapping.claim();
    Came::Never(format!(
        "several records there have this claim: make '{claim}' unique"
    ))
}

/// Answers to an upsert that mean something else than usual.
pub(super) fn upserted(crm: &Crm, reply: &Reply<'_>) -> Option<Came> {
    let claim = crm.mapping.claim();
    match reply.status {
        // It was changed, and an older version says no more.
        204 => Some(Came::Written(None)),
        300 => Some(several(crm)),
        404 => Some(Came::Down(format!(
            "it answered 404: '{claim}' has to be made at its Lead, as an external id"
        ))),
        _ if is_converted(reply) => Some(Came::Never(
            "it was converted there, and its lead takes no more changes".to_owned(),
        )),
        _ => None,
    }
}

pub(super) fn is_converted(reply: &Reply<'_>) -> bool {
    reply.status == 400 && reply.says("CANNOT_UPDATE_CONVERTED_LEAD")
}

/// Asks for one field of at most one lead. A describe of *Lead* would say more, in a hundred
/// times the bytes that are read of an answer; and a field that its user may not see would be in
/// it, and missing here, as it is when it is written.
pub(super) fn field(crm: &Crm, token: &str, name: &str) -> Request {
    let query = format!("SELECT {name} FROM Lead LIMIT 1");
    let path = crm.at(&format!("{DATA}/query?q={}", escaped(&query)));
    Request::new("GET", path, None).bearer(token)
}
