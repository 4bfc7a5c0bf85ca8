//! What one manager alleges hides nothing, and does not stand for ever (PRODUCT I3, M2).

use super::*;

struct Alleged {
    world: World,
    petra: PersonId,
    /// Of Ines, on leads that share a number: both passed and earned.
    claims: [ClaimId; 2],
    ruling: assay::units::RulingId,
    now: WallTime,
}

async fn alleged(tx: &mut Tx) -> Alleged {
    let world = world(tx).await;
    let petra = manager(tx, &world, "petra").await;
    let (number, now) = ("+494055501010", at("2026-11-20"));
    let mut claimed = Vec::new();
    for (n, id) in ["L-1", "L-2"].into_iter().enumerate() {
        let lead = add_lead(tx, &world, id, number).await;
        let made = call(&format!("2026-11-10T1{n}:00:00Z"), "201", number, Some(id));
        let found = insert(tx, &made).await;
        let at = now + Micros::from_secs(i64::try_from(n).unwrap());
        let claim = new_claim(tx, &world, &lead, &found.id, &world.ines, at).await;
        let v = verdict(tx, &world, &claim, true, at).await;
        verdicts::make_final(tx, &v.id, &rules(), v.hold_until)
            .await
            .unwrap();
        claimed.push(claim);
    }
    let now = now + Micros::from_secs(60);
    let first = claims::by_id(tx, &claimed[0]).await.unwrap().unwrap();
    let ruling = rulings::accuse(tx, &world.max, &first, "Never called them", now)
        .await
        .unwrap();
    Alleged {
        world,
        petra,
        claims: claimed.try_into().unwrap(),
        ruling,
        now,
    }
}

#[test]
fn an_allegation_hides_no_pair_and_can_be_dismissed_or_taken_back() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let a = alleged(&mut tx).await;
        let open = async |tx: &mut Tx| -> (usize, usize) {
            let pairs = rulings::open_pairs(tx, &a.world.max, 200).await.unwrap();
            let alleged = rulings::alleged(tx, &a.petra).await.unwrap();
            (pairs.len(), alleged.len())
        };
        assert_eq!(open(&mut tx).await, (1, 1), "two earned on one number");
        tx.commit().await.unwrap();
        // Whoever has an interest dismisses nothing.
        let mut tx = db.write().await.unwrap();
        let by_reviewer = rulings::dismiss(&mut tx, &a.world.marek, &a.ruling, a.now).await;
        assert!(
            matches!(by_reviewer, Err(StoreError::Interest(_))),
            "{by_reviewer:?}"
        );
        drop(tx);
        let mut tx = db.write().await.unwrap();
        rulings::dismiss(&mut tx, &a.petra, &a.ruling, a.now)
            .await
            .unwrap();
        assert_eq!(open(&mut tx).await, (1, 0));
        let before = a.now + Micros::from_secs(60);
        let unsettled = periods::unsettled(&mut tx, before, &a.petra).await.unwrap();
        assert_eq!(unsettled.allegations, 0);
        for again in [
            rulings::dismiss(&mut tx, &a.world.max, &a.ruling, a.now).await,
            rulings::confirm(&mut tx, &a.petra, &a.ruling, &Zone::utc(), a.now).await,
        ] {
            let why = again.unwrap_err().to_string();
            assert!(why.contains("no longer alleged"), "{why}");
        }
        // It may be alleged anew, by whoever takes it back this time, and then be confirmed.
        let first = claims::by_id(&mut tx, &a.claims[0]).await.unwrap().unwrap();
        let said = rulings::accuse(&mut tx, &a.world.max, &first, "Look again", a.now)
            .await
            .unwrap();
        rulings::dismiss(&mut tx, &a.world.max, &said, a.now)
            .await
            .unwrap();
        let said = rulings::accuse(&mut tx, &a.world.max, &first, "And again", a.now)
            .await
            .unwrap();
        assert_eq!(open(&mut tx).await, (1, 1));
        assert_eq!(ledger::all_entries(&mut tx).await.unwrap().len(), 2);
        rulings::confirm(&mut tx, &a.petra, &said, &Zone::utc(), a.now)
            .await
            .unwrap();
        assert_eq!(open(&mut tx).await, (0, 0), "fraud earns nothing: no pair");
        let late = rulings::dismiss(&mut tx, &a.world.max, &said, a.now).await;
        assert!(late.unwrap_err().to_string().contains("confirmed already"));
        assert_eq!(ledger::all_entries(&mut tx).await.unwrap().len(), 3);
        let lines = log::lines_of(&mut tx, &format!("claim:{}", a.claims[0])).await;
        let dismissed: Vec<_> = lines
            .unwrap()
            .into_iter()
            .filter(|l| l.action == "fraud.dismissed")
            .map(|l| l.actor)
            .collect();
        assert_eq!(dismissed, [a.petra.to_string(), a.world.max.to_string()]);
        assert_eq!(differences(&mut tx).await, []);
    });
}
