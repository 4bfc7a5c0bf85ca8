//! The pack's tables: each stands on the page, as CSV beside it and in `pack.json`.

use crate::commission::payroll::{decimal, field, plain};
use crate::commission::{EntryKind, Part};
use crate::store::commission::audit::{Books, Drawn, PersonOf, key};
use crate::store::commission::ledger::Entry;
use crate::units::{Money, PersonId, WallTime, Zone};
use serde_json::{Map, Value};

/// A recording's file on this box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileState {
    AsSealed,
    Differs,
    NotHere,
}

/// How the pack was made.
pub(super) struct Made {
    pub at: WallTime,
    pub zone: Zone,
    pub seed: String,
    /// How many were to be drawn.
    pub sample: usize,
    /// Of drawn entries: a call, and its file on this box.
    pub files: Vec<(String, FileState)>,
    /// Drawn entries that rest on rows which are gone or do not read, and why.
    pub broken: Vec<(String, String)>,
}

impl Made {
    fn file(&self, call: &str) -> &'static str {
        let found = self.files.iter().find(|(of, _)| of == call);
        match found.map(|(_, state)| *state) {
            Some(FileState::AsSealed) => "as sealed",
            Some(FileState::Differs) => "differs from what was sealed",
            Some(FileState::NotHere) | None => "not on this box: not looked at",
        }
    }
}

/// A table: rows of text.
pub(super) struct Table {
    /// Also its file's name.
    pub name: &'static str,
    pub title: &'static str,
    /// What it says, and how it was counted.
    pub says: &'static str,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// As CSV (RFC 4180); no field is a formula.
    pub fn csv(&self) -> String {
        let line = |fields: Vec<String>| fields.join(",") + "\r\n";
        let mut text = line(self.columns.iter().map(|c| field(c)).collect());
        for row in &self.rows {
            text.push_str(&line(row.iter().map(|f| field(&safe(f))).collect()));
        }
        text
    }
}

/// A number stays one, whatever its sign; all else is no formula.
fn safe(text: &str) -> String {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match number {
        true => text.to_owned(),
        false => plain(text),
    }
}

/// All tables as one JSON object of arrays of objects.
pub(super) fn json(tables: &[Table]) -> serde_json::Result<String> {
    let object = |table: &Table, row: &Vec<String>| {
        let fields = table.columns.iter().zip(row);
        let fields = fields.map(|(c, f)| ((*c).to_owned(), Value::from(f.as_str())));
        Value::Object(fields.collect())
    };
    let mut all = Map::new();
    for table in tables {
        let rows = table.rows.iter().map(|row| object(table, row));
        all.insert(table.name.to_owned(), Value::Array(rows.collect()));
    }
    serde_json::to_string_pretty(&Value::Object(all))
}

/// The tables in the order of the page.
pub(super) fn all(books: &Books, drawn: &[Drawn], made: &Made) -> Vec<Table> {
    vec![
        differences(books, drawn, made),
        summary(books, drawn, made),
        locks(books),
        plans(books),
        readers(books),
        people(books),
        roles(books),
        entries(books),
        drawn_entries(books, drawn),
        evidence(drawn, made),
        corrections(books),
        payroll(books),
    ]
}

/// Everything that does not agree, one line each.
pub(super) fn wrong(books: &Books, drawn: &[Drawn], made: &Made) -> Vec<String> {
    let mut found = Vec::new();
    if let Err(why) = &books.chain {
        found.push(why.clone());
    }
    for d in &books.differences {
        found.push(format!(
            "C-{}, entry {}: {}",
            d.claim_number, d.entry, d.what
        ));
    }
    for d in drawn {
        let of =
            |what: &String| format!("C-{}, entry {}: {what}", d.entry.claim_number, d.entry.id);
        found.extend(d.wrong.iter().map(of));
    }
    let broken = made.broken.iter();
    found.extend(broken.map(|(entry, why)| format!("entry {entry}: {why}")));
    let differs = made.files.iter().filter(|f| f.1 == FileState::Differs);
    found.extend(
        differs.map(|(call, _)| {
            format!("the recording of call {call} is not what its verdict sealed")
        }),
    );
    found.extend(books.wrong_runs.iter().cloned());
    found.extend(books.people.iter().filter_map(other_role));
    found
}

/// A role or pay basis that the log does not know.
fn other_role(p: &PersonOf) -> Option<String> {
    let told = |what: &str| {
        let mut details = p.log.iter().rev().filter_map(|line| {
            let detail: Value = serde_json::from_str(&line.detail).ok()?;
            detail[what].as_str().map(str::to_owned)
        });
        details.next()
    };
    let now = [
        ("role", p.person.role.as_str()),
        ("pay_basis", p.person.pay_basis.as_str()),
    ];
    now.into_iter().find_map(|(what, is)| {
        let was = told(what).filter(|was| was != is)?;
        let id = &p.person.id;
        Some(format!(
            "{what} of person {id} is {is}, and the log says {was}"
        ))
    })
}

fn differences(books: &Books, drawn: &[Drawn], made: &Made) -> Table {
    let rows = wrong(books, drawn, made).into_iter().map(|what| vec![what]);
    Table {
        name: "differences",
        title: "What does not agree",
        says: "Entries that booking again does not give, rows that were changed past the program, \
            hashes that are no longer what they were.",
        columns: vec!["what"],
        rows: rows.collect(),
    }
}

fn summary(books: &Books, drawn: &[Drawn], made: &Made) -> Table {
    let chain = match &books.chain {
        Ok(lines) => format!("{lines} lines, whole"),
        Err(why) => why.clone(),
    };
    let unpaid = books
        .entries
        .iter()
        .filter(|e| !books.paid.contains_key(&e.id));
    let not_here = made.files.iter().filter(|f| f.1 == FileState::NotHere);
    let locked = books
        .locked_at
        .map_or("no: what is booked later is not here".to_owned(), |at| {
            at.to_string()
        });
    let rows = [
        ("period", books.period.clone()),
        ("time zone of the house", made.zone.to_string()),
        ("locked at", locked),
        ("pack made at", made.at.to_string()),
        ("version of Assay", env!("CARGO_PKG_VERSION").to_owned()),
        ("entries", books.entries.len().to_string()),
        ("of them in no payroll run", unpaid.count().to_string()),
        (
            "drawn",
            format!("{} of {} asked for", drawn.len(), made.sample),
        ),
        ("seed of the draw", made.seed.clone()),
        ("audit chain", chain),
        (
            "hash of the chain's last line",
            books.last_hash.clone().unwrap_or_default(),
        ),
        (
            "recordings that are not on this box",
            not_here.count().to_string(),
        ),
        (
            "things that do not agree",
            wrong(books, drawn, made).len().to_string(),
        ),
    ];
    Table {
        name: "summary",
        title: "In short",
        says: "An entry is drawn by the smallest SHA-256 of the seed and its own id: whoever has \
            the entries and the seed draws the same ones.",
        columns: vec!["what", "is"],
        rows: rows.map(|(what, is)| vec![what.to_owned(), is]).into(),
    }
}

fn time(at: Option<WallTime>) -> String {
    at.map_or(String::new(), |at| at.to_string())
}

fn name(books: &Books, id: &PersonId) -> String {
    let found = books.people.iter().find(|p| p.person.id == *id);
    found.map_or_else(|| id.to_string(), |p| p.person.name.reveal().clone())
}

fn locks(books: &Books) -> Table {
    let rows = books.acts.iter().map(|a| {
        vec![
            a.act.to_string(),
            a.asked_by_name.reveal().clone(),
            a.asked_at.to_string(),
            a.confirmed_by_name
                .as_ref()
                .map_or(String::new(), |n| n.reveal().clone()),
            time(a.confirmed_at),
            a.note.clone(),
            a.sums.clone(),
        ]
    });
    Table {
        name: "locks",
        title: "Who locked the period",
        says: "Two people sign the same sums: person, currency, minor units, entries.",
        columns: vec![
            "act",
            "asked_by",
            "asked_at",
            "confirmed_by",
            "confirmed_at",
            "note",
            "sums",
        ],
        rows: rows.collect(),
    }
}

fn plans(books: &Books) -> Table {
    let rows = books.plans.iter().map(|p| {
        let v = &p.version;
        vec![
            v.campaign.clone(),
            v.version.to_string(),
            Money::new(v.amount_minor, &v.currency).to_string(),
            v.terms
                .split
                .map_or("none".to_owned(), |s| format!("{} %", s.opener_percent)),
            v.payable_after_days.to_string(),
            v.from_at.to_string(),
            p.proposed_by.clone().unwrap_or_default(),
            time(p.proposed_at),
            v.approved_by.reveal().clone(),
            v.approved_at.to_string(),
        ]
    });
    Table {
        name: "plans",
        title: "Plans, and who approved them",
        says: "The versions that the period's entries were booked under.",
        columns: vec![
            "campaign",
            "version",
            "amount",
            "opener_share",
            "payable_after_days",
            "from",
            "proposed_by",
            "proposed_at",
            "approved_by",
            "approved_at",
        ],
        rows: rows.collect(),
    }
}

fn readers(books: &Books) -> Table {
    let of = books.plans.iter().flat_map(|p| {
        p.readers.iter().map(move |r| {
            vec![
                p.version.campaign.clone(),
                p.version.version.to_string(),
                r.name.reveal().clone(),
                r.at.map_or("not read".to_owned(), |at| at.to_string()),
            ]
        })
    });
    Table {
        name: "plan_readers",
        title: "Who read which plan",
        says: "Nothing accrues to a telemarketer under a plan that they have not read.",
        columns: vec!["campaign", "version", "telemarketer", "read_at"],
        rows: of.collect(),
    }
}

fn people(books: &Books) -> Table {
    let rows = books.people.iter().map(|p| {
        vec![
            p.person.name.reveal().clone(),
            p.person.role.to_string(),
            p.person.pay_basis.to_string(),
            p.person.created_at.to_string(),
            time(p.person.disabled_at),
            p.paid_through.join("; "),
            p.clients.join("; "),
            p.person.id.to_string(),
        ]
    });
    Table {
        name: "people",
        title: "Who had a hand in it",
        says: "Whoever earned, judged, approved, ruled, locked or paid, as the database has them \
            now; whose pay carries theirs; which clients they see.",
        columns: vec![
            "name",
            "role",
            "pay_basis",
            "since",
            "until",
            "paid_through",
            "clients",
            "id",
        ],
        rows: rows.collect(),
    }
}

fn roles(books: &Books) -> Table {
    let rows = books.people.iter().flat_map(|p| {
        p.log.iter().map(|line| {
            let actor = PersonId::from(line.actor.as_str());
            vec![
                line.at.to_string(),
                p.person.name.reveal().clone(),
                line.action.clone(),
                line.detail.clone(),
                name(books, &actor),
            ]
        })
    });
    Table {
        name: "roles",
        title: "Who had which role when",
        says: "What the audit chain says of each of them: entered with which role and pay basis, \
            interests, and what was refused.",
        columns: vec!["at", "name", "action", "detail", "by"],
        rows: rows.collect(),
    }
}

fn amount(e: &Entry) -> String {
    decimal(e.amount_minor, u32::try_from(e.exponent).unwrap_or(2), '.')
}

fn again<'a>(books: &'a Books, e: &Entry) -> Option<&'a Entry> {
    books.again.get(&key(e))
}

/// Whether booking again gives an entry, as the differences have it.
fn agrees(books: &Books, e: &Entry) -> &'static str {
    match books.differences.iter().any(|d| d.entry == e.id) {
        true => "NO",
        false => "yes",
    }
}

fn entries(books: &Books) -> Table {
    let rows = books.entries.iter().map(|e| {
        let run = books.paid.get(&e.id);
        vec![
            e.id.to_string(),
            e.kind.to_string(),
            e.part.to_string(),
            e.payee.reveal().clone(),
            e.campaign.clone(),
            e.company.reveal().clone(),
            format!("C-{}", e.claim_number),
            amount(e),
            e.currency.clone(),
            e.earned_at.to_string(),
            e.payable_at.to_string(),
            e.corrects.as_ref().map_or(String::new(), |c| c.to_string()),
            run.map_or("none yet".to_owned(), i64::to_string),
            again(books, e).map_or("nothing".to_owned(), amount),
            agrees(books, e).to_owned(),
        ]
    });
    Table {
        name: "entries",
        title: "All entries of the period",
        says: "Each as it stands in the ledger, and what booking it again from its verdict or \
            ruling gives.",
        columns: vec![
            "entry",
            "kind",
            "part",
            "person",
            "campaign",
            "company",
            "claim",
            "amount",
            "currency",
            "earned_at",
            "payable_at",
            "takes_back",
            "payroll_run",
            "booked_again",
            "agrees",
        ],
        rows: rows.collect(),
    }
}

fn drawn_entries(books: &Books, drawn: &[Drawn]) -> Table {
    let rows = drawn.iter().map(|d| {
        let e = &d.entry;
        let again = again(books, e);
        vec![
            e.id.to_string(),
            format!("C-{}", e.claim_number),
            e.payee.reveal().clone(),
            arithmetic(e),
            again.map_or("nothing".to_owned(), arithmetic),
            match d.wrong.is_empty() {
                true => agrees(books, e).to_owned(),
                false => format!("NO: {}", d.wrong.join("; ")),
            },
            name(books, &d.reviewer),
            time(d.final_at),
            d.outcome.map_or("", |o| o.as_str()).to_owned(),
            d.heard.clone().unwrap_or_default(),
            d.checklist_sha256.clone(),
        ]
    });
    Table {
        name: "drawn",
        title: "Drawn entries, computed again",
        says: "How each comes about, by the plan in force when its claim was made, and what the \
            same rules give when it is booked again.",
        columns: vec![
            "entry",
            "claim",
            "person",
            "booked",
            "booked_again",
            "agrees",
            "reviewer",
            "verdict_at",
            "claim_came_to",
            "heard",
            "checklist_sha256",
        ],
        rows: rows.collect(),
    }
}

fn arithmetic(e: &Entry) -> String {
    let times = match e.kind {
        EntryKind::Accrual => "1 ×",
        _ => "takes back 1 ×",
    };
    let part = match e.part {
        Part::Whole => "",
        Part::Claimant => ", without the opener's share,",
        Part::Opener => ", the opener's share,",
    };
    format!(
        "{times} {} plan v{}{part} = {} {}, payable {}",
        e.campaign,
        e.plan_version,
        amount(e),
        e.currency,
        e.payable_at
    )
}

fn evidence(drawn: &[Drawn], made: &Made) -> Table {
    let rows = drawn.iter().flat_map(|d| {
        d.answers.iter().map(move |a| {
            let call = a.evidence.as_ref().map(|e| e.call.to_string());
            let call = call.unwrap_or_default();
            let at = a.evidence.as_ref();
            let of_call = d.recordings.iter().find(|r| r.call == *call);
            let ms = |of: Option<u64>| of.map_or(String::new(), |ms| ms.to_string());
            vec![
                d.entry.id.to_string(),
                a.criterion.clone(),
                a.answer.clone(),
                call.clone(),
                ms(at.map(|e| e.from_ms)),
                ms(at.map(|e| e.to_ms)),
                a.words.clone(),
                a.note.clone(),
                of_call.map_or(String::new(), |r| r.sha256.clone()),
                match at {
                    Some(_) => made.file(&call).to_owned(),
                    None => String::new(),
                },
            ]
        })
    });
    Table {
        name: "evidence",
        title: "What the drawn entries rest on",
        says: "The answers that stand, each with its moment in the audio (milliseconds from the \
            recording's start), the recording's hash as the verdict sealed it, and its file here.",
        columns: vec![
            "entry",
            "criterion",
            "answer",
            "call",
            "from_ms",
            "to_ms",
            "words",
            "note",
            "recording_sha256",
            "file",
        ],
        rows: rows.collect(),
    }
}

fn corrections(books: &Books) -> Table {
    let backs = books.entries.iter().filter(|e| e.corrects.is_some());
    let rows = backs.map(|e| {
        let ruling = books
            .rulings
            .iter()
            .find(|r| e.ruling_id.as_ref() == Some(&r.id));
        let of = |say: &dyn Fn(&crate::store::commission::audit::RulingOf) -> String| {
            ruling.map_or(String::new(), say)
        };
        vec![
            e.id.to_string(),
            e.corrects.as_ref().map_or(String::new(), |c| c.to_string()),
            amount(e),
            e.currency.clone(),
            e.reason.clone().unwrap_or_default(),
            of(&|r| r.kind.to_string()),
            of(&|r| r.note.reveal().clone()),
            of(&|r| name(books, &r.ruled_by)),
            of(&|r| r.ruled_at.to_string()),
            of(&|r| {
                r.confirmed_by
                    .as_ref()
                    .map_or(String::new(), |id| name(books, id))
            }),
            of(&|r| time(r.confirmed_at)),
        ]
    });
    Table {
        name: "corrections",
        title: "What was taken back",
        says: "Each rests on a ruling; fraud takes two people.",
        columns: vec![
            "entry",
            "takes_back",
            "amount",
            "currency",
            "reason",
            "ruling",
            "note",
            "ruled_by",
            "ruled_at",
            "confirmed_by",
            "confirmed_at",
        ],
        rows: rows.collect(),
    }
}

fn payroll(books: &Books) -> Table {
    let rows = books.runs.iter().map(|r| {
        let paid = r.shares.rows.iter().map(|row| row.amount.to_string());
        let paid: Vec<String> = paid.collect();
        let left = r.shares.left_out.iter();
        let left: Vec<String> = left.map(|l| format!("{} {}", l.amount, l.reason)).collect();
        vec![
            r.run.number.to_string(),
            r.run.period.clone(),
            r.run.format.to_string(),
            r.run.made_by_name.reveal().clone(),
            r.run.made_at.to_string(),
            r.run.payable_by.to_string(),
            paid.join("; "),
            left.join("; "),
            r.run.sha256.clone(),
            r.wrong_file.clone().unwrap_or_else(|| "as made".to_owned()),
        ]
    });
    Table {
        name: "payroll",
        title: "Payroll runs",
        says: "Runs of the period, or that paid of it, with the hash of the file that went out.",
        columns: vec![
            "run",
            "period",
            "format",
            "made_by",
            "made_at",
            "payable_by",
            "paid",
            "left_out",
            "sha256",
            "file",
        ],
        rows: rows.collect(),
    }
}
