//! `assay prove sales-neutral` on both databases: what somebody with the database couples to sales'
//! answers within it moves when they are flipped where they stand (PRODUCT I2).

use super::*;
use assay::handover::Answer;
use assay::store::handover::flip;

/// What the answers move where they stand, as `assay prove` asks; nothing of it is kept.
async fn moved(db: &Open) -> Vec<rebook::Difference> {
    let mut tx = db.write().await.unwrap();
    let before = ledger::all_entries(&mut tx).await.unwrap();
    flip::flip(&mut tx, 9).await.unwrap();
    let after = ledger::all_entries(&mut tx).await.unwrap();
    rebook::differences(&before, &after, "2026-11")
}

/// An entry that takes the claim's back without a ruling.
const TAKES_BACK: &str = "INSERT INTO ledger (id, kind, person_id, campaign_id, lead_id, claim_id, \
    verdict_id, plan_id, amount_minor, currency, earned_at, payable_at, period, corrects, reason, \
    booked_at, payee, company, campaign, plan_version, checklist_version_id, exponent, zone, nth, \
    part, place) SELECT 'planted', 'correction', person_id, campaign_id, lead_id, claim_id, \
    verdict_id, plan_id, -4000, currency, earned_at, payable_at, period, id, 'upheld', booked_at, \
    payee, company, campaign, plan_version, checklist_version_id, exponent, zone, 7, part, (SELECT \
    MAX(place) + 1 FROM ledger) FROM ledger WHERE claim_id = NEW.claim_id AND kind = 'accrual'";

async fn plant(db: &Open) {
    let all = match &db.raw {
        Raw::Sqlite(_) => vec![
            "DROP TRIGGER no_other_entries".to_owned(),
            format!(
                "CREATE TRIGGER planted AFTER INSERT ON sales_answers WHEN NEW.answer = 'reject' \
                 BEGIN {TAKES_BACK}; END"
            ),
        ],
        Raw::Postgres(_) => vec![
            "DROP TRIGGER no_other_entries ON ledger".to_owned(),
            format!(
                "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 {TAKES_BACK}; RETURN NEW; END $$"
            ),
            "CREATE TRIGGER planted AFTER INSERT ON sales_answers FOR EACH ROW WHEN (NEW.answer = \
             'reject') EXECUTE FUNCTION planted()"
                .to_owned(),
        ],
    };
    for sql in all {
        execute(db, &sql).await.unwrap();
    }
}

#[test]
fn a_trigger_planted_on_what_sales_answers_is_found() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let p = handover::passed(&mut tx, &[]).await;
        let now = p.at + Micros::from_secs(60);
        handover::answer(&mut tx, &p, handover::said(Answer::Now), now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(moved(&db).await, []);
        plant(&db).await;
        let found = moved(&db).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].what.contains("is missing"), "{found:?}");
        let mut tx = db.read().await.unwrap();
        assert_eq!(
            ledger::all_entries(&mut tx).await.unwrap().len(),
            1,
            "nothing stands"
        );
    });
}
