//! One lead and one CRM: what is asked, and what the answers mean.

use super::exchange::{Came, Crm, Fields, Lead, Reply, Request, Step, down, gone, refused};
use super::{espocrm, hubspot, plain, salesforce};
use crate::handover::mapping::CrmKind;
use serde_json::Value;
use zeroize::Zeroizing;

/// What was asked last.
#[derive(Clone)]
enum Asked {
    /// For a token that lets in.
    Token,
    /// For the record of a claim.
    Find,
    /// For the state of a record, before it is written over.
    State(String),
    /// To make a record, or to change the one of this claim.
    Make,
    /// To change a record that is known.
    Change(String),
}

/// A lead on its way into a CRM.
pub struct Push<'a> {
    crm: &'a Crm,
    lead: Lead<'a>,
    /// What lets in: the credential, or a token that was made of it.
    token: Zeroizing<String>,
    asked: Asked,
    /// Whether the state there was asked for.
    knows_state: bool,
    /// The fields without the state, which is the CRM's now; none: all of them.
    without_state: Option<Fields>,
}

impl<'a> Push<'a> {
    /// Begins; gives the first request. None: the CRM has all of it.
    #[must_use]
    pub fn begin(crm: &'a Crm, lead: Lead<'a>) -> Option<(Push<'a>, Request)> {
        if lead.changed(&crm.mapping, &Value::Null).is_empty() {
            return None;
        }
        let mut push = Push {
            crm,
            lead,
            token: Zeroizing::new(crm.credential.reveal().to_owned()),
            asked: Asked::Token,
            knows_state: false,
            without_state: None,
        };
        let request = match salesforce::for_token(crm) {
            Some(request) => request,
            None => push.first(),
        };
        Some((push, request))
    }

    fn ask(&mut self, asked: Asked, request: Request) -> Request {
        self.asked = asked;
        request
    }

    /// What is asked first, once let in.
    fn first(&mut self) -> Request {
        match (self.crm.kind, self.lead.record) {
            (CrmKind::Plain, _) => self.make(),
            (_, Some(record)) => self.change(record.to_owned()),
            (CrmKind::EspoCrm, None) => {
                let request = espocrm::find(self.crm, self.lead.claim);
                self.ask(Asked::Find, request)
            }
            // With no state to look after, one request finds and writes.
            (CrmKind::Salesforce, None) if self.crm.state().is_empty() => self.make(),
            (CrmKind::Salesforce, None) => {
                let request = salesforce::find(self.crm, self.lead.claim, &self.token);
                self.ask(Asked::Find, request)
            }
            (CrmKind::HubSpot, None) => {
                let request = hubspot::find(self.crm, self.lead.claim);
                self.ask(Asked::Find, request)
            }
        }
    }

    /// Makes its record; in Salesforce by the claim, so that one made meanwhile is changed.
    fn make(&mut self) -> Request {
        let request = match self.crm.kind {
            CrmKind::Plain => plain::post(self.crm, &self.lead),
            CrmKind::EspoCrm => espocrm::make(self.crm, &self.lead),
            CrmKind::Salesforce => salesforce::upsert(self.crm, &self.lead, &self.token),
            CrmKind::HubSpot => hubspot::make(self.crm, &self.lead),
        };
        self.ask(Asked::Make, request)
    }

    /// The lead as it is written.
    fn lead(&self) -> Lead<'_> {
        let fields = self.without_state.as_ref().unwrap_or(self.lead.fields);
        Lead {
            fields,
            ..self.lead
        }
    }

    fn change(&mut self, record: String) -> Request {
        let lead = self.lead();
        let changed = lead.changed(&self.crm.mapping, &Value::Null);
        if !self.knows_state && changed.contains_key(self.crm.state()) {
            let request = self.state(&record);
            return self.ask(Asked::State(record), request);
        }
        let request = match self.crm.kind {
            CrmKind::Plain => plain::post(self.crm, &lead),
            CrmKind::EspoCrm => espocrm::change(self.crm, &lead, &record),
            CrmKind::Salesforce => salesforce::change(self.crm, &lead, &self.token, &record),
            CrmKind::HubSpot => hubspot::change(self.crm, &lead, &record),
        };
        self.ask(Asked::Change(record), request)
    }

    fn state(&self, record: &str) -> Request {
        match self.crm.kind {
            // It is posted to without being asked first.
            CrmKind::Plain => plain::post(self.crm, &self.lead),
            CrmKind::EspoCrm => espocrm::state(self.crm, record),
            CrmKind::Salesforce => salesforce::state(self.crm, &self.token, record),
            CrmKind::HubSpot => hubspot::state(self.crm, record),
        }
    }

    /// The record's state there. One that is not what was written last was set by people or rules
    /// of the CRM, though they may not have told yet: it stays.
    fn stands(&mut self, record: String, reply: &Reply<'_>) -> Step<Came> {
        if let Some(came) = down(reply.status) {
            return Step::End(came);
        }
        let there = match self.crm.kind {
            _ if reply.status == 404 => None,
            CrmKind::EspoCrm => espocrm::state_of(self.crm, reply, &record),
            CrmKind::HubSpot => Some(reply.json()["properties"][self.crm.state()].clone()),
            _ => Some(reply.json()[self.crm.state()].clone()),
        };
        let Some(there) = there else {
            return Step::End(gone());
        };
        if !reply.is_success() {
            return Step::End(refused(reply.status));
        }
        self.knows_state = true;
        if !self.is_ours(there.as_str().unwrap_or_default()) {
            let mut fields = self.lead.fields.clone();
            fields.remove(self.crm.state());
            self.without_state = Some(fields);
        }
        let changed = self.lead().changed(&self.crm.mapping, &Value::Null);
        match changed.is_empty() {
            true => Step::End(Came::Same),
            false => Step::Ask(self.change(record)),
        }
    }

    /// Whether a state there is the box's: what it wrote last, or, where that is not known, a word
    /// that it writes.
    fn is_ours(&self, there: &str) -> bool {
        let written = self.lead.written.and_then(|w| w.get(self.crm.state()));
        match written {
            Some(written) => there == written,
            None => there.is_empty() || self.crm.mapping.writes(there),
        }
    }

    /// What an answer means, and what to ask next.
    pub fn answered(&mut self, reply: &Reply<'_>) -> Step<Came> {
        match self.asked.clone() {
            Asked::Token => match salesforce::token(reply) {
                Some(token) => {
                    self.token = token;
                    Step::Ask(self.first())
                }
                None => Step::End(salesforce::no_token(reply)),
            },
            Asked::Find => self.found(reply),
            Asked::State(record) => self.stands(record, reply),
            Asked::Make => Step::End(self.made(reply)),
            Asked::Change(record) => Step::End(self.changed(record, reply)),
        }
    }

    /// The record of the claim, or that there is none yet.
    fn found(&mut self, reply: &Reply<'_>) -> Step<Came> {
        if self.crm.kind == CrmKind::Salesforce && reply.status == 300 {
            return Step::End(salesforce::several(self.crm));
        }
        if let Some(came) = down(reply.status) {
            return Step::End(came);
        }
        if self.crm.kind != CrmKind::EspoCrm {
            return self.found_with_state(reply);
        }
        match espocrm::found(self.crm, reply, self.lead.claim) {
            Ok(Some(record)) => Step::Ask(self.change(record)),
            Ok(None) => Step::Ask(self.make()),
            Err(came) => Step::End(came),
        }
    }

    /// The record of the claim as Salesforce and HubSpot tell it, its state with it.
    fn found_with_state(&mut self, reply: &Reply<'_>) -> Step<Came> {
        let id = match self.crm.kind {
            CrmKind::Salesforce => "Id",
            _ => "id",
        };
        match (reply.status, reply.id(id)) {
            // In Salesforce the claim's own field may be missing: making it says so.
            (404, _) => Step::Ask(self.make()),
            (200..=299, Some(record)) => self.stands(record, reply),
            _ => Step::End(self.made(reply)),
        }
    }

    fn made(&self, reply: &Reply<'_>) -> Came {
        match self.crm.kind {
            CrmKind::Plain => return plain::answered(reply),
            CrmKind::Salesforce => {
                if let Some(came) = salesforce::upserted(self.crm, reply) {
                    return came;
                }
            }
            CrmKind::EspoCrm | CrmKind::HubSpot => {}
        }
        if let Some(came) = down(reply.status) {
            return came;
        }
        match (reply.is_success(), reply.id("id")) {
            (true, Some(id)) => Came::Written(Some(id)),
            // A page to sign in, or something else that is no CRM.
            (true, None) => Came::Down(format!(
                "it answered {} without saying which record it made: is the address right?",
                reply.status
            )),
            (false, _) => refused(reply.status),
        }
    }

    fn changed(&self, record: String, reply: &Reply<'_>) -> Came {
        if let Some(came) = down(reply.status) {
            return came;
        }
        match reply.status {
            200..=299 => Came::Written(Some(record)),
            404 => gone(),
            _ if salesforce::is_converted(reply) => {
                Came::Never("it was converted there, and its lead takes no more changes".to_owned())
            }
            status => refused(status),
        }
    }
}
