//! A CRM on loopback that keeps records by the rules of its interface, behaves as it is told, and
//! writes down what it was asked.
#![allow(dead_code, reason = "each test file uses a part of it")]

use assay::handover::mapping::{CrmKind, Mapping};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub const KEY: &str = "key-of-the-crm";

/// What it does with a request, beside its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    Works,
    /// Does its work, and closes without an answer.
    Loses,
    /// Does nothing, and answers this; the header ends with a line's end, or is empty.
    Answers(u16, String, String),
    Hangs,
    /// Answers without end.
    Endless,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub line: String,
    pub head: String,
    pub body: Value,
}

#[derive(Debug)]
pub struct Kept {
    pub kind: CrmKind,
    pub mood: Mood,
    /// By id.
    pub records: BTreeMap<String, Map<String, Value>>,
    pub asked: Vec<Asked>,
    /// The box's own fields that were made there.
    pub fields: BTreeSet<String>,
    /// Keys of repeats.
    keys: BTreeMap<String, String>,
}

pub struct Fake {
    pub address: SocketAddr,
    pub kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fake {
    pub async fn start(kind: CrmKind) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mapping = Mapping::of(kind);
        let made = mapping.own_fields(kind).into_iter();
        let kept = Arc::new(Mutex::new(Kept {
            kind,
            mood: Mood::Works,
            records: BTreeMap::new(),
            asked: Vec::new(),
            fields: made.map(str::to_owned).collect(),
            keys: BTreeMap::new(),
        }));
        let to = Arc::clone(&kept);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&to)));
            }
        });
        Fake {
            address,
            kept,
            task,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/base", self.address)
    }

    pub fn behave(&self, mood: Mood) {
        self.kept.lock().unwrap().mood = mood;
    }

    pub fn answers(&self, status: u16, header: &str, body: &str) {
        self.behave(Mood::Answers(status, header.to_owned(), body.to_owned()));
    }

    pub fn records(&self) -> Vec<Map<String, Value>> {
        self.kept
            .lock()
            .unwrap()
            .records
            .values()
            .cloned()
            .collect()
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.kept.lock().unwrap().asked.clone()
    }
}

async fn request(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut some = [0; 4096];
        let n = stream.read(&mut some).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&some[..n]);
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let length = head
        .lines()
        .find_map(|l| l.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |l| l.parse().unwrap());
    let mut body = bytes[end..].to_vec();
    while body.len() < length {
        let mut some = [0; 4096];
        let n = stream.read(&mut some).await.ok().filter(|n| *n > 0)?;
        body.extend_from_slice(&some[..n]);
    }
    let text = String::from_utf8(body).ok()?;
    let first = head
        .lines()
        .next()?
        .trim_end_matches(" HTTP/1.1")
        .to_owned();
    Some(Asked {
        line: first,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        head,
    })
}

async fn serve(mut stream: TcpStream, kept: Arc<Mutex<Kept>>) -> Option<()> {
    let asked = request(&mut stream).await?;
    let (mood, answer) = {
        let mut kept = kept.lock().unwrap();
        kept.asked.push(asked.clone());
        let mood = kept.mood.clone();
        let works = matches!(mood, Mood::Works | Mood::Loses);
        (mood, works.then(|| kept.answer(&asked)))
    };
    let mut say = async |status: u16, header: &str, body: &str| {
        let length = body.len();
        let text = format!("HTTP/1.1 {status} X\r\n{header}content-length: {length}\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).await.ok()
    };
    match (mood, answer) {
        (Mood::Works, Some((status, body))) => say(status, "", &body.to_string()).await,
        (Mood::Answers(status, header, body), _) => say(status, &header, &body).await,
        (Mood::Hangs, _) => std::future::pending().await,
        (Mood::Endless, _) => {
            let begin = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(begin).await.ok()?;
            loop {
                let piece = format!("1000\r\n{}\r\n", "z".repeat(4096));
                stream.write_all(piece.as_bytes()).await.ok()?;
            }
        }
        _ => None,
    }
}

fn header<'a>(asked: &'a Asked, name: &str) -> &'a str {
    let of = |l: &'a str| l.strip_prefix(name)?.strip_prefix(": ");
    asked.head.lines().find_map(of).unwrap_or_default()
}

fn unescaped(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

impl Kept {
    fn answer(&mut self, asked: &Asked) -> (u16, Value) {
        let line = unescaped(&asked.line);
        let (method, path) = line.split_once(" /base").unwrap();
        let let_in = match self.kind {
            CrmKind::EspoCrm => header(asked, "x-api-key") == KEY,
            _ if path == "/services/oauth2/token" => true,
            _ => header(asked, "authorization") == format!("Bearer {KEY}"),
        };
        if !let_in {
            return (401, json!({ "message": "who are you?" }));
        }
        match self.kind {
            CrmKind::Plain => self.plain(asked),
            CrmKind::EspoCrm => self.espocrm(method, path, asked),
            CrmKind::Salesforce => self.salesforce(method, path, asked),
            CrmKind::HubSpot => self.hubspot(method, path, asked),
        }
    }

    fn make(&mut self, fields: &Value) -> String {
        let id = format!("r{}", self.records.len() + 1);
        self.records.insert(id.clone(), Map::new());
        self.change(&id, fields);
        id
    }

    fn change(&mut self, id: &str, fields: &Value) -> bool {
        let Some(record) = self.records.get_mut(id) else {
            return false;
        };
        for (name, value) in fields.as_object().unwrap() {
            match value.is_null() || value == "" {
                true => record.remove(name),
                false => record.insert(name.clone(), value.clone()),
            };
        }
        true
    }

    fn by_claim(&self, field: &str, claim: &str) -> Option<String> {
        let mut all = self.records.iter();
        all.find(|(_, r)| r.get(field).is_some_and(|v| v == claim))
            .map(|(id, _)| id.clone())
    }

    fn plain(&mut self, asked: &Asked) -> (u16, Value) {
        let key = header(asked, "idempotency-key").to_owned();
        if let Some(id) = self.keys.get(&key) {
            return (200, json!({ "id": id }));
        }
        if asked.body == json!({ "test": true }) {
            return (204, Value::Null);
        }
        let claim = asked.body["claim"].as_str().unwrap();
        let id = match self.by_claim("claim", claim) {
            Some(id) => {
                self.records.insert(id.clone(), Map::new());
                self.change(&id, &asked.body);
                id
            }
            None => self.make(&asked.body),
        };
        self.keys.insert(key, id.clone());
        (200, json!({ "id": id }))
    }

    fn espocrm(&mut self, method: &str, path: &str, asked: &Asked) -> (u16, Value) {
        if let Some(key) = path.strip_prefix("/api/v1/Metadata?key=entityDefs.Lead.fields.") {
            let there = self.fields.contains(key.strip_suffix(".type").unwrap());
            return (200, if there { json!("varchar") } else { Value::Null });
        }
        match (method, path.strip_prefix("/api/v1/Lead").unwrap()) {
            ("GET", query) => {
                if query.contains("[attribute]=id&") {
                    return (200, self.state_of(query));
                }
                let value = query.split("where[0][value]=").nth(1).unwrap();
                let claim = value.split('&').next().unwrap();
                // Who does not know the field lists everything.
                let all = !self.fields.contains("cAssayClaim");
                let found = self
                    .records
                    .iter()
                    .filter(|(_, r)| all || r["cAssayClaim"] == claim);
                let list: Vec<Value> = found
                    .map(|(id, r)| json!({ "id": id, "cAssayClaim": r.get("cAssayClaim") }))
                    .collect();
                (200, json!({ "total": list.len(), "list": list }))
            }
            ("POST", "") => {
                let same = |r: &Map<String, Value>| r["lastName"] == asked.body["lastName"];
                let skips = header(asked, "x-skip-duplicate-check") == "true";
                if !skips && self.records.values().any(same) {
                    return (409, json!([]));
                }
                let id = self.make(&asked.body);
                (200, json!({ "id": id }))
            }
            ("PUT", id) => match self.change(id.trim_start_matches('/'), &asked.body) {
                true => (200, json!({ "id": id.trim_start_matches('/') })),
                false => (404, Value::Null),
            },
            other => panic!("{other:?}"),
        }
    }

    /// EspoCRM's list of one record, with one field of it.
    fn state_of(&self, query: &str) -> Value {
        let after = |name: &str| query.split(name).nth(1).unwrap().split('&').next().unwrap();
        let (id, field) = (after("where[0][value]="), after("select=id,"));
        let found = self.records.get(id);
        let list: Vec<Value> = found
            .map(|r| json!({ "id": id, field: r.get(field) }))
            .into_iter()
            .collect();
        json!({ "total": list.len(), "list": list })
    }

    /// One field of a record by its path, which ends with its name.
    fn one_field(&self, path: &str, query: &str) -> Option<(String, Value)> {
        let (id, field) = path.trim_start_matches('/').split_once(query)?;
        let record = self.records.get(id)?;
        Some((
            field.to_owned(),
            record.get(field).cloned().unwrap_or_default(),
        ))
    }

    fn salesforce(&mut self, method: &str, path: &str, asked: &Asked) -> (u16, Value) {
        if path == "/services/oauth2/token" {
            let form = asked.body.as_str().unwrap();
            let right = form.ends_with("client_id=consumer&client_secret=secret");
            let token = json!({ "access_token": KEY });
            return if right {
                (200, token)
            } else {
                (400, json!({ "error": "invalid_client" }))
            };
        }
        let path = path.strip_prefix("/services/data/v61.0").unwrap();
        if let Some(query) = path.strip_prefix("/query?q=") {
            let field = query.split(' ').nth(1).unwrap();
            return match self.fields.contains(field) {
                true => (200, json!({ "records": [] })),
                false => (400, json!([{ "errorCode": "INVALID_FIELD" }])),
            };
        }
        if method == "GET" {
            let path = path.strip_prefix("/sobjects/Lead/").unwrap();
            if let Some(by_claim) = path.strip_prefix("Assay_Claim__c/") {
                let (claim, field) = by_claim.split_once("?fields=Id,").unwrap();
                return match self.by_claim("Assay_Claim__c", claim) {
                    Some(id) => (
                        200,
                        json!({ "Id": id, field: self.records[&id].get(field) }),
                    ),
                    None => (404, json!([{ "errorCode": "NOT_FOUND" }])),
                };
            }
            return match self.one_field(path, "?fields=") {
                Some((field, value)) => (200, json!({ field: value })),
                None => (404, Value::Null),
            };
        }
        assert_eq!(method, "PATCH");
        assert!(asked.body.get("Assay_Claim__c").is_none());
        let path = path.strip_prefix("/sobjects/Lead/").unwrap();
        let Some(claim) = path.strip_prefix("Assay_Claim__c/") else {
            let there = self.change(path, &asked.body);
            return (if there { 204 } else { 404 }, Value::Null);
        };
        match self.by_claim("Assay_Claim__c", claim) {
            Some(id) => {
                self.change(&id, &asked.body);
                (200, json!({ "id": id, "success": true, "created": false }))
            }
            None => {
                let mut all = asked.body.clone();
                all["Assay_Claim__c"] = json!(claim);
                let id = self.make(&all);
                (201, json!({ "id": id, "success": true, "created": true }))
            }
        }
    }

    fn hubspot(&mut self, method: &str, path: &str, asked: &Asked) -> (u16, Value) {
        if path == "/crm/v3/properties/contacts/batch/read" {
            let named = self.fields.iter();
            let all: Vec<Value> = named
                .map(|f| json!({ "name": f, "hasUniqueValue": f == "assay_claim" }))
                .collect();
            return (200, json!({ "results": all }));
        }
        let path = path.strip_prefix("/crm/v3/objects/contacts").unwrap();
        let properties = &asked.body["properties"];
        let by_claim = path.split_once("?idProperty=assay_claim&properties=");
        if let ("GET", Some((claim, field))) = (method, by_claim) {
            let claim = claim.trim_start_matches('/');
            return match self.by_claim("assay_claim", claim) {
                Some(id) => {
                    let properties = json!({ field: self.records[&id].get(field) });
                    (200, json!({ "id": id, "properties": properties }))
                }
                None => (404, json!({ "status": "error" })),
            };
        }
        match (method, path) {
            ("GET", path) => match self.one_field(path, "?properties=") {
                Some((field, value)) => (200, json!({ "properties": { field: value } })),
                None => (404, json!({ "status": "error" })),
            },
            ("POST", "") => {
                let claim = properties["assay_claim"].as_str().unwrap();
                if self.by_claim("assay_claim", claim).is_some() {
                    return (409, json!({ "message": "Contact already exists" }));
                }
                let id = self.make(properties);
                (201, json!({ "id": id }))
            }
            ("PATCH", path) => {
                let name = path.trim_start_matches('/');
                let id = match name.strip_suffix("?idProperty=assay_claim") {
                    Some(claim) => self.by_claim("assay_claim", claim).unwrap_or_default(),
                    None => name.to_owned(),
                };
                match self.change(&id, properties) {
                    true => (200, json!({ "id": id })),
                    false => (404, json!({ "status": "error" })),
                }
            }
            other => panic!("{other:?}"),
        }
    }
}
