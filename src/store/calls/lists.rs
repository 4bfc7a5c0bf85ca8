//! Lists of calls at any size: a page by its place, found by the beginnings of a lead's words or of
//! a number, and counted no further than anybody reads.
//!
//! Each client's calls are read by an index that has the page's order, and the pages of several
//! clients are merged here: a database that is asked for all at once sorts everything first. Only
//! the rows of the merged page are read whole.

use crate::call::Outcome;
use crate::leads::finding::Lookup;
use crate::leads::{Disposition, finding};
use crate::store::calls::{CALL, Call};
use crate::store::leads::lists::{self, Asked, all_of};
use crate::store::{Result, Tx, all, all_in, one};
use crate::units::{CallId, ClientId, PersonId, WallTime};

/// Whose calls.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// Of these clients, everybody's or one person's.
    Clients(&'a [ClientId], Option<&'a PersonId>),
    /// One's own, whatever client they are for.
    Person(&'a PersonId),
}

/// Which calls are wanted.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub of: Of<'a>,
    /// What was typed.
    pub search: &'a str,
    /// One outcome's alone; `None`: every one's.
    pub outcome: Option<&'a str>,
    /// Only calls of which this was said; `None`: all.
    pub disposition: Option<Disposition>,
    /// Only calls that no lead was found for.
    pub without_lead: bool,
    /// Before this place and call; the newest come first.
    pub before: Option<(WallTime, &'a CallId)>,
}

/// Nobody is told of more.
pub const COUNTED: i64 = 1_000;

/// What was typed: a telephone number's beginning, or words of a lead.
enum Typed {
    Nothing,
    Number(String),
    Words(Vec<String>, Lookup),
}

/// The statement's values, always in this order: `$1` client or person, `$2` and `$3` place and
/// call, `$4` person, `$5` outcome, `$6` disposition, `$7` to `$12` beginnings and ends, `$13`
/// limit.
struct Statement {
    from: String,
    conditions: String,
}

fn given(is: bool, condition: &str, value: &str) -> String {
    // Each value is named once, so that both databases take the same list.
    if is {
        format!(" AND {condition}")
    } else {
        format!(" AND {value} = ''")
    }
}

impl Statement {
    fn of(wanted: &Wanted<'_>, typed: &Typed) -> Statement {
        let whose = match wanted.of {
            Of::Clients(..) => "c.client_id = $1",
            Of::Person(_) => "c.person_id = $1",
        };
        // A number has an index of its own.
        let within = match typed {
            Typed::Number(_) => "$14 = $14",
            Typed::Nothing | Typed::Words(..) => "c.started_at >= $14",
        };
        let mut conditions = format!("{whose} AND {within}");
        conditions.push_str(match wanted.before {
            Some(_) => " AND (c.started_at, c.id) < ($2, $3)",
            None => " AND $2 = 0 AND $3 = ''",
        });
        let person = matches!(wanted.of, Of::Clients(_, Some(_)));
        conditions.push_str(&given(person, "c.person_id = $4", "$4"));
        conditions.push_str(&given(wanted.outcome.is_some(), "c.outcome = $5", "$5"));
        let said = wanted.disposition.is_some();
        conditions.push_str(&given(said, "c.disposition = $6", "$6"));
        if wanted.without_lead {
            // As the index `calls_leadless` has it.
            conditions.push_str(" AND COALESCE(c.lead_id, '') = ''");
        }
        let mut from = "calls c".to_owned();
        let (words, lookup, number) = match typed {
            Typed::Nothing => (0, Lookup::Walk, false),
            Typed::Number(_) => (0, Lookup::Walk, true),
            Typed::Words(words, lookup) => (words.len(), *lookup, false),
        };
        for nth in 0..3 {
            let (begin, end) = (7 + 2 * nth, 8 + 2 * nth);
            if number && nth == 0 {
                conditions.push_str(&format!(
                    " AND c.prospect_e164 >= ${begin} AND c.prospect_e164 < ${end}"
                ));
            } else if nth >= words {
                conditions.push_str(&format!(" AND ${begin} = '' AND ${end} = ''"));
            } else if lookup == Lookup::Word(nth) {
                from = format!(
                    "(SELECT DISTINCT lead_id FROM lead_words WHERE client_id = $1 AND word >= \
                     ${begin} AND word < ${end}) d CROSS JOIN calls c"
                );
                conditions.push_str(" AND c.lead_id = d.lead_id");
            } else if lookup == Lookup::All {
                if nth == 0 {
                    from = format!("({}) d CROSS JOIN calls c", all_of(words, 7));
                    conditions.push_str(" AND c.lead_id = d.lead_id");
                }
            } else {
                conditions.push_str(&format!(
                    " AND EXISTS (SELECT 1 FROM lead_words x WHERE x.lead_id = c.lead_id AND \
                     x.word >= ${begin} AND x.word < ${end})"
                ));
            }
        }
        Statement { from, conditions }
    }

    fn page(&self) -> String {
        let Statement { from, conditions } = self;
        format!(
            "SELECT c.started_at, c.id FROM {from} WHERE {conditions} ORDER BY c.started_at DESC, \
             c.id DESC LIMIT $13"
        )
    }

    fn count(&self) -> String {
        let Statement { from, conditions } = self;
        format!("SELECT COUNT(*) FROM (SELECT 1 FROM {from} WHERE {conditions} LIMIT $13) n")
    }
}

async fn typed(tx: &mut Tx, search: &str, client: Option<&ClientId>, what: Asked) -> Result<Typed> {
    if let Some(number) = finding::number_begins(search) {
        return Ok(Typed::Number(number));
    }
    let words = finding::asked(search);
    if words.is_empty() {
        return Ok(Typed::Nothing);
    }
    // One's own calls are few enough to be walked.
    let lookup = match client {
        Some(client) => lists::lookup(tx, client, &words, what).await?,
        None => Lookup::Walk,
    };
    Ok(Typed::Words(words, lookup))
}

macro_rules! ask {
    ($how:ident, $row:ty, $tx:expr, $sql:expr, $of:expr, $wanted:expr, $typed:expr, $limit:expr, $within:expr) => {{
        let wanted: &Wanted<'_> = $wanted;
        let (at, call) = wanted
            .before
            .map_or((0, ""), |(at, id)| (at.micros(), id.as_str()));
        let person = match wanted.of {
            Of::Clients(_, Some(person)) => person.as_str(),
            _ => "",
        };
        let begins: &[String] = match $typed {
            Typed::Nothing => &[],
            Typed::Number(number) => std::slice::from_ref(number),
            Typed::Words(words, _) => words,
        };
        let text = |nth: usize| begins.get(nth).map_or("", String::as_str).to_owned();
        let end = |nth: usize| {
            begins
                .get(nth)
                .map_or(String::new(), |w| finding::end_of(w))
        };
        $how!(
            $tx,
            $row,
            sqlx::AssertSqlSafe($sql),
            $of,
            at,
            call,
            person,
            wanted.outcome.unwrap_or_default(),
            wanted.disposition.map_or("", Disposition::as_str),
            text(0),
            end(0),
            text(1),
            end(1),
            text(2),
            end(2),
            $limit,
            $within
        )
    }};
}

/// Before no call.
const EVER: i64 = i64::MIN;

/// Each list that is read on its own: one for each client, or a person's.
fn parts<'a>(of: Of<'a>) -> Vec<(&'a str, Option<&'a ClientId>)> {
    match of {
        Of::Clients(clients, _) => clients.iter().map(|c| (c.as_str(), Some(c))).collect(),
        Of::Person(person) => vec![(person.as_str(), None)],
    }
}

/// Whether few of a client's calls are newer than the last of a whole page of the others'.
async fn is_near(tx: &mut Tx, client: &ClientId, last: i64) -> Result<bool> {
    let found = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM (SELECT 1 FROM calls WHERE client_id = $1 AND started_at >= $2 LIMIT \
         $3) n",
        client,
        last,
        lists::NEAR
    )?;
    Ok(found.is_some_and(|(calls,)| calls < lists::NEAR))
}

/// A page of calls, the newest first; one more than `limit` says that there is another.
///
/// # Errors
/// When the database fails.
pub async fn page(tx: &mut Tx, wanted: &Wanted<'_>, limit: i64) -> Result<Vec<Call>> {
    let most = usize::try_from(limit + 1).unwrap_or(usize::MAX);
    let mut places: Vec<(WallTime, CallId)> = Vec::new();
    for (of, client) in parts(wanted.of) {
        // A client's calls that are older than a whole page of the others' are not read.
        let last = places.get(most - 1).map(|(at, _)| at.micros());
        let within = last.unwrap_or(EVER);
        let near = match (last, client) {
            (Some(last), Some(client)) if !wanted.search.is_empty() => {
                is_near(tx, client, last).await?
            }
            _ => false,
        };
        // What is near is walked through, as one's own calls are.
        let client = client.filter(|_| !near);
        let typed = typed(tx, wanted.search, client, Asked::Page).await?;
        let sql = Statement::of(wanted, &typed).page();
        places.extend(ask!(
            all,
            (WallTime, CallId),
            tx,
            sql,
            of,
            wanted,
            &typed,
            limit + 1,
            within
        )?);
        places.sort_by(|a, b| b.cmp(a));
        places.truncate(most);
    }
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let before = format!("{CALL} WHERE c.id IN (");
    let after = ") ORDER BY c.started_at DESC, c.id DESC";
    let ids = places.iter().map(|(_, id)| id);
    Ok(all_in!(tx, Call, before.as_str(), ids, after)?)
}

/// How many there are; [`COUNTED`] and one more stands for all beyond.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, wanted: &Wanted<'_>) -> Result<i64> {
    let all = Wanted {
        before: None,
        ..wanted.clone()
    };
    let mut sum = 0;
    for (of, client) in parts(all.of) {
        let typed = typed(tx, all.search, client, Asked::Count).await?;
        let sql = Statement::of(&all, &typed).count();
        let left = COUNTED + 1 - sum;
        let count = ask!(one, (i64,), tx, sql, of, &all, &typed, left, EVER)?;
        sum += count.map_or(0, |r| r.0);
        if sum > COUNTED {
            break;
        }
    }
    Ok(sum)
}

/// Whether a word names an outcome of a call.
#[must_use]
pub fn is_outcome(word: &str) -> bool {
    serde_json::from_value::<Outcome>(serde_json::Value::String(word.to_owned())).is_ok()
}
