//! The test button: harmless requests, and in words what they show.

use super::exchange::{Came, Crm, Reply, Request, Step, down};
use super::{espocrm, hubspot, plain, salesforce};
use crate::handover::mapping::CrmKind;
use serde_json::Value;
use zeroize::Zeroizing;

/// What a test showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Leads can be sent.
    pub works: bool,
    /// In sentences.
    pub words: String,
    /// Fields that have to be made there first.
    pub missing: Vec<String>,
}

/// What was asked last.
#[derive(Clone, Copy)]
enum Asked {
    Token,
    /// Whether we are let in at all.
    Door,
    /// For a field of the box's own, by its place.
    Field(usize),
    /// For all of them.
    Fields,
}

/// A test under way.
pub struct Trial<'a> {
    crm: &'a Crm,
    token: Zeroizing<String>,
    asked: Asked,
    missing: Vec<String>,
}

/// No claim is called that.
const NO_CLAIM: &str = "assay-test";

impl<'a> Trial<'a> {
    /// Begins; gives the first request.
    #[must_use]
    pub fn begin(crm: &'a Crm) -> (Trial<'a>, Request) {
        let mut trial = Trial {
            crm,
            token: Zeroizing::new(crm.credential.reveal().to_owned()),
            asked: Asked::Token,
            missing: Vec::new(),
        };
        let first = match salesforce::for_token(crm) {
            Some(request) => request,
            None => trial.first(),
        };
        (trial, first)
    }

    fn first(&mut self) -> Request {
        let (asked, request) = match self.crm.kind {
            CrmKind::Plain => (Asked::Door, plain::try_out(self.crm)),
            CrmKind::EspoCrm => (Asked::Door, espocrm::find(self.crm, NO_CLAIM)),
            CrmKind::Salesforce => return self.field(0),
            CrmKind::HubSpot => (Asked::Fields, hubspot::properties(self.crm)),
        };
        self.asked = asked;
        request
    }

    fn own(&self, at: usize) -> Option<&'a str> {
        self.crm.mapping.own_fields(self.crm.kind).get(at).copied()
    }

    fn field(&mut self, at: usize) -> Request {
        self.asked = Asked::Field(at);
        let name = self.own(at).unwrap_or_default();
        match self.crm.kind {
            CrmKind::EspoCrm => espocrm::field(self.crm, name),
            _ => salesforce::field(self.crm, &self.token, name),
        }
    }

    /// The next field, or the end.
    fn next(&mut self, after: usize) -> Step<Told> {
        match self.own(after + 1) {
            Some(_) => Step::Ask(self.field(after + 1)),
            None => Step::End(self.done()),
        }
    }

    /// What an answer shows, and what to ask next.
    pub fn answered(&mut self, reply: &Reply<'_>) -> Step<Told> {
        match self.asked {
            Asked::Token => match salesforce::token(reply) {
                Some(token) => {
                    self.token = token;
                    Step::Ask(self.first())
                }
                None => failed(salesforce::no_token(reply)),
            },
            Asked::Door => self.door(reply),
            Asked::Field(at) => self.has_field(at, reply),
            Asked::Fields => self.has_fields(reply),
        }
    }

    /// What it shows that there was no answer, which the clause says.
    #[must_use]
    pub fn unanswered(&self, why: &str) -> Told {
        match self.asked {
            // We were let in before.
            Asked::Field(_) if self.crm.kind == CrmKind::EspoCrm => self.unasked(),
            _ => fails(why),
        }
    }

    fn door(&mut self, reply: &Reply<'_>) -> Step<Told> {
        if self.crm.kind == CrmKind::Plain {
            return match plain::answered(reply) {
                Came::Written(_) => Step::End(self.done()),
                came => failed(came),
            };
        }
        // Who does not know the field lists other leads: which fields are missing is asked next.
        let lists = reply.is_success() && reply.json()["list"].is_array();
        match espocrm::found(self.crm, reply, NO_CLAIM) {
            Err(came) if !lists => failed(came),
            _ => Step::Ask(self.field(0)),
        }
    }

    fn has_field(&mut self, at: usize, reply: &Reply<'_>) -> Step<Told> {
        let there = match self.crm.kind {
            CrmKind::EspoCrm if !reply.is_success() => return Step::End(self.unasked()),
            CrmKind::EspoCrm => reply.json().is_string(),
            _ if reply.status == 400 && reply.says("INVALID_FIELD") => false,
            _ if reply.is_success() && reply.json()["records"].is_array() => true,
            _ => return failed(not_so(reply.status)),
        };
        let name = self.own(at).unwrap_or_default();
        if !there {
            self.missing.push(name.to_owned());
        }
        self.next(at)
    }

    fn has_fields(&mut self, reply: &Reply<'_>) -> Step<Told> {
        let json = reply.json();
        let Some(found) = json["results"].as_array().filter(|_| reply.is_success()) else {
            return failed(not_so(reply.status));
        };
        let named = |name: &str| found.iter().find(|p| p["name"] == name);
        for name in self.crm.mapping.own_fields(self.crm.kind) {
            if named(name).is_none() {
                self.missing.push(name.to_owned());
            }
        }
        let unique = named(self.crm.mapping.claim()).map(|p| &p["hasUniqueValue"]);
        if unique == Some(&Value::Bool(false)) {
            return Step::End(fails(&format!(
                "its property '{}' does not have unique values: delete it, and make it again with \
                 'Require unique values' ticked",
                self.crm.mapping.claim()
            )));
        }
        Step::End(self.done())
    }

    fn unasked(&self) -> Told {
        let own = self.crm.mapping.own_fields(self.crm.kind).join(", ");
        Told {
            works: true,
            words: format!(
                "It lets us in. Whether it has the fields could not be asked, which takes EspoCRM \
                 8.2: see that these are there: {own}."
            ),
            missing: Vec::new(),
        }
    }

    fn done(&mut self) -> Told {
        let missing = std::mem::take(&mut self.missing);
        let words = match (&missing[..], self.crm.kind) {
            ([], CrmKind::Plain) => "It answers, and takes what it is sent.".to_owned(),
            ([], _) => "It lets us in, and has all the fields.".to_owned(),
            ([one], _) => format!("It lets us in, but has no field {one}: make it there first."),
            (some, _) => format!(
                "It lets us in, but has no fields {}: make them there first.",
                some.join(", ")
            ),
        };
        Told {
            works: missing.is_empty(),
            words,
            missing,
        }
    }
}

fn not_so(status: u16) -> Came {
    down(status).unwrap_or_else(|| {
        Came::Down(format!(
            "it answered {status} to what was asked: is the address right?"
        ))
    })
}

fn failed(came: Came) -> Step<Told> {
    Step::End(match came {
        Came::Down(why) | Came::Refused(why) | Came::Never(why) => fails(&why),
        Came::Written(_) | Came::Same => fails("it answered something else than was asked"),
    })
}

fn fails(why: &str) -> Told {
    Told {
        works: false,
        words: format!("It does not work yet: {why}."),
        missing: Vec::new(),
    }
}
