//! HubSpot's *contact* (CRM API v3, "Contacts" and "Properties"): a private app's token stands in
//! `Authorization`. The claim is a property with unique values, by which a contact is found
//! (`idProperty`); HubSpot itself refuses a second one.

use super::exchange::{Crm, Lead, Request, escaped};
use crate::handover::mapping::CrmKind;
use serde_json::{Map, Value, json};

const CONTACTS: &str = "/crm/v3/objects/contacts";

fn request(crm: &Crm, method: &'static str, path: &str, properties: Map<String, Value>) -> Request {
    let body = Map::from_iter([("properties".to_owned(), Value::Object(properties))]);
    let path = crm.at(&format!("{CONTACTS}{path}"));
    Request::new(method, path, Some(body)).bearer(crm.credential.reveal())
}

/// Asks for the contact of a claim, with its state.
pub(super) fn find(crm: &Crm, claim: &str) -> Request {
    let path = crm.at(&format!(
        "{CONTACTS}/{}?idProperty={}&properties={}",
        escaped(claim),
        crm.mapping.claim(),
        crm.state()
    ));
    Request::new("GET", path, None).bearer(crm.credential.reveal())
}

pub(super) fn make(crm: &Crm, lead: &Lead<'_>) -> Request {
    request(crm, "POST", "", lead.all())
}

/// A property is cleared by an empty text.
pub(super) fn change(crm: &Crm, lead: &Lead<'_>, record: &str) -> Request {
    let changed = lead.changed(&crm.mapping, &Value::from(""));
    request(crm, "PATCH", &format!("/{record}"), changed)
}

/// Asks for the state of a record.
pub(super) fn state(crm: &Crm, record: &str) -> Request {
    let path = crm.at(&format!("{CONTACTS}/{record}?properties={}", crm.state()));
    Request::new("GET", path, None).bearer(crm.credential.reveal())
}

/// Asks for the box's own properties by name: all that contacts have would be some hundred
/// thousand bytes.
pub(super) fn properties(crm: &Crm) -> Request {
    let names = crm.mapping.own_fields(CrmKind::HubSpot);
    let inputs: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    let body = Map::from_iter([
        ("archived".to_owned(), Value::Bool(false)),
        ("inputs".to_owned(), Value::Array(inputs)),
    ]);
    let path = crm.at("/crm/v3/properties/contacts/batch/read");
    Request::new("POST", path, Some(body)).bearer(crm.credential.reveal())
}
