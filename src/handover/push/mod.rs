//! A lead that was handed over is written into a CRM: a conversation of requests and answers as
//! values (PRODUCT O6). Nothing here sends; whoever does hands each answer in and is told what to
//! ask next, or what came of it.
//!
//! # Repeats are harmless
//! A claim never makes two records. Where the record is not known yet, it is looked for by the
//! claim first (EspoCRM), or the request itself makes or changes by the claim (Salesforce,
//! HubSpot); a plain receiver is given an `Idempotency-Key`. So a request whose answer was lost is
//! sent again as it stands.
//!
//! # What is not overwritten
//! A record that is known is changed in those fields alone whose value here is another than the
//! one that was written last: what people changed there stays. Where none is, nothing is asked. Its
//! state is read before it is changed, and left alone where it is not what the box wrote, or once
//! the CRM has said what became of the lead.

mod conversation;
mod credential;
mod espocrm;
mod exchange;
mod hubspot;
mod plain;
mod salesforce;
mod trial;

pub use conversation::Push;
pub use credential::Credential;
pub use exchange::{Came, Crm, Fields, LONGEST_SHOWN, Lead, Reply, Request, Step};
pub use trial::{Told, Trial};

#[cfg(test)]
mod tests;
