//! EspoCRM's *Lead* (docs.espocrm.com/development/api: "API Key" authentication, "CRUD
//! Operations", "API search parameters", "Metadata"). An API user's key stands in `X-Api-Key`.

use super::exchange::{Came, Crm, Lead, Reply, Request, down, escaped, id_of};
use serde_json::{Map, Value};

fn request(
    crm: &Crm,
    method: &'static str,
    path: &str,
    body: Option<Map<String, Value>>,
) -> Request {
    let request = Request::new(method, crm.at(path), body);
    request.with("x-api-key", crm.credential.reveal())
}

/// Looks for the record of a claim. The claim is asked for too, and compared with: a server that
/// does not know the field must not pass another lead off as this one.
pub(super) fn find(crm: &Crm, claim: &str) -> Request {
    let field = crm.mapping.claim();
    list(crm, (field, claim), field)
}

/// Asks for the state of a record, and no more of it: its texts may be long.
pub(super) fn state(crm: &Crm, record: &str) -> Request {
    list(crm, ("id", record), crm.state())
}

/// The state in a list of one; `None`: there is no such record.
pub(super) fn state_of(crm: &Crm, reply: &Reply<'_>, record: &str) -> Option<Value> {
    let json = reply.json();
    let first = json["list"].as_array()?.first()?;
    (first["id"] == record).then(|| first[crm.state()].clone())
}

fn list(crm: &Crm, (field, value): (&str, &str), select: &str) -> Request {
    let of = |part: &str, value: &str| format!("{}={value}", escaped(&format!("where[0]{part}")));
    let query = [
        of("[type]", "equals"),
        of("[attribute]", field),
        of("[value]", &escaped(value)),
        format!("select=id,{select}"),
        "orderBy=createdAt&order=asc&maxSize=2".to_owned(),
    ];
    let path = format!("/api/v1/Lead?{}", query.join("&"));
    request(crm, "GET", &path, None)
}

/// The record of a claim in a list; none: there is none.
pub(super) fn found(crm: &Crm, reply: &Reply<'_>, claim: &str) -> Result<Option<String>, Came> {
    let field = crm.mapping.claim();
    let json = reply.json();
    if let Some(came) = down(reply.status) {
        return Err(came);
    }
    if !reply.is_success() {
        return Err(Came::Down(format!(
            "it answered {} when it was asked for leads: is the address right, and is the field \
             '{field}' there?",
            reply.status
        )));
    }
    let Some(list) = json["list"].as_array() else {
        return Err(Came::Down(
            "it answered with no list of leads: is the address EspoCRM's?".to_owned(),
        ));
    };
    let Some(first) = list.first() else {
        return Ok(None);
    };
    let same = first[field] == claim;
    match id_of(&first["id"]).filter(|_| same) {
        Some(id) => Ok(Some(id)),
        None => Err(Came::Down(format!(
            "it does not look leads up by '{field}': make that field at its Lead first"
        ))),
    }
}

/// It was looked for by its claim: what EspoCRM takes for a duplicate by name is another lead.
pub(super) fn make(crm: &Crm, lead: &Lead<'_>) -> Request {
    let made = request(crm, "POST", "/api/v1/Lead", Some(lead.all()));
    made.with("x-skip-duplicate-check", "true")
}

/// Fields that are not named stay as they are.
pub(super) fn change(crm: &Crm, lead: &Lead<'_>, record: &str) -> Request {
    let changed = lead.changed(&crm.mapping, &Value::Null);
    let path = format!("/api/v1/Lead/{record}");
    let put = request(crm, "PUT", &path, Some(changed));
    put.with("x-skip-duplicate-check", "true")
}

/// Asks for what kind a field is; EspoCRM 8.2 and later answer with that alone.
pub(super) fn field(crm: &Crm, name: &str) -> Request {
    let path = format!("/api/v1/Metadata?key=entityDefs.Lead.fields.{name}.type");
    request(crm, "GET", &path, None)
}
