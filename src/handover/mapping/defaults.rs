//! What each kind of CRM begins with: the fields that it comes with, those that have to be made
//! there first, and its own states.

use super::{CrmKind, LeadField, LeadState, Mapping, Meaning, Means};
use crate::units::Word as _;

/// Their names in the order of [`LeadField`].
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

/// Their words in the order of [`LeadState`].
const fn states(kind: CrmKind) -> [&'static str; 5] {
    match kind {
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
    }
}

/// Their states of a lead or deal that mean something here: their own defaults.
const fn means(kind: CrmKind) -> [(&'static str, Meaning); 3] {
    let [made, won, lost] = match kind {
        CrmKind::Plain => ["opportunity", "won", "lost"],
        CrmKind::EspoCrm => ["Converted", "Closed Won", "Closed Lost"],
        CrmKind::Salesforce => ["Closed - Converted", "Closed Won", "Closed Lost"],
        CrmKind::HubSpot => ["OPEN_DEAL", "closedwon", "closedlost"],
    };
    [
        (made, Meaning::Opportunity),
        (won, Meaning::Won),
        (lost, Meaning::Lost),
    ]
}

/// Fields that a kind comes with; a plain receiver takes what it is sent.
fn standard(kind: CrmKind) -> Vec<&'static str> {
    let is_made = |name: &str| {
        let name = name.to_lowercase();
        name.trim_start_matches('c').starts_with("assay")
    };
    let all = names(kind).into_iter();
    all.filter(|name| !is_made(name)).collect()
}

impl Mapping {
    /// Fields that are asked for by a test: all that its kind does not come with.
    #[must_use]
    pub fn own_fields(&self, kind: CrmKind) -> Vec<&str> {
        if kind == CrmKind::Plain {
            return Vec::new();
        }
        let standard = standard(kind);
        let all = self.fields.values().map(String::as_str);
        all.filter(|name| !standard.contains(name)).collect()
    }

    /// What a kind of CRM begins with.
    #[must_use]
    pub fn of(kind: CrmKind) -> Mapping {
        let owned = |word: &str| word.to_owned();
        let fields = LeadField::ALL.iter().copied().zip(names(kind).map(owned));
        let states = LeadState::ALL.iter().copied().zip(states(kind).map(owned));
        let means = means(kind).map(|(state, means)| Means {
            state: owned(state),
            means,
        });
        Mapping {
            fields: fields.collect(),
            states: states.collect(),
            means: means.into(),
        }
    }
}
