//! The queue machine of what reviewers judge: one for claims and second reviews. A row is read, the
//! rule of [`Place`] says what comes next, and the row is changed only if it still is where it was.

use crate::review::{InvalidTransition, Place};
use crate::store::{Result, StoreError, Tx, all_in, changed_one, run};
use crate::units::{PersonId, WallTime};
use std::collections::HashSet;
use std::ops::Deref;

/// Where the rows of one kind lie, and how the log names them.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Queue {
    table: &'static str,
    /// What the log calls one: `claim:…`.
    pub kind: &'static str,
}

/// Claims.
pub(in crate::store) const CLAIMS: Queue = Queue {
    table: "claims",
    kind: "claim",
};
/// Second reviews.
pub(in crate::store) const SECOND_REVIEWS: Queue = Queue {
    table: "second_reviews",
    kind: "second_review",
};

/// A row of a queue as far as the machine is concerned.
pub(in crate::store) trait Queued {
    /// Its identifier.
    fn id(&self) -> &str;
    /// Where it stands.
    fn place(&self) -> Place;
    /// The row's columns `state`, `locked_by` and `locked_until`.
    fn columns(&self) -> (&'static str, Option<&PersonId>);
}

/// A transition that the rule refuses is a conflict with whoever was first.
pub(in crate::store) fn refused(why: InvalidTransition) -> StoreError {
    StoreError::Conflict(match why {
        InvalidTransition::Taken => "somebody else has taken this one; the next is offered to you",
        InvalidTransition::NotYours => {
            "this one is not with you any more: its lock ran out, somebody else has it, or it is \
             judged"
        }
        InvalidTransition::Over => "it has been judged already",
    })
}

impl Queue {
    /// Those of some rows that nobody has taken, in the order in which they were given: one question
    /// where trying each would be several.
    pub(in crate::store) async fn free<Id: Deref<Target = str>>(
        self,
        tx: &mut Tx,
        mut of: Vec<Id>,
        now: WallTime,
    ) -> Result<Vec<Id>> {
        if of.is_empty() {
            return Ok(of);
        }
        let sql = format!(
            "SELECT id FROM {} WHERE (state = 'open' OR (state = 'in_review' AND locked_until < \
             {})) AND id IN (",
            self.table,
            now.micros()
        );
        let ids = of.iter().map(|id| &**id);
        let free: HashSet<String> = all_in!(tx, (String,), sql.as_str(), ids, ")")?
            .into_iter()
            .map(|(id,)| id)
            .collect();
        of.retain(|id| free.contains(&**id));
        Ok(of)
    }

    /// A reviewer takes a row, or takes it again. `taken_at` is when they first had it.
    pub(in crate::store) async fn take(
        self,
        tx: &mut Tx,
        row: &impl Queued,
        by: &PersonId,
        now: WallTime,
    ) -> Result<()> {
        let next = row.place().take(by, now).map_err(refused)?;
        self.lock(tx, row, &next, now).await
    }

    /// The reviewer at work keeps a row for as long again.
    pub(in crate::store) async fn keep(
        self,
        tx: &mut Tx,
        row: &impl Queued,
        by: &PersonId,
        now: WallTime,
    ) -> Result<()> {
        let next = row.place().keep(by, now).map_err(refused)?;
        self.lock(tx, row, &next, now).await
    }

    async fn lock(self, tx: &mut Tx, row: &impl Queued, next: &Place, now: WallTime) -> Result<()> {
        let Place::AtWork { by, until } = next else {
            return Err(refused(InvalidTransition::Over));
        };
        let sql = format!(
            "UPDATE {} SET taken_at = CASE WHEN locked_by = $2 THEN taken_at ELSE $4 END, state = \
             'in_review', locked_by = $2, locked_until = $3 WHERE id = $1 AND state = $5 AND \
             COALESCE(locked_by, '') = $6",
            self.table
        );
        let (state, locked_by) = row.columns();
        let rows = run!(
            tx,
            sqlx::AssertSqlSafe(sql),
            row.id(),
            by,
            until,
            now,
            state,
            locked_by.map_or("", |p| p.as_str())
        )?;
        changed_one(
            rows,
            "somebody else has taken this one; the next is offered to you",
        )
    }

    /// The reviewer puts a row back.
    pub(in crate::store) async fn put_back(
        self,
        tx: &mut Tx,
        row: &impl Queued,
        by: &PersonId,
    ) -> Result<()> {
        row.place().put_back(by).map_err(refused)?;
        let sql = format!(
            "UPDATE {} SET state = 'open', locked_by = NULL, locked_until = NULL WHERE id = $1 \
             AND state = 'in_review' AND locked_by = $2",
            self.table
        );
        let rows = run!(tx, sqlx::AssertSqlSafe(sql), row.id(), by)?;
        changed_one(rows, "this one is not with you any more")
    }
}
