//! Who there is, and whose the lines of the telephones are.

use super::told::{Line, Told};
use crate::store::{Result, Tx, all, log};
use crate::units::WallTime;
use std::collections::BTreeMap;

pub(super) async fn findings(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut found = people_of(tx, told).await?;
    found.extend(lines(tx, told).await?);
    Ok(found)
}

/// Lines that are not whose they were given to: their calls, and what is claimed on them, are
/// somebody's by them.
async fn lines(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut given: BTreeMap<&str, &Line> =
        told.of(&["line.given"]).map(|l| (&*l.subject, l)).collect();
    let rows = all!(
        tx,
        (String, String, String, String, WallTime, Option<WallTime>),
        "SELECT 'line:' || id, value, person_id, client_id, from_at, to_at FROM lines ORDER BY id"
    )?;
    let mut found = Vec::new();
    for (subject, value, person, client, from, to) in rows {
        let Some(line) = given.remove(&*subject) else {
            found.push(format!("{subject} was given past the log"));
            continue;
        };
        let stands = serde_json::json!({
            "person": person,
            "client": client,
            "from": from,
            "to": to,
            "value_sha256": log::digest_of(&subject, &value),
        });
        if !line.says(&stands) {
            found.push(format!("{subject} is not whose the log tells"));
        }
    }
    found.extend(given.keys().map(|gone| format!("{gone} was taken away")));
    Ok(found)
}

/// Who there is, whose pay hangs on what, whose house somebody signs for, and by which number they
/// are paid.
async fn people_of(tx: &mut Tx, told: &Told) -> Result<Vec<String>> {
    let mut lines: BTreeMap<&str, Person> = BTreeMap::new();
    for line in told.of(&[
        "person.added",
        "person.head",
        "person.payroll_number",
        "person.password",
        "person.disabled",
        "person.enabled",
    ]) {
        lines.entry(&line.subject).or_default().hears(line);
    }
    let rows = all!(
        tx,
        (
            String,
            String,
            String,
            Option<String>,
            Option<String>,
            Option<WallTime>,
            String,
        ),
        "SELECT 'person:' || id, role, pay_basis, head_of, payroll_number, disabled_at, \
         password_hash FROM people ORDER BY id"
    )?;
    let mut found = Vec::new();
    for (subject, role, pay_basis, head_of, number, disabled_at, password) in rows {
        let told = lines.remove(subject.as_str()).unwrap_or_default();
        if told.role.is_none() {
            found.push(format!("{subject} was added past the log"));
        }
        let number = number.map(|number| log::digest_of(&subject, &number));
        let held = [
            ("role", told.role.is_none_or(|told| told == role)),
            (
                "pay basis",
                told.pay_basis.is_none_or(|told| told == pay_basis),
            ),
            ("house", told.head_of == head_of),
            ("login", told.disabled_at == disabled_at),
            (
                "password",
                told.password
                    .is_none_or(|told| told == log::digest_of(&subject, &password)),
            ),
            (
                "payroll number",
                told.number.is_none_or(|told| told == number),
            ),
        ];
        let other = held.iter().filter(|(_, holds)| !holds);
        found.extend(other.map(|(what, _)| {
            format!("the {what} of {subject} is not the one that the log tells of")
        }));
    }
    let gone = lines.keys();
    found.extend(gone.map(|subject| format!("{subject} was taken away")));
    Ok(found)
}

/// What the log tells of somebody.
struct Person {
    role: Option<String>,
    pay_basis: Option<String>,
    head_of: Option<String>,
    /// What was told of it last; None: by a release that did not say it.
    password: Option<String>,
    /// Since when nobody signs in by it.
    disabled_at: Option<WallTime>,
    /// None: the line is of a release that did not say it.
    number: Option<Option<String>>,
}

impl Default for Person {
    fn default() -> Person {
        Person {
            role: None,
            pay_basis: None,
            head_of: None,
            password: None,
            disabled_at: None,
            number: Some(None),
        }
    }
}

impl Person {
    fn hears(&mut self, line: &Line) {
        let detail = line.detail();
        let word = |field: &str| detail[field].as_str().map(str::to_owned);
        match line.action.as_str() {
            "person.added" => {
                (self.role, self.pay_basis) = (word("role"), word("pay_basis"));
                self.password = word("password_sha256");
            }
            "person.password" => self.password = word("password_sha256"),
            "person.head" => self.head_of = word("of"),
            "person.disabled" => self.disabled_at = Some(line.at),
            "person.enabled" => self.disabled_at = None,
            _ => self.number = detail.get("number_sha256").map(|_| word("number_sha256")),
        }
    }
}
