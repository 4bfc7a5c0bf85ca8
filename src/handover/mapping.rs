//! A lead that was handed over in the field names and states of a CRM (PRODUCT O6): EspoCRM's and
//! Salesforce's *Lead*, HubSpot's *contact*, or the box's own words. Custom fields keep the claim,
//! by which a repeat finds its record, and the first call that the wire saw.

use crate::handover::Answer;
use crate::words;
use std::collections::BTreeMap;

words! {
    /// Whose field names, and whose interface.
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
    /// The CRM has said what became of it: its state is the CRM's from then on, and is no field.
    pub is_reported: bool,
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

/// Places in [`names`].
const STATE: usize = 6;
const CLAIM: usize = 7;

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

/// Characters that each field takes there, in the order of [`names`]: the shortest of the three
/// CRMs. A longer text would be refused whole, and the lead with it.
const LONGEST: [usize; 9] = [249, 80, 100, 36, 100, 32_000, 40, 64, 32];

/// A moment (RFC 3339) as a CRM's date-time field takes it: to the second, in UTC.
fn moment(kind: CrmKind, at: &str) -> String {
    let second = at.split('.').next().unwrap_or_default();
    let second = second.trim_end_matches('Z');
    match kind {
        CrmKind::Plain => at.to_owned(),
        _ if at.is_empty() => String::new(),
        // EspoCRM's own form, without a zone: it is UTC.
        CrmKind::EspoCrm => second.replace('T', " "),
        CrmKind::Salesforce | CrmKind::HubSpot => format!("{second}Z"),
    }
}

/// The fields that have to be made in a CRM before the first lead is sent; none of the box's own.
#[must_use]
pub fn own_fields(kind: CrmKind) -> Vec<&'static str> {
    let own = |name: &&str| {
        name.to_lowercase()
            .trim_start_matches('c')
            .starts_with("assay")
    };
    names(kind).into_iter().filter(own).collect()
}

/// The field by which a repeat finds its record.
#[must_use]
pub fn claim_field(kind: CrmKind) -> &'static str {
    names(kind)[CLAIM]
}

/// Whether a field that was written and has no value any more is cleared there. The state is the
/// CRM's once it is no field; what the box does not know, it did not write.
#[must_use]
pub fn is_cleared(kind: CrmKind, name: &str) -> bool {
    let names = names(kind);
    name != names[STATE] && names.contains(&name)
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
    let first_call = moment(kind, lead.first_call);
    let state = state(kind, lead.answer, !lead.first_call.is_empty());
    let values = [
        lead.company,
        contact,
        lead.title,
        lead.phone,
        lead.source,
        lead.write_up,
        if lead.is_reported { "" } else { state },
        lead.claim,
        &first_call,
    ];
    let pairs = names(kind).into_iter().zip(values).zip(LONGEST);
    pairs
        .filter(|((_, value), _)| !value.is_empty())
        .map(|((name, value), most)| match kind {
            CrmKind::Plain => (name, value.to_owned()),
            _ => (name, value.chars().take(most).collect()),
        })
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
        is_reported: false,
    };

    #[test]
    fn the_state_is_the_crms_once_it_has_said_what_became_of_the_lead() {
        for kind in CrmKind::ALL {
            let state = names(*kind)[STATE];
            let reported = Lead {
                is_reported: true,
                answer: Some(Answer::Reject),
                ..LEAD
            };
            assert!(fields(*kind, &LEAD).contains_key(state), "{kind}");
            assert!(!fields(*kind, &reported).contains_key(state), "{kind}");
            assert!(!is_cleared(*kind, state), "{kind}");
            assert!(is_cleared(*kind, names(*kind)[8]), "{kind}");
            assert!(!is_cleared(*kind, "of another version"), "{kind}");
        }
    }

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

    #[test]
    fn a_crm_takes_moments_in_its_own_form_and_no_text_that_is_too_long() {
        let long = "é".repeat(300);
        let lead = Lead {
            company: &long,
            first_call: "2026-11-20T12:00:00.123456Z",
            ..LEAD
        };
        let of = |kind| fields(kind, &lead);
        assert_eq!(
            of(CrmKind::EspoCrm)["cAssayFirstCall"],
            "2026-11-20 12:00:00"
        );
        assert_eq!(
            of(CrmKind::Salesforce)["Assay_First_Call__c"],
            "2026-11-20T12:00:00Z"
        );
        assert_eq!(of(CrmKind::Plain)["first_call_at"], lead.first_call);
        assert_eq!(of(CrmKind::Salesforce)["Company"].chars().count(), 249);
        assert_eq!(of(CrmKind::Plain)["company"], long);
    }

    #[test]
    fn fields_that_have_to_be_made_are_the_boxs_own() {
        let own = own_fields;
        assert_eq!(own(CrmKind::Plain), [""; 0]);
        assert_eq!(
            own(CrmKind::EspoCrm),
            ["cAssaySource", "cAssayClaim", "cAssayFirstCall"]
        );
        assert_eq!(
            own(CrmKind::Salesforce),
            ["Assay_Claim__c", "Assay_First_Call__c"]
        );
        assert_eq!(own(CrmKind::HubSpot).len(), 4);
        assert_eq!(claim_field(CrmKind::HubSpot), "assay_claim");
    }
}
