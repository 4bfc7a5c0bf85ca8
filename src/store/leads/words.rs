//! The words by which leads are found.

use crate::leads::finding::{self, folded};
use crate::store::{ROWS_AT_A_TIME, Result, Tx, all, all_in, insert, run};
use crate::units::{ClientId, LeadId};
use sqlx::FromRow;
use std::collections::HashMap;

/// Names, then numbers: of these the digits are words.
pub(super) fn of<'a>(
    names: impl IntoIterator<Item = &'a str>,
    numbers: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let numbers: Vec<String> = numbers.into_iter().map(finding::number_word).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let texts = names
        .iter()
        .copied()
        .chain(numbers.iter().map(String::as_str));
    finding::words(texts)
}

/// Keeps words of leads.
pub(super) async fn insert(tx: &mut Tx, words: &[(ClientId, LeadId, String)]) -> Result<()> {
    for words in words.chunks(ROWS_AT_A_TIME) {
        insert!(
            tx,
            (),
            "INSERT INTO lead_words (client_id, word, lead_id) ",
            words,
            |word| [&word.0, &word.2, &word.1],
            " ON CONFLICT (client_id, word, lead_id) DO NOTHING"
        )?;
    }
    Ok(())
}

/// What a lead is found by.
#[derive(FromRow)]
struct Findable {
    id: LeadId,
    client_id: ClientId,
    external_id: String,
    company: String,
    contact: Option<String>,
    email: Option<String>,
}

/// Keeps its names as they are compared.
async fn fold(tx: &mut Tx, lead: &Findable) -> Result<()> {
    let optional = |text: &Option<String>| folded(text.as_deref().unwrap_or_default());
    run!(
        tx,
        "UPDATE leads SET company_folded = $2, contact_folded = $3, email_folded = $4 WHERE id = \
         $1",
        &lead.id,
        folded(&lead.company),
        optional(&lead.contact),
        optional(&lead.email)
    )?;
    Ok(())
}

/// Makes the words of some leads anew, and their folded names, of all that is stored of them.
pub(super) async fn reword(tx: &mut Tx, leads: &[LeadId]) -> Result<()> {
    if leads.is_empty() {
        return Ok(());
    }
    let found = all_in!(
        tx,
        Findable,
        "SELECT id, client_id, external_id, company, contact, email FROM leads WHERE id IN (",
        leads,
        ")"
    )?;
    let mut numbers: HashMap<LeadId, Vec<(String, String)>> = HashMap::new();
    for (lead, e164, given) in all_in!(
        tx,
        (LeadId, String, String),
        "SELECT lead_id, e164, as_given FROM lead_numbers WHERE lead_id IN (",
        leads,
        ")"
    )? {
        numbers.entry(lead).or_default().push((e164, given));
    }
    for lead in leads {
        run!(tx, "DELETE FROM lead_words WHERE lead_id = $1", lead)?;
        let sql = "UPDATE lead_work SET is_worded = 1 WHERE lead_id = $1 AND is_worded = 0";
        run!(tx, sql, lead)?;
    }
    let mut words = Vec::new();
    for lead in found {
        fold(tx, &lead).await?;
        let names = [
            lead.company.as_str(),
            &lead.external_id,
            lead.contact.as_deref().unwrap_or_default(),
            lead.email.as_deref().unwrap_or_default(),
        ];
        let own = numbers.get(&lead.id).into_iter().flatten();
        let own = own.flat_map(|(e164, given)| [&**e164, &**given]);
        let of_lead = of(names, own);
        words.extend(
            of_lead
                .into_iter()
                .map(|word| (lead.client_id.clone(), lead.id.clone(), word)),
        );
    }
    insert(tx, &words).await
}

/// Keeps the words of some leads that came in before there were any; gives of how many.
///
/// # Errors
/// When the database fails.
pub async fn word_some(tx: &mut Tx, most: i64) -> Result<usize> {
    let leads = all!(
        tx,
        (LeadId,),
        "SELECT lead_id FROM lead_work WHERE is_worded = 0 LIMIT $1",
        most
    )?;
    let leads: Vec<LeadId> = leads.into_iter().map(|r| r.0).collect();
    reword(tx, &leads).await?;
    Ok(leads.len())
}
