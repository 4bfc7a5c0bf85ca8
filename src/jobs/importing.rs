//! Takes a list of leads in, a short piece at a time: whoever has a verdict to give waits for one
//! piece at most, however long the list is.

use crate::clock::Clock;
use crate::jobs::Done;
use crate::leads::Numbers;
use crate::leads::import::{self, BadRow, Checks, Mapping};
use crate::store::leads::changing::{self, GivenBack};
use crate::store::leads::imports::{self, GoodRow, Import, NewImport, Piece, Settling};
use crate::store::leads::{self, Campaign, sources};
use crate::store::{Actor, Db, StoreError};
use crate::units::{ImportId, Micros, WallTime};
use std::time::{Duration, Instant};

/// A piece is to take no longer: half of what a verdict may wait.
const LONGEST: Duration = Duration::from_millis(25);
const SMALLEST: usize = 10;
const LARGEST: usize = 500;

/// A list that is to come in.
#[derive(Debug, Clone)]
pub struct List {
    pub campaign: Campaign,
    pub supplier: String,
    pub file_name: String,
    pub text: String,
    pub map: Vec<Mapping>,
    pub settling: Settling,
}

/// Begins an import of a list whose header fits; gives its id.
///
/// # Errors
/// [`StoreError::Refused`] for a header that does not fit.
pub async fn begin(
    db: &Db,
    by: &Actor,
    list: &List,
    clock: &Clock,
) -> Result<ImportId, StoreError> {
    let names = import::names(&list.text).map_err(StoreError::Refused)?;
    import::Header::of(&names, &list.map).map_err(StoreError::Refused)?;
    let new = NewImport {
        campaign: &list.campaign,
        supplier: &list.supplier,
        file_name: &list.file_name,
        map: &list.map,
        total: list
            .text
            .lines()
            .filter(|l| !l.trim().is_empty())
            .count()
            .saturating_sub(1),
    };
    let mut tx = db.write().await?;
    let id = imports::begin(&mut tx, by, &new, clock.now()).await?;
    tx.commit().await?;
    Ok(id)
}

/// Takes the list in, and notes how it ended.
///
/// # Errors
/// When the database fails; what came in until then stays, and the same list may come again.
pub async fn run(
    db: &Db,
    by: &Actor,
    (id, list): (&ImportId, &List),
    numbers: &Numbers,
    clock: &Clock,
) -> Result<(), StoreError> {
    let done = pieces(db, by, (id, list), numbers, clock).await;
    let trouble = done.as_ref().err().map(ToString::to_string);
    let mut tx = db.write().await?;
    imports::finish(&mut tx, by, id, trouble.as_deref(), clock.now()).await?;
    tx.commit().await?;
    done
}

async fn pieces(
    db: &Db,
    by: &Actor,
    (id, list): (&ImportId, &List),
    numbers: &Numbers,
    clock: &Clock,
) -> Result<(), StoreError> {
    let mut tx = db.read().await?;
    let import = imports::by_id(&mut tx, id).await?;
    let sources = sources::names(&mut tx, &list.campaign.client_id).await?;
    drop(tx);
    let import = import.ok_or(StoreError::Conflict("there is no such import"))?;
    let checks = Checks {
        numbers,
        sources: &sources,
        now: clock.now(),
    };
    let rows = import::rows(&list.text, &checks, &list.map).map_err(StoreError::Refused)?;
    let (mut piece, mut size) = (Piece::default(), SMALLEST);
    for row in rows {
        match row.lead {
            Ok(lead) => piece.good.push(GoodRow {
                line: row.line,
                content: kept(row.raw),
                lead,
            }),
            Err(reason) => {
                let raw = kept(row.raw);
                piece.bad.push((
                    BadRow {
                        line: row.line,
                        reason,
                    },
                    raw,
                ));
            }
        }
        if piece.good.len() + piece.bad.len() >= size {
            let took = take(db, by, (&import, list.settling), &piece, clock).await?;
            size = next_size(size, took);
            piece = Piece::default();
            db.let_others_write().await;
        }
    }
    take(db, by, (&import, list.settling), &piece, clock).await?;
    Ok(())
}

/// What is kept of a row that is left out.
fn kept(raw: &str) -> String {
    raw.chars().take(2_000).collect()
}

/// Gives how long others had to wait for it.
async fn take(
    db: &Db,
    by: &Actor,
    to: (&Import, Settling),
    piece: &Piece,
    clock: &Clock,
) -> Result<Duration, StoreError> {
    let mut tx = db.write_piece().await?;
    let began = Instant::now();
    imports::take(&mut tx, by, to, piece, clock.now()).await?;
    tx.commit().await?;
    Ok(began.elapsed())
}

/// Notes of imports that were under way when the box ended that they are not.
///
/// # Errors
/// When the database fails.
pub async fn end_interrupted(db: &Db, now: WallTime) -> Result<(), StoreError> {
    let mut tx = db.write().await?;
    imports::interrupted(&mut tx, now).await?;
    tx.commit().await
}

/// Keeps the words of leads that came in before there were any, a few at a time; and forgets what
/// lists changed that nobody undoes any more.
///
/// # Errors
/// When the database fails.
pub async fn word(db: &Db, now: WallTime) -> Result<Done, StoreError> {
    let mut tx = db.write().await?;
    let some = leads::words::word_some(&mut tx, 100).await?;
    changing::forget_old(&mut tx, now).await?;
    tx.commit().await?;
    let next = match some {
        0 => now + Micros::from_secs(3600),
        _ => now + Micros::from_millis(50),
    };
    Ok(Done {
        next,
        trouble: None,
    })
}

/// As many rows as fit into the time, by what the last piece took.
fn next_size(size: usize, took: Duration) -> usize {
    let next = if took > LONGEST {
        size / 2
    } else if took < LONGEST / 2 {
        size * 2
    } else {
        size
    };
    next.clamp(SMALLEST, LARGEST)
}

/// What became of an import that was undone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undone {
    /// Leads that went.
    pub gone: u64,
    /// Leads that it brought and that stay, because something hangs on them.
    pub left: i64,
    /// Of the leads that it brought up to date.
    pub given: GivenBack,
    /// Of those, the ones of which it is no longer known what they were: they stay as they are.
    pub forgotten: u64,
}

/// Takes back what an import brought and nothing hangs on, and gives back what it changed, a piece
/// at a time.
///
/// # Errors
/// When it is under way or undone already, or the database fails.
pub async fn undo(
    db: &Db,
    by: &Actor,
    import: &Import,
    clock: &Clock,
) -> Result<Undone, StoreError> {
    let mut tx = db.write().await?;
    imports::undo(&mut tx, by, import, clock.now()).await?;
    tx.commit().await?;
    let mut undone = take_back(db, &import.id).await?;
    if import.is_forgotten(clock.now()) {
        let changed = u64::try_from(import.changed).unwrap_or(0);
        undone.forgotten = changed.saturating_sub(undone.given.restored + undone.given.kept);
    }
    Ok(undone)
}

/// The pieces of an undoing, until nothing is left to do: begun again it goes on.
async fn take_back(db: &Db, import: &ImportId) -> Result<Undone, StoreError> {
    let mut undone = Undone::default();
    loop {
        let mut tx = db.write_piece().await?;
        let gone = imports::forget(&mut tx, import, 200).await?;
        let given = changing::give_back(&mut tx, import, 100).await?;
        undone.left = imports::left(&mut tx, import).await?;
        tx.commit().await?;
        undone.gone += gone;
        undone.given += given;
        if gone == 0 && given == GivenBack::default() {
            return Ok(undone);
        }
        db.let_others_write().await;
    }
}

/// Goes on where an undoing was cut off by the end of the box.
///
/// # Errors
/// When the database fails.
pub async fn undo_the_rest(db: &Db) -> Result<(), StoreError> {
    let mut read = db.read().await?;
    let undone = imports::undone(&mut read).await?;
    drop(read);
    for import in undone {
        take_back(db, &import).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_grows_while_it_is_quick_and_shrinks_when_it_is_not() {
        assert_eq!(next_size(40, Duration::from_millis(5)), 80);
        assert_eq!(next_size(40, Duration::from_millis(20)), 40);
        assert_eq!(next_size(40, Duration::from_millis(60)), 20);
        assert_eq!(next_size(LARGEST, Duration::ZERO), LARGEST);
        assert_eq!(next_size(SMALLEST, Duration::from_secs(1)), SMALLEST);
    }
}
