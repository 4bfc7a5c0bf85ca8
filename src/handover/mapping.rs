//! A lead that was handed over in the field names and states of a CRM (PRODUCT O6): EspoCRM's and
//! Salesforce's *Lead*, HubSpot's *contact*, or the box's own words. Custom fields keep the claim,
//! by which a repeat finds its record, and the first call that the wire saw.

use crate::handover::Answer;
use crate::words;
use std::collections::BTreeMap;

words! {
    /// Whose field names.
    pub enum CrmKind: "CRM" {
        Plain = "plain",
        EspoCrm = "espocrm",
        Salesforce = "salesforce",
        HubSpot = "hubspot",
    }
}

/// What is mapped; empty text is left out.
#[derive(Debug, Clone, Copy)]
pub struct Lead<'a> {
    pub company: &'a str,
    pub contact: &'a str,
    pub title: &'a str,
    pub phone: &'a str,
    pub source: &'a str,
    pub write_up: &'a str,
    pub claim: &'a str,
    /// RFC 3339; when the wire first saw sales and the buyer in a call.
    pub first_call: &'a str,
    /// `None` while sales has given none.
    pub answer: Option<Answer>,
}

/// Field names in the order of: company, contact, title, phone, source, write-up, state, claim,
/// first call.
const fn names(kind: CrmKind) -> [&'static str; 9] {
    match kind {
        CrmKind::Plain => [
            "company",
            "contact",
            "contact_role",
            "phone",
            "source",
            "write_up",
            "state",
            "claim",
            "first_call_at",
        ],
        CrmKind::EspoCrm => [
            "accountName",
            "lastName",
            "title",
            "phoneNumber",
            "cAssaySource",
            "description",
            "status",
            "cAssayClaim",
            "cAssayFirstCall",
        ],
        CrmKind::Salesforce => [
            "Company",
            "LastName",
            "Title",
            "Phone",
            "LeadSource",
            "Description",
            "Status",
            "Assay_Claim__c",
            "Assay_First_Call__c",
        ],
        CrmKind::HubSpot => [
            "company",
            "lastname",
            "jobtitle",
            "phone",
            "assay_source",
            "assay_write_up",
            "hs_lead_status",
            "assay_claim",
            "assay_first_call",
        ],
    }
}

/// States of a new lead, a called one, a later one, one that is nurtured, and one that was
/// rejected.
fn state(kind: CrmKind, answer: Option<Answer>, called: bool) -> &'static str {
    let at = match (answer, called) {
        (Some(Answer::Reject), _) => 4,
        (Some(Answer::Nurture), _) => 3,
        (Some(Answer::Later), false) => 2,
        (_, true) => 1,
        (_, false) => 0,
    };
    let of = match kind {
        CrmKind::Plain => ["new", "called", "later", "nurture", "rejected"],
        CrmKind::EspoCrm => ["Assigned", "In Process", "Assigned", "Recycled", "Dead"],
        CrmKind::Salesforce => [
            "Open - Not Contacted",
            "Working - Contacted",
            "Open - Not Contacted",
            "Closed - Not Converted",
            "Closed - Not Converted",
        ],
        CrmKind::HubSpot => ["NEW", "CONNECTED", "OPEN", "BAD_TIMING", "UNQUALIFIED"],
    };
    of[at]
}

/// The lead's fields by their names there.
#[must_use]
pub fn fields(kind: CrmKind, lead: &Lead<'_>) -> BTreeMap<&'static str, String> {
    // These CRMs take no person without a last name.
    let contact = match (lead.contact, kind) {
        ("", CrmKind::Plain) => "",
        ("", _) => "unknown",
        (name, _) => name,
    };
    let values = [
        lead.company,
        contact,
        lead.title,
        lead.phone,
        lead.source,
        lead.write_up,
        state(kind, lead.answer, !lead.first_call.is_empty()),
        lead.claim,
        lead.first_call,
    ];
    let pairs = names(kind).into_iter().zip(values);
    pairs
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Word;

    const LEAD: Lead<'_> = Lead {
        company: "Norvik",
        contact: "",
        title: "",
        phone: "+494055501010",
        source: "webinar",
        write_up: "Paper notes",
        claim: "c",
        first_call: "",
        answer: None,
    };

    #[test]
    fn each_crm_has_its_own_names_and_states() {
        for kind in CrmKind::ALL {
            let new = fields(*kind, &LEAD);
            let called = fields(
                *kind,
                &Lead {
                    first_call: "2026-11-20T12:00:00Z",
                    ..LEAD
                },
            );
            assert_ne!(new, called, "{kind}: the first call is told");
            assert!(new.values().any(|v| v == "Norvik"), "{kind}");
        }
        let salesforce = fields(CrmKind::Salesforce, &LEAD);
        assert_eq!(salesforce["LastName"], "unknown");
        assert_eq!(salesforce["Status"], "Open - Not Contacted");
        let rejected = Lead {
            answer: Some(Answer::Reject),
            ..LEAD
        };
        assert_eq!(
            fields(CrmKind::HubSpot, &rejected)["hs_lead_status"],
            "UNQUALIFIED"
        );
        assert!(!fields(CrmKind::Plain, &LEAD).contains_key("contact"));
    }
}
