//! What a client's people changed of its CRM's mapping (PRODUCT O6): which of our fields goes to
//! which of theirs, and which of their states means which of ours.
//!
//! # Invariants
//! - A version is added and never edited; version 0 is what the kind begins with
//!   ([`Mapping::of`]), and is no row.
//! - A lead that was sent keeps the version that it was sent under: another mapping alone sends
//!   nothing, and overwrites nothing that people changed there (`sends`).
//! - The field of the claim stays once a lead was sent: by it a repeat finds its record.
//! - No path leads from here to the ledger: answers and outcomes move no money, however they came.

use crate::handover::mapping::{CrmKind, Mapping, Meaning};
use crate::store::handover::crms;
use crate::store::webhook::receivers::tell;
use crate::store::{Actor, Result, StoreError, Tx, all, log, one, run};
use crate::units::{ClientId, WallTime};
use serde_json::json;
use sqlx::FromRow;
use std::collections::BTreeMap;

/// A mapping that somebody set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub mapping: Mapping,
    /// A person's id, or `shell`.
    pub set_by: String,
    pub set_at: WallTime,
}

/// All that a client's mapping to one kind of CRM has been.
#[derive(Debug, Clone)]
pub struct Mappings {
    begin: Mapping,
    /// From 1.
    versions: BTreeMap<i64, Version>,
}

impl Mappings {
    /// The number of the one that holds.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.versions.last_key_value().map_or(0, |(n, _)| *n)
    }

    /// The one that holds.
    #[must_use]
    pub fn current(&self) -> &Mapping {
        self.at(self.version())
    }

    /// Who set the one that holds, and when; none: it is what the kind begins with.
    #[must_use]
    pub fn set(&self) -> Option<&Version> {
        self.versions.last_key_value().map(|(_, version)| version)
    }

    /// The one of a number.
    #[must_use]
    pub fn at(&self, version: i64) -> &Mapping {
        let found = self.versions.get(&version);
        found.map_or(&self.begin, |v| &v.mapping)
    }
}

#[derive(FromRow)]
struct Row {
    version: i64,
    mapping: String,
    set_by: String,
    set_at: WallTime,
}

/// A client's mapping to a kind of CRM.
///
/// # Errors
/// When the database fails, or a row's JSON is none.
pub async fn of(tx: &mut Tx, client: &ClientId, kind: CrmKind) -> Result<Mappings> {
    let rows = all!(
        tx,
        Row,
        "SELECT version, mapping, set_by, set_at FROM crm_mappings WHERE client_id = $1 AND kind \
         = $2 ORDER BY version",
        client,
        kind
    )?;
    let version = |row: Row| {
        let version = Version {
            mapping: serde_json::from_str(&row.mapping)?,
            set_by: row.set_by,
            set_at: row.set_at,
        };
        Ok((row.version, version))
    };
    Ok(Mappings {
        begin: Mapping::of(kind),
        versions: rows.into_iter().map(version).collect::<Result<_>>()?,
    })
}

/// Changes a client's mapping; gives its version. `replaces` is the version that was looked at.
///
/// # Errors
/// [`StoreError::Refused`] says which field or state cannot be so; [`StoreError::Conflict`] when
/// the client has no CRM, or somebody else changed it meanwhile.
pub async fn set(
    tx: &mut Tx,
    by: &Actor,
    client: &ClientId,
    (mapping, replaces): (Mapping, i64),
    now: WallTime,
) -> Result<i64> {
    let Some(crm) = crms::of_client(tx, client).await? else {
        return Err(StoreError::Conflict(
            "this client has no CRM: set it up first",
        ));
    };
    let mapping = mapping.checked(crm.kind).map_err(StoreError::Refused)?;
    let before = of(tx, client, crm.kind).await?;
    if before.version() != replaces {
        return Err(StoreError::Conflict(
            "somebody changed this mapping meanwhile; reload the page",
        ));
    }
    if mapping == *before.current() {
        return Ok(replaces);
    }
    keeps_claim(tx, client, crm.kind, (before.current(), &mapping)).await?;
    run!(
        tx,
        "INSERT INTO crm_mappings (client_id, kind, version, mapping, set_by, set_at) VALUES ($1, \
         $2, $3, $4, $5, $6)",
        client,
        crm.kind,
        replaces + 1,
        serde_json::to_string(&mapping)?,
        by.as_str(),
        now
    )?;
    let (subject, detail) = (
        format!("client:{client}"),
        json!({ "kind": crm.kind, "version": replaces + 1, "mapping": mapping }),
    );
    log::append(tx, by, "crm.mapped", subject, detail, now).await?;
    tell(tx);
    Ok(replaces + 1)
}

/// Refuses another field for the claim once a lead was tried: its record would not be found by it,
/// and a second one made.
async fn keeps_claim(
    tx: &mut Tx,
    client: &ClientId,
    kind: CrmKind,
    (before, after): (&Mapping, &Mapping),
) -> Result<()> {
    if before.claim() == after.claim() {
        return Ok(());
    }
    let sent = one!(
        tx,
        (String,),
        "SELECT s.claim_id FROM crm_sends s JOIN crms c ON c.id = s.crm_id WHERE c.client_id = $1 \
         AND c.kind = $2 AND s.last_at IS NOT NULL LIMIT 1",
        client,
        kind
    )?;
    match sent {
        None => Ok(()),
        Some(_) => Err(StoreError::Refused(format!(
            "Leads were sent with the claim in '{}', and are found by it: it stays",
            before.claim()
        ))),
    }
}

/// What a state of a client's CRM means.
///
/// # Errors
/// [`StoreError::Refused`] where it means nothing, or the client has no CRM.
pub(in crate::store) async fn meaning(
    tx: &mut Tx,
    client: &ClientId,
    state: &str,
) -> Result<Meaning> {
    let Some(crm) = crms::of_client(tx, client).await? else {
        return Err(StoreError::Refused(
            "This client has no CRM set up, so that no state means anything: say an 'answer' or \
             an 'outcome'"
                .to_owned(),
        ));
    };
    let mappings = of(tx, client, crm.kind).await?;
    mappings.current().meaning(state).ok_or_else(|| {
        StoreError::Refused(format!(
            "The state '{state}' means nothing here: a manager says under CRM what it means"
        ))
    })
}
