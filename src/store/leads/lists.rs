//! Lists of leads at any size: a page by its place, never by how many came before it; found by the
//! beginnings of words; counted no further than anybody reads.
//!
//! Each client's leads are read by an index that has the page's order, and the pages of several
//! clients are merged here: a database that is asked for all at once sorts everything first. Only
//! the rows of the merged page are read whole.

use crate::leads::finding::Lookup;
use crate::leads::{BuyerStage, LeadDisposition, Stage, finding};
use crate::pii::Pii;
use crate::store::{Result, Tx, all, all_in, one};
use crate::units::{CampaignId, ClientId, LeadId, PersonId, SourceId, WallTime};
use crate::words;
use sqlx::FromRow;

words! {
    /// Which leads, in which order.
    pub enum View: "view" {
        /// All, the newest first.
        Newest = "newest",
        /// On the work list, the most urgent first.
        Work = "work",
        /// Of those the ones whose time is over.
        Late = "late",
        /// Older than seven days without a contact, the oldest first.
        Untouched = "untouched",
    }
}

/// When something is to be done: at the next step that was agreed, else by the deadline of the
/// first contact, else a week after the last. The same text as in the index `lead_work_due`.
const ACT: &str = "(CASE WHEN next_at IS NOT NULL THEN next_at WHEN first_contact_at IS NULL THEN \
    due_at ELSE last_contact_at + 604800000000 END)";

/// Where a lead stands in the list of work: by when something is to be done; in a campaign that is
/// worked on by the score, by the day of that and then by the score, so that no score
/// makes a lead late; the day is the house's, whose clocks are `east_us` ahead of UTC then. What was
/// agreed has its minute. The same text as in the index `lead_work_ordered`.
const PLACE: &str = "(CASE WHEN next_at IS NOT NULL THEN next_at WHEN worth IS NOT NULL THEN \
    ((CASE WHEN first_contact_at IS NULL THEN due_at ELSE last_contact_at + 604800000000 END) + \
    east_us) / 86400000000 * 86400000000 - east_us + (1000000 - worth) * 86399 WHEN first_contact_at IS NULL THEN \
    due_at ELSE last_contact_at + 604800000000 END)";

/// A lead in a list.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Listed {
    pub id: LeadId,
    pub client_id: ClientId,
    pub external_id: String,
    pub company: Pii<String>,
    /// Null: not known.
    pub contact: Option<Pii<String>>,
    /// Null: not known.
    pub contact_role: Option<String>,
    pub campaign: String,
    /// Null: not known.
    pub source: Option<String>,
    /// A letter, A the best; null with the source.
    pub grade: Option<String>,
    pub received_at: WallTime,
    pub due_at: WallTime,
    pub attempts: i64,
    /// Null: none yet.
    pub first_attempt_at: Option<WallTime>,
    /// Null: none yet.
    pub last_attempt_at: Option<WallTime>,
    /// The first conversation; null: none yet.
    pub first_contact_at: Option<WallTime>,
    /// The last conversation; null: none yet.
    pub last_contact_at: Option<WallTime>,
    /// What was said last; null: nothing.
    pub said: Option<LeadDisposition>,
    /// When something was agreed; null: nothing was, or its call back was made.
    pub next_at: Option<WallTime>,
    /// Null: nobody was named, or nothing is next.
    pub next_with: Option<Pii<String>>,
    /// Who does it; null: no person said it, or nothing is next.
    pub next_for: Option<PersonId>,
    pub stage: Stage,
    /// How far the buyer has come; null: nobody has said.
    pub buyer_stage: Option<BuyerStage>,
    /// When something is to be done; of a lead that is on nobody's list it means nothing.
    pub act_at: WallTime,
    /// 1: on the work list.
    pub is_open: i64,
    /// How likely sales accepts it, in millionths, where its campaign is worked on by that.
    pub worth: Option<i64>,
    /// What the page is ordered by.
    pub place: i64,
}

/// Which leads are wanted.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub view: View,
    /// What was typed.
    pub search: &'a str,
    /// At this stage alone; `None`: at any.
    pub stage: Option<Stage>,
    /// From this source alone; `None`: from any.
    pub source: Option<&'a SourceId>,
    /// Of this campaign alone; `None`: of any.
    pub campaign: Option<&'a CampaignId>,
    /// What colleagues have agreed to do is left out of this person's work.
    pub of: Option<&'a PersonId>,
    /// After this place and lead.
    pub after: Option<(i64, &'a LeadId)>,
    pub now: WallTime,
}

impl Wanted<'_> {
    /// Whether how many there are says what calls of some leads came to: a stage at which a call
    /// leaves a lead, or a part of the leads that nobody has talked to.
    #[must_use]
    pub fn tells_of_calls(&self) -> bool {
        let is_part = !self.search.trim().is_empty()
            || self.source.is_some()
            || self.campaign.is_some()
            || self.stage.is_some();
        matches!(self.stage, Some(Stage::Suspect | Stage::Contacted))
            || (self.view != View::Newest && is_part)
    }
}

/// A word with no more leads than this is looked up first.
const RARE: i64 = 2_000;
/// So many are put in order without asking whether there is a quicker way.
const FEW: i64 = 300;
/// So many rows are walked through without asking how else.
pub(in crate::store) const NEAR: i64 = 1_000;
/// Rows of a page, about.
const ON_A_PAGE: i64 = 50;
/// Nobody is told of more.
pub const COUNTED: i64 = 1_000;

/// The statement's conditions and order. Its values, always in this order: `$1` client, `$2` and
/// `$3` place and lead, `$4` person, `$5` stage, `$6` source, `$7` campaign, `$8` to `$13`
/// beginnings and ends of words, `$14` now, `$15` limit, `$16` beyond which place nothing is asked
/// for.
struct Statement {
    from: String,
    conditions: String,
    place: &'static str,
    order: &'static str,
}

fn given(is: bool, condition: &str, value: &str) -> String {
    // Each value is named once, so that both databases take the same list.
    if is {
        format!(" AND {condition}")
    } else {
        format!(" AND {value} = ''")
    }
}

impl View {
    /// What its pages are ordered by, and how.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            View::Newest => ("w.received_at", "DESC"),
            View::Work => (PLACE, "ASC"),
            View::Late => (ACT, "ASC"),
            View::Untouched => ("w.received_at", "ASC"),
        }
    }
}

impl Statement {
    fn of(wanted: &Wanted<'_>, words: &[String], lookup: Lookup) -> Statement {
        let (place, order) = wanted.view.place();
        let view = match wanted.view {
            View::Newest => " AND $14 = $14",
            View::Work => " AND w.is_open = 1 AND $14 = $14",
            View::Late => " AND w.is_open = 1 AND @ACT@ < $14",
            View::Untouched => {
                " AND w.is_open = 1 AND w.first_contact_at IS NULL AND w.received_at < $14 - \
                 604800000000"
            }
        };
        let mut conditions = view.replace("@ACT@", ACT);
        let within = if order == "DESC" { ">=" } else { "<=" };
        conditions.push_str(&format!(" AND {place} {within} $16"));
        if wanted.view != View::Newest {
            conditions.push_str(" AND c.closed_at IS NULL");
        }
        let beyond = if order == "DESC" { "<" } else { ">" };
        conditions.push_str(&match wanted.after {
            Some(_) => format!(" AND ({place}, w.lead_id) {beyond} ($2, $3)"),
            None => " AND $2 = 0 AND $3 = ''".to_owned(),
        });
        let mine = "(w.next_for IS NULL OR w.next_for = $4)";
        conditions.push_str(&given(wanted.of.is_some(), mine, "$4"));
        conditions.push_str(&given(wanted.stage.is_some(), "w.stage = $5", "$5"));
        conditions.push_str(&given(wanted.source.is_some(), "w.source_id = $6", "$6"));
        conditions.push_str(&given(
            wanted.campaign.is_some(),
            "w.campaign_id = $7",
            "$7",
        ));
        let mut from = "lead_work w".to_owned();
        for nth in 0..3 {
            let (begin, end) = (8 + 2 * nth, 9 + 2 * nth);
            if nth >= words.len() {
                conditions.push_str(&format!(" AND ${begin} = '' AND ${end} = ''"));
            } else if lookup == Lookup::Word(nth) {
                from = format!(
                    "(SELECT DISTINCT lead_id FROM lead_words WHERE client_id = $1 AND word >= \
                     ${begin} AND word < ${end}) d CROSS JOIN lead_work w"
                );
                conditions.push_str(" AND w.lead_id = d.lead_id");
            } else if lookup == Lookup::All {
                if nth == 0 {
                    from = format!("({}) d CROSS JOIN lead_work w", all_of(words.len(), 8));
                    conditions.push_str(" AND w.lead_id = d.lead_id");
                }
            } else {
                conditions.push_str(&format!(
                    " AND EXISTS (SELECT 1 FROM lead_words x WHERE x.lead_id = w.lead_id AND \
                     x.word >= ${begin} AND x.word < ${end})"
                ));
            }
        }
        Statement {
            from,
            conditions,
            place,
            order,
        }
    }

    /// Crossed, so that SQLite begins with the leads, in the order of the page.
    fn page(&self) -> String {
        let Statement {
            from,
            conditions,
            place,
            order,
        } = self;
        format!(
            "SELECT {place} AS place, w.lead_id FROM {from} CROSS JOIN campaigns c WHERE c.id = \
             w.campaign_id AND w.client_id = $1{conditions}{NOT_MERGED} ORDER BY {place} {order}, \
             w.lead_id {order} LIMIT $15"
        )
    }

    fn count(&self) -> String {
        let Statement {
            from, conditions, ..
        } = self;
        format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM {from} CROSS JOIN campaigns c WHERE c.id = \
             w.campaign_id AND w.client_id = $1{conditions}{NOT_MERGED} LIMIT $15) n"
        )
    }
}

/// The rows of a page, before their identifiers.
fn rows(place: &str) -> String {
    format!(
        "SELECT l.id, l.client_id, l.external_id, l.company, l.contact, l.contact_role, c.name AS \
         campaign, s.name AS source, s.grade, w.received_at, w.due_at, w.attempts, \
         w.first_attempt_at, w.last_attempt_at, w.first_contact_at, w.last_contact_at, w.said, \
         w.next_at, w.next_with, w.next_for, w.stage, w.buyer_stage, {ACT} AS act_at, w.is_open, \
         w.worth, {place} AS place FROM lead_work w JOIN leads l ON l.id = w.lead_id JOIN \
         campaigns c ON c.id = w.campaign_id LEFT JOIN sources s ON s.id = w.source_id WHERE \
         w.lead_id IN ("
    )
}

/// One that is merged into another is part of that one.
const NOT_MERGED: &str = " AND NOT EXISTS (SELECT 1 FROM lead_merges m WHERE m.lead_id = w.lead_id \
    AND m.split_at IS NULL)";

/// The leads of client `$1` that have so many words, whose beginnings and ends are bound from
/// `first` on.
pub(in crate::store) fn all_of(words: usize, first: usize) -> String {
    let each = (0..words).map(|nth| {
        let (begin, end) = (first + 2 * nth, first + 1 + 2 * nth);
        format!(
            "SELECT lead_id FROM lead_words WHERE client_id = $1 AND word >= ${begin} AND word < \
             ${end}"
        )
    });
    each.collect::<Vec<_>>().join(" INTERSECT ")
}

macro_rules! ask {
    ($how:ident, $row:ty, $tx:expr, $sql:expr, $client:expr, $wanted:expr, $words:expr, $limit:expr, $within:expr) => {{
        let wanted: &Wanted<'_> = $wanted;
        let (place, lead) = wanted.after.map_or((0, ""), |(at, id)| (at, id.as_str()));
        let text = |nth: usize| $words.get(nth).map_or("", String::as_str).to_owned();
        let end = |nth: usize| {
            $words
                .get(nth)
                .map_or(String::new(), |w| finding::end_of(w))
        };
        $how!(
            $tx,
            $row,
            sqlx::AssertSqlSafe($sql),
            $client,
            place,
            lead,
            wanted.of.map_or("", |p| p.as_str()),
            wanted.stage.map_or("", Stage::as_str),
            wanted.source.map_or("", |s| s.as_str()),
            wanted.campaign.map_or("", |c| c.as_str()),
            text(0),
            end(0),
            text(1),
            end(1),
            text(2),
            end(2),
            wanted.now,
            $limit,
            $within
        )
    }};
}

/// Beyond no place of a view.
fn everywhere(view: View) -> i64 {
    match view {
        View::Newest => i64::MIN,
        View::Work | View::Late | View::Untouched => i64::MAX,
    }
}

/// Of these clients the one whose campaign is asked for; all of them where none is.
async fn asked_of<'a>(
    tx: &mut Tx,
    clients: &'a [ClientId],
    wanted: &Wanted<'_>,
) -> Result<&'a [ClientId]> {
    let Some(campaign) = wanted.campaign else {
        return Ok(clients);
    };
    let found = super::campaign(tx, campaign).await?;
    let at = found.and_then(|c| clients.iter().position(|id| *id == c.client_id));
    Ok(at.map_or(&[], |at| &clients[at..=at]))
}

/// What leads are looked up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Asked {
    /// The first of them, in an order.
    Page,
    /// How many there are.
    Count,
}

/// How a client's leads are looked up by words: by the rarest, if it is rare; by all, where they
/// are rare together; else the list is walked. For a page it is walked, too, where its first rows
/// are met sooner so than all leads with a word are put in order.
pub(in crate::store) async fn lookup(
    tx: &mut Tx,
    client: &ClientId,
    words: &[String],
    what: Asked,
) -> Result<Lookup> {
    let mut counts = Vec::new();
    for word in words {
        let count = one!(
            tx,
            (i64,),
            "SELECT COUNT(*) FROM (SELECT 1 FROM lead_words WHERE client_id = $1 AND word >= $2 \
             AND word < $3 LIMIT $4) n",
            client,
            word,
            finding::end_of(word),
            RARE + 1
        )?;
        counts.push(count.map_or(0, |r| r.0));
    }
    let rarest = counts.iter().enumerate().min_by_key(|(_, count)| **count);
    let rarest = rarest.filter(|(_, count)| **count <= RARE);
    if let Some((nth, count)) = rarest {
        let all_rare = counts.iter().all(|count| *count <= RARE);
        return Ok(match words.len() {
            // Two sets of leads are held against each other, not each lead against its words.
            2.. if *count > FEW && all_rare => Lookup::All,
            1 if what == Asked::Page && is_walked(tx, client, *count).await? => Lookup::Walk,
            _ => Lookup::Word(nth),
        });
    }
    if words.len() < 2 {
        return Ok(Lookup::Walk);
    }
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT lead_id FROM ({}) d LIMIT $8) n",
        all_of(3, 2)
    );
    // Two words: the second is asked for twice.
    let word = |nth: usize| words.get(nth).or(words.last()).cloned().unwrap_or_default();
    let (a, b, c) = (word(0), word(1), word(2));
    let together = one!(
        tx,
        (i64,),
        sqlx::AssertSqlSafe(sql),
        client,
        &a,
        finding::end_of(&a),
        &b,
        finding::end_of(&b),
        &c,
        finding::end_of(&c),
        RARE + 1
    )?;
    let few = together.is_none_or(|(count,)| count <= RARE);
    Ok(if few { Lookup::All } else { Lookup::Walk })
}

/// Whether so many leads with a word lie so near each other in a client's list that its first page
/// is walked to: about as many rows as leads, for each lead of a page as many as stand between two
/// with the word. Putting one in order costs as much as walking past two.
async fn is_walked(tx: &mut Tx, client: &ClientId, count: i64) -> Result<bool> {
    if count <= FEW {
        return Ok(false);
    }
    let enough = count * count * 2 / ON_A_PAGE;
    let leads = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM (SELECT 1 FROM lead_work WHERE client_id = $1 LIMIT $2) n",
        client,
        enough
    )?;
    Ok(leads.is_some_and(|(leads,)| leads < enough))
}

/// Whether few of a client's leads come before the last of a whole page of the others'.
async fn is_near(tx: &mut Tx, client: &ClientId, view: View, within: i64) -> Result<bool> {
    let (place, order) = view.place();
    let open = match view {
        View::Newest => "",
        View::Work | View::Late => " AND w.is_open = 1",
        View::Untouched => " AND w.is_open = 1 AND w.first_contact_at IS NULL",
    };
    let before = if order == "DESC" { ">=" } else { "<=" };
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT 1 FROM lead_work w WHERE w.client_id = $1{open} AND {place} \
         {before} $2 LIMIT $3) n"
    );
    let sql = sqlx::AssertSqlSafe(sql);
    let found = one!(tx, (i64,), sql, client, within, NEAR)?;
    Ok(found.is_some_and(|(leads,)| leads < NEAR))
}

/// A page of these clients' leads; one more than `limit` says that there is another.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut Tx,
    clients: &[ClientId],
    wanted: &Wanted<'_>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let words = finding::asked(wanted.search);
    let (place, order) = wanted.view.place();
    let most = usize::try_from(limit + 1).unwrap_or(usize::MAX);
    let mut places: Vec<(i64, LeadId)> = Vec::new();
    for client in asked_of(tx, clients, wanted).await? {
        // A client's leads that come behind a whole page of the others' are not read.
        let last = places.get(most - 1).map(|(last, _)| *last);
        let within = last.unwrap_or(everywhere(wanted.view));
        let lookup = match last {
            Some(last) if !words.is_empty() && is_near(tx, client, wanted.view, last).await? => {
                Lookup::Walk
            }
            _ => lookup(tx, client, &words, Asked::Page).await?,
        };
        let sql = Statement::of(wanted, &words, lookup).page();
        places.extend(ask!(
            all,
            (i64, LeadId),
            tx,
            sql,
            client,
            wanted,
            words,
            limit + 1,
            within
        )?);
        places.sort();
        if wanted.view == View::Newest {
            places.reverse();
        }
        places.truncate(most);
    }
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let after = format!(") ORDER BY {place} {order}, w.lead_id {order}");
    let ids = places.iter().map(|(_, id)| id);
    Ok(all_in!(tx, Listed, rows(place), ids, after)?)
}

/// How many there are; [`COUNTED`] and one more stands for all beyond.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, clients: &[ClientId], wanted: &Wanted<'_>) -> Result<i64> {
    let all = Wanted {
        after: None,
        ..wanted.clone()
    };
    let words = finding::asked(all.search);
    let mut sum = 0;
    let within = everywhere(all.view);
    for client in asked_of(tx, clients, &all).await? {
        let lookup = lookup(tx, client, &words, Asked::Count).await?;
        let sql = Statement::of(&all, &words, lookup).count();
        let left = COUNTED + 1 - sum;
        let count = ask!(one, (i64,), tx, sql, client, &all, words, left, within)?;
        sum += count.map_or(0, |r| r.0);
        if sum > COUNTED {
            break;
        }
    }
    Ok(sum)
}

/// A lead's numbers, as they were given.
///
/// # Errors
/// When the database fails.
pub async fn numbers(tx: &mut Tx, leads: &[LeadId]) -> Result<Vec<(LeadId, Pii<String>)>> {
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    Ok(all_in!(
        tx,
        (LeadId, Pii<String>),
        "SELECT lead_id, e164 FROM lead_numbers WHERE lead_id IN (",
        leads,
        ") ORDER BY e164"
    )?)
}

/// Who is to see to a late lead: who agreed to call back, else who called last; null: nobody yet.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Escalated {
    pub person_id: Option<PersonId>,
    /// Null with the id.
    pub name: Option<Pii<String>>,
    pub leads: i64,
    /// The time of the one that is latest.
    pub oldest: WallTime,
}

/// What is late at these clients, by whose work it is, the latest first; of the latest [`COUNTED`].
///
/// # Errors
/// When the database fails.
pub async fn escalated(tx: &mut Tx, clients: &[ClientId], now: WallTime) -> Result<Vec<Escalated>> {
    let late = latest(tx, clients, now).await?;
    if late.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT n.person_id, p.name, COUNT(*) AS leads, MIN(n.act_at) AS oldest FROM (SELECT \
         COALESCE(w.next_for, (SELECT k.person_id FROM calls k WHERE k.lead_id = w.lead_id AND \
         k.person_id IS NOT NULL ORDER BY k.started_at DESC LIMIT 1)) AS person_id, {ACT} AS \
         act_at FROM lead_work w WHERE w.lead_id IN ("
    );
    let after = ")) n LEFT JOIN people p ON p.id = n.person_id GROUP BY n.person_id, p.name ORDER \
                 BY MIN(n.act_at), n.person_id";
    Ok(all_in!(tx, Escalated, sql, &late, after)?)
}

/// The leads at these clients that are latest.
async fn latest(tx: &mut Tx, clients: &[ClientId], now: WallTime) -> Result<Vec<LeadId>> {
    let sql = format!(
        "SELECT {ACT} AS act_at, w.lead_id FROM lead_work w CROSS JOIN campaigns c WHERE c.id = \
         w.campaign_id AND w.client_id = $1 AND w.is_open = 1 AND {ACT} < $2 AND c.closed_at IS \
         NULL ORDER BY {ACT}, w.lead_id LIMIT $3"
    );
    let most = usize::try_from(COUNTED).unwrap_or(usize::MAX);
    let (mut late, mut within): (Vec<(i64, LeadId)>, _) = (Vec::new(), now.micros());
    for client in clients {
        let sql = sqlx::AssertSqlSafe(sql.as_str());
        late.extend(all!(tx, (i64, LeadId), sql, client, within, COUNTED)?);
        late.sort();
        late.truncate(most);
        // Of the others those that are later still.
        within = late.get(most - 1).map_or(within, |(at, _)| *at);
    }
    Ok(late.into_iter().map(|(_, lead)| lead).collect())
}
