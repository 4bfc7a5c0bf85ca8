//! A lead that was handed over in the field names and states of a CRM (PRODUCT O6): EspoCRM's and
//! Salesforce's *Lead*, HubSpot's *contact*, or the box's own words. Custom fields keep the claim,
//! by which a repeat finds its record, and the first call that the wire saw. Each kind begins with
//! a mapping of its own ([`Mapping::of`]); a client's may be another.

mod check;
mod defaults;

pub use check::{LONGEST_NAME, MOST_MEANINGS};

use crate::handover::{Answer, CrmOutcome};
use crate::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

words! {
    /// Whose field names, and whose interface.
    pub enum CrmKind: "CRM" {
        Plain = "plain",
        EspoCrm = "espocrm",
        Salesforce = "salesforce",
        HubSpot = "hubspot",
    }
}

words! {
    /// What is told of a lead.
    pub enum LeadField: "field of a lead" {
        Company = "company",
        Contact = "contact",
        Title = "contact_role",
        Phone = "phone",
        Source = "source",
        WriteUp = "write_up",
        State = "state",
        /// By which a repeat finds its record.
        Claim = "claim",
        FirstCall = "first_call_at",
    }
}

words! {
    /// How a lead stands with sales, as a CRM is told.
    pub enum LeadState: "state of a lead" {
        New = "new",
        Called = "called",
        Later = "later",
        Nurture = "nurture",
        Rejected = "rejected",
    }
}

words! {
    /// What a state of a CRM means here: an answer of sales, or an outcome.
    pub enum Meaning: "meaning of a state" {
        Now = "now",
        Later = "later",
        NeedsInformation = "needs_information",
        Nurture = "nurture",
        Reject = "reject",
        Opportunity = "opportunity",
        Won = "won",
        Lost = "lost",
    }
}

/// A meaning in the words of the hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    Answer(Answer),
    Outcome(CrmOutcome),
}

impl Meaning {
    #[must_use]
    pub fn meant(self) -> Meant {
        match self {
            Meaning::Now => Meant::Answer(Answer::Now),
            Meaning::Later => Meant::Answer(Answer::Later),
            Meaning::NeedsInformation => Meant::Answer(Answer::NeedsInformation),
            Meaning::Nurture => Meant::Answer(Answer::Nurture),
            Meaning::Reject => Meant::Answer(Answer::Reject),
            Meaning::Opportunity => Meant::Outcome(CrmOutcome::Opportunity),
            Meaning::Won => Meant::Outcome(CrmOutcome::Won),
            Meaning::Lost => Meant::Outcome(CrmOutcome::Lost),
        }
    }
}

/// Which of our fields goes to which of theirs, what they call our states, and what their states
/// mean here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CrmMapping)]
pub struct Mapping {
    /// Their names of our fields. One that has none is not sent.
    pub fields: BTreeMap<LeadField, String>,
    /// Their words for our states; none where the state is not sent.
    #[serde(default)]
    pub states: BTreeMap<LeadState, String>,
    /// What their states mean, by which they may say one.
    #[serde(default)]
    pub means: Vec<Means>,
}

/// A state of theirs and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CrmStateMeans)]
pub struct Means {
    pub state: String,
    pub means: Meaning,
}

impl Mapping {
    /// Their name of a field of ours; none: it is not sent.
    #[must_use]
    pub fn name(&self, field: LeadField) -> Option<&str> {
        self.fields.get(&field).map(String::as_str)
    }

    /// Our field that goes to one of theirs; none: it is not ours.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<LeadField> {
        let mut all = self.fields.iter();
        all.find(|(_, n)| *n == name).map(|(field, _)| *field)
    }

    /// The field by which a repeat finds its record: a mapping that was checked has one.
    #[must_use]
    pub fn claim(&self) -> &str {
        self.name(LeadField::Claim).unwrap_or_default()
    }

    /// Whether a field that was written and has no value any more is cleared there. The state is
    /// the CRM's once it is no field; what is not mapped is left alone.
    #[must_use]
    pub fn is_cleared(&self, name: &str) -> bool {
        self.field(name).is_some_and(|f| f != LeadField::State)
    }

    /// Whether a state of theirs is one that the box writes.
    #[must_use]
    pub fn writes(&self, state: &str) -> bool {
        self.states.values().any(|word| word == state)
    }

    /// What a state of theirs means; capitals make no difference.
    #[must_use]
    pub fn meaning(&self, state: &str) -> Option<Meaning> {
        let folded = state.trim().to_lowercase();
        let mut all = self.means.iter();
        all.find(|m| m.state.to_lowercase() == folded)
            .map(|m| m.means)
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

/// How a lead stands with sales.
fn state(answer: Option<Answer>, called: bool) -> LeadState {
    match (answer, called) {
        (Some(Answer::Reject), _) => LeadState::Rejected,
        (Some(Answer::Nurture), _) => LeadState::Nurture,
        (Some(Answer::Later), false) => LeadState::Later,
        (_, true) => LeadState::Called,
        (_, false) => LeadState::New,
    }
}

/// Characters that a field takes there: the shortest of the three CRMs. A longer text would be
/// refused whole, and the lead with it.
const fn longest(field: LeadField) -> usize {
    match field {
        LeadField::Company => 249,
        LeadField::Contact => 80,
        LeadField::Title | LeadField::Source => 100,
        LeadField::Phone => 36,
        LeadField::WriteUp => 32_000,
        LeadField::State => 40,
        LeadField::Claim => 64,
        LeadField::FirstCall => 32,
    }
}

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

fn value(kind: CrmKind, mapping: &Mapping, field: LeadField, lead: &Lead<'_>) -> String {
    match field {
        LeadField::Company => lead.company.to_owned(),
        // These CRMs take no person without a last name.
        LeadField::Contact if lead.contact.is_empty() && kind != CrmKind::Plain => {
            "unknown".to_owned()
        }
        LeadField::Contact => lead.contact.to_owned(),
        LeadField::Title => lead.title.to_owned(),
        LeadField::Phone => lead.phone.to_owned(),
        LeadField::Source => lead.source.to_owned(),
        LeadField::WriteUp => lead.write_up.to_owned(),
        LeadField::State if lead.is_reported => String::new(),
        LeadField::State => {
            let state = state(lead.answer, !lead.first_call.is_empty());
            mapping.states.get(&state).cloned().unwrap_or_default()
        }
        LeadField::Claim => lead.claim.to_owned(),
        LeadField::FirstCall => moment(kind, lead.first_call),
    }
}

/// The lead's fields by their names there.
#[must_use]
pub fn fields(kind: CrmKind, mapping: &Mapping, lead: &Lead<'_>) -> BTreeMap<String, String> {
    let all = mapping.fields.iter();
    all.filter_map(|(field, name)| {
        let value = value(kind, mapping, *field, lead);
        let value = match kind {
            CrmKind::Plain => value,
            _ => value.chars().take(longest(*field)).collect(),
        };
        (!value.is_empty()).then(|| (name.clone(), value))
    })
    .collect()
}

/// An invented lead in one state, by which a mapping is looked at before it is used.
#[must_use]
pub fn example(kind: CrmKind, mapping: &Mapping, state: LeadState) -> BTreeMap<String, String> {
    let answer = match state {
        LeadState::New | LeadState::Called => None,
        LeadState::Later => Some(Answer::Later),
        LeadState::Nurture => Some(Answer::Nurture),
        LeadState::Rejected => Some(Answer::Reject),
    };
    let called = state == LeadState::Called;
    let lead = Lead {
        company: "Example Ferries Ltd",
        contact: "Alex Example",
        title: "Head of Fleet",
        phone: "+442079460000",
        source: "Website request",
        write_up: "Need: twelve vans by spring",
        claim: "0192f0c4-0000-7000-8000-000000000000",
        first_call: if called { "2026-11-20T12:00:00Z" } else { "" },
        answer,
        is_reported: false,
    };
    fields(kind, mapping, &lead)
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

    fn told(kind: CrmKind, lead: &Lead<'_>) -> BTreeMap<String, String> {
        fields(kind, &Mapping::of(kind), lead)
    }

    const CALLED: Lead<'_> = Lead {
        first_call: "2026-11-20T12:00:00.123456Z",
        ..LEAD
    };

    #[test]
    fn the_state_is_the_crms_once_it_has_said_what_became_of_the_lead() {
        for kind in CrmKind::ALL {
            let mapping = Mapping::of(*kind);
            let state = mapping.name(LeadField::State).unwrap();
            let reported = Lead {
                is_reported: true,
                answer: Some(Answer::Reject),
                ..LEAD
            };
            assert!(told(*kind, &LEAD).contains_key(state), "{kind}");
            assert!(!told(*kind, &reported).contains_key(state), "{kind}");
            assert!(!mapping.is_cleared(state), "{kind}");
            assert!(mapping.is_cleared(mapping.name(LeadField::FirstCall).unwrap()));
            assert!(!mapping.is_cleared("of another version"), "{kind}");
        }
    }

    #[test]
    fn each_crm_has_its_own_names_and_states() {
        for kind in CrmKind::ALL {
            let new = told(*kind, &LEAD);
            assert_ne!(new, told(*kind, &CALLED), "{kind}: the first call is told");
            assert!(new.values().any(|v| v == "Norvik"), "{kind}");
        }
        let salesforce = told(CrmKind::Salesforce, &LEAD);
        assert_eq!(salesforce["LastName"], "unknown");
        assert_eq!(salesforce["Status"], "Open - Not Contacted");
        let rejected = Lead {
            answer: Some(Answer::Reject),
            ..LEAD
        };
        let hubspot = told(CrmKind::HubSpot, &rejected);
        assert_eq!(hubspot["hs_lead_status"], "UNQUALIFIED");
        assert!(!told(CrmKind::Plain, &LEAD).contains_key("contact"));
    }

    #[test]
    fn a_mapping_of_ones_own_names_fields_and_states_and_leaves_others_out() {
        let kind = CrmKind::Salesforce;
        let mut mapping = Mapping::of(kind);
        mapping.fields.remove(&LeadField::WriteUp);
        let state = "Lead_State__c".to_owned();
        mapping.fields.insert(LeadField::State, state);
        mapping
            .states
            .insert(LeadState::Called, "Reached".to_owned());
        let sent = fields(kind, &mapping, &CALLED);
        assert_eq!(sent["Lead_State__c"], "Reached");
        assert!(!sent.contains_key("Status") && !sent.contains_key("Description"));
        assert_eq!(mapping.own_fields(kind)[0], "Lead_State__c");
        let shown = example(kind, &mapping, LeadState::Called);
        assert_eq!(shown["Lead_State__c"], "Reached");
        let later = example(kind, &mapping, LeadState::Later);
        assert_eq!(later["Lead_State__c"], "Open - Not Contacted");
    }

    #[test]
    fn a_crm_takes_moments_in_its_own_form_and_no_text_that_is_too_long() {
        let long = "é".repeat(300);
        let lead = Lead {
            company: &long,
            ..CALLED
        };
        let of = |kind| told(kind, &lead);
        let first = &of(CrmKind::EspoCrm)["cAssayFirstCall"];
        assert_eq!(first, "2026-11-20 12:00:00");
        let first = &of(CrmKind::Salesforce)["Assay_First_Call__c"];
        assert_eq!(first, "2026-11-20T12:00:00Z");
        assert_eq!(of(CrmKind::Plain)["first_call_at"], lead.first_call);
        assert_eq!(of(CrmKind::Salesforce)["Company"].chars().count(), 249);
        assert_eq!(of(CrmKind::Plain)["company"], long);
    }

    #[test]
    fn fields_that_have_to_be_made_are_the_boxs_own() {
        let own = |kind, names: &[&str]| {
            assert_eq!(Mapping::of(kind).own_fields(kind), names, "{kind}");
        };
        own(CrmKind::Plain, &[]);
        let espo = ["cAssaySource", "cAssayClaim", "cAssayFirstCall"];
        own(CrmKind::EspoCrm, &espo);
        let force = ["Assay_Claim__c", "Assay_First_Call__c"];
        own(CrmKind::Salesforce, &force);
        assert_eq!(
            Mapping::of(CrmKind::HubSpot)
                .own_fields(CrmKind::HubSpot)
                .len(),
            4
        );
        assert_eq!(Mapping::of(CrmKind::HubSpot).claim(), "assay_claim");
    }
}
