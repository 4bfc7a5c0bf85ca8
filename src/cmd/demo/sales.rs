//! What sales and marketing did in the demo's weeks: their agreement, content, sales' calls, and what
//! the client's CRM said became of the leads.

use super::stock::{BY, DAY};
use crate::cmd::office::Office;
use crate::handover::content::Wanted;
use crate::handover::{CrmOutcome, Pact};
use crate::hex::hex;
use crate::identity::House;
use crate::identity::token::Scope;
use crate::leads::BuyerStage;
use crate::review::Rules;
use crate::store::handover::content::{self, Attached, NewContent, What};
use crate::store::handover::crm::{self, Deal, Line, Named, Says};
use crate::store::handover::pacts;
use crate::store::people::tokens::{self, NewToken};
use crate::store::people::{self, NewLine};
use crate::store::review::claims::Claim;
use crate::store::{Tx, leads};
use crate::units::{CampaignId, ClientId, LeadId, Micros, PersonId, WallTime};
use anyhow::Context as _;

/// The extension of sales.
pub(super) const LINE: &str = "301";

/// A lead that sales took.
pub(super) struct Taken {
    pub lead: LeadId,
    /// In E.164.
    pub number: String,
    /// When sales answered.
    pub at: WallTime,
}

/// Sales of a campaign's client has a line, both heads sign an agreement, and marketing offers
/// content.
///
/// # Errors
/// When the database fails.
pub(super) fn begin(office: &Office, campaign: &CampaignId, began: WallTime) -> anyhow::Result<()> {
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let client = leads::existing_campaign(&mut tx, campaign).await?.client_id;
        let mia = office.person(&mut tx, "mia").await?.id;
        let sam = office.person(&mut tx, "sam").await?.id;
        let line = NewLine {
            value: LINE,
            person: &sam,
            client: &client,
            from: WallTime(0),
            to: None,
        };
        people::add_line(&mut tx, &BY, &line, began).await?;
        agree(&mut tx, &client, [&mia, &sam], began).await?;
        offer(&mut tx, &client, &mia, began).await?;
        content::miss(&mut tx, &sam, &client, "leasing contracts", began).await?;
        tx.commit().await?;
        anyhow::Ok(())
    })
}

async fn agree(
    tx: &mut Tx,
    client: &ClientId,
    [mia, sam]: [&PersonId; 2],
    began: WallTime,
) -> anyhow::Result<()> {
    let pact = Pact {
        leads_a_month: 20,
        complete_percent: 40,
        answer_hours: 24,
        call_hours: 36,
        ..Pact::default()
    };
    let id = pacts::propose(tx, mia, client, &pact, began).await?;
    for (person, house) in [(mia, House::Marketing), (sam, House::Sales)] {
        let all = pacts::of_client(tx, client).await?;
        let version = all.into_iter().find(|v| v.id == id);
        let version = version.context("the demo's agreement is gone")?;
        pacts::sign(tx, person, house, &version, began).await?;
    }
    Ok(())
}

/// Title, theme, topic, buyer's stage, pain.
const CONTENT: [(&str, &str, &str, Option<BuyerStage>, &str); 3] = [
    (
        "Delivery notes without paper",
        "fleet",
        "paperwork",
        Some(BuyerStage::Consideration),
        "drivers lose hours a day to delivery notes",
    ),
    (
        "What a van costs a day",
        "fleet",
        "costs",
        Some(BuyerStage::Awareness),
        "nobody knows what a van costs",
    ),
    (
        "Five fleets that changed",
        "fleet",
        "references",
        Some(BuyerStage::Purchase),
        "",
    ),
];

async fn offer(tx: &mut Tx, client: &ClientId, by: &PersonId, at: WallTime) -> anyhow::Result<()> {
    let sheet = Attached::of("Price list.txt", PRICES.as_bytes())?;
    let link = What::Link("https://northlight.example/library");
    let prices = (
        "Price list",
        "fleet",
        "prices",
        Some(BuyerStage::Purchase),
        "",
    );
    let links = CONTENT.map(|piece| (piece, link));
    for ((title, theme, topic, stage, pain), what) in
        links.into_iter().chain([(prices, What::File(&sheet))])
    {
        let new = NewContent {
            client,
            title,
            what,
            theme,
            topic,
            stage,
            pain,
        };
        content::add(tx, by, &new, at).await?;
    }
    Ok(())
}

const PRICES: &str = "Northlight Fleet\n\nA van and month: 38 euro, from fifty vans on: 31 euro.\n";

/// Sales takes what fits a lead best for its buyer.
///
/// # Errors
/// When the database fails.
pub(super) async fn send_with_the_first_mail(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    at: WallTime,
) -> anyhow::Result<()> {
    let wanted = Wanted::Lead {
        theme: "fleet",
        pain: claim.write_up.reveal(),
        stage: None,
    };
    let found = content::fitting(tx, &claim.client_id, &wanted, 1).await?;
    if let Some(piece) = found.first() {
        content::take(tx, by, claim, &piece.id, at).await?;
    }
    Ok(())
}

/// After days, of each fourth lead: what became of it, what it is worth in cents, and a note.
const OUTCOMES: [(i64, usize, CrmOutcome, Option<i64>, &str); 4] = [
    (
        2,
        0,
        CrmOutcome::Opportunity,
        Some(1_850_000),
        "Forty vans, on trial from Monday",
    ),
    (2, 1, CrmOutcome::Opportunity, Some(640_000), ""),
    (
        6,
        2,
        CrmOutcome::Lost,
        None,
        "Stays with its supplier for another year",
    ),
    (
        7,
        0,
        CrmOutcome::Won,
        Some(1_780_000),
        "Signed for three years",
    ),
];

/// The client's CRM says what became of leads that sales took, with a token that nobody has.
///
/// # Errors
/// When the database fails.
pub(super) async fn tell_outcomes(
    tx: &mut Tx,
    taken: &[Taken],
    rules: &Rules,
    until: WallTime,
) -> anyhow::Result<()> {
    let hash = hex(&rand::random::<[u8; 32]>());
    let new = NewToken {
        name: "EspoCRM",
        client: None,
        scopes: &[Scope::CrmWrite],
        hash: &hash,
        expires: None,
    };
    tokens::add(tx, &BY, &new, until).await?;
    let token = tokens::by_hash(tx, &hash, until).await?;
    let token = token.context("the demo's token is gone")?;
    for (days, of, outcome, worth, note) in OUTCOMES {
        let fourth = taken.iter().skip(of).step_by(4);
        let after = Micros(DAY.0 * days);
        for taken in fourth.filter(|t| t.at + after < until) {
            let happened_at = taken.at + after;
            let event = format!("{}-{outcome}", taken.lead);
            let line = Line {
                event: &event,
                lead: Named::Lead(&taken.lead),
                says: Says::Outcome {
                    outcome,
                    value: worth.map(|minor| (minor, "EUR")),
                    happened_at,
                    note,
                    deal: Deal {
                        proof_of_concept: worth.map(|_| of == 0),
                        ..Deal::default()
                    },
                },
                whole: &event,
            };
            crm::take(tx, &token, &line, rules, happened_at).await?;
        }
    }
    Ok(())
}
