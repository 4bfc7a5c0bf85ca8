//! One lead and one CRM: what is asked, and what the answers mean.

use super::exchange::{Came, Crm, Lead, Reply, Request, Step, down, gone, refused};
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
}

impl<'a> Push<'a> {
    /// Begins; gives the first request. None: the CRM has all of it.
    #[must_use]
    pub fn begin(crm: &'a Crm, lead: Lead<'a>) -> Option<(Push<'a>, Request)> {
        if lead.changed(crm.kind, &Value::Null).is_empty() {
            return None;
        }
        let mut push = Push {
            crm,
            lead,
            token: Zeroizing::new(crm.credential.reveal().to_owned()),
            asked: Asked::Token,
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
            (CrmKind::Plain, _) => self.ask(Asked::Make, plain::post(self.crm, &self.lead)),
            (_, Some(record)) => self.change(record.to_owned()),
            (CrmKind::EspoCrm, None) => {
                let request = espocrm::find(self.crm, self.lead.claim);
                self.ask(Asked::Find, request)
            }
            (CrmKind::Salesforce, None) => {
                let request = salesforce::upsert(self.crm, &self.lead, &self.token);
                self.ask(Asked::Make, request)
            }
            (CrmKind::HubSpot, None) => {
                let request = hubspot::change_by_claim(self.crm, &self.lead);
                self.ask(Asked::Find, request)
            }
        }
    }

    fn change(&mut self, record: String) -> Request {
        let request = match self.crm.kind {
            CrmKind::Plain => plain::post(self.crm, &self.lead),
            CrmKind::EspoCrm => espocrm::change(self.crm, &self.lead, &record),
            CrmKind::Salesforce => salesforce::change(self.crm, &self.lead, &self.token, &record),
            CrmKind::HubSpot => hubspot::change(self.crm, &self.lead, &record),
        };
        self.ask(Asked::Change(record), request)
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
            Asked::Make => Step::End(self.made(reply)),
            Asked::Change(record) => Step::End(self.changed(record, reply)),
        }
    }

    /// The record of the claim, or that there is none yet.
    fn found(&mut self, reply: &Reply<'_>) -> Step<Came> {
        if let Some(came) = down(reply.status) {
            return Step::End(came);
        }
        if self.crm.kind == CrmKind::HubSpot {
            return match reply.status {
                404 => {
                    let request = hubspot::make(self.crm, &self.lead);
                    Step::Ask(self.ask(Asked::Make, request))
                }
                _ => Step::End(self.made(reply)),
            };
        }
        match espocrm::found(reply, self.lead.claim) {
            Ok(Some(record)) => Step::Ask(self.change(record)),
            Ok(None) => {
                let request = espocrm::make(self.crm, &self.lead);
                Step::Ask(self.ask(Asked::Make, request))
            }
            Err(came) => Step::End(came),
        }
    }

    fn made(&self, reply: &Reply<'_>) -> Came {
        match self.crm.kind {
            CrmKind::Plain => return plain::answered(reply),
            CrmKind::Salesforce => {
                if let Some(came) = salesforce::upserted(reply) {
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
