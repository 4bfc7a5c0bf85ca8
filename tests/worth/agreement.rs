//! Agreement of reviewers, of more second reviews than a page would list, by reviewers of one name.

use super::*;
use assay::identity::PayBasis;
use assay::store::people::{self, NewPerson};
use common::enter;

#[test]
fn agreement_counts_every_second_review_and_tells_reviewers_of_one_name_apart() {
    let demo = Demo::start();
    let (house, other, max) = in_store(&demo, async |tx| {
        let began = at(rows::BEGAN);
        let client = people::add_client(tx, &Actor::Shell, "Pairs", began)
            .await
            .unwrap();
        let max = enter(
            &demo,
            tx,
            "pairs-max",
            Role::Manager,
            std::slice::from_ref(&client),
        )
        .await;
        let mut entered = Vec::new();
        for (login, role) in [
            ("pairs-tom", Role::Telemarketer),
            ("pairs-one", Role::Reviewer),
            ("pairs-two", Role::Reviewer),
        ] {
            let new = NewPerson {
                login,
                name: "Alex Stone",
                role,
                pay_basis: PayBasis::Fixed,
                password_hash: "x",
                clients: std::slice::from_ref(&client),
            };
            entered.push(people::add(tx, &Actor::Shell, &new, began).await.unwrap());
        }
        let house = House {
            client,
            campaign: "campaign".to_owned().into(),
            version: "version".to_owned(),
            caller: entered[0].clone(),
            reviewer: entered[1].clone(),
            manager: entered[0].clone(),
            reps: Vec::new(),
        };
        (house, entered[2].clone(), max)
    });
    let received = at("2026-10-05T09:00:00Z");
    let leads = |range: std::ops::Range<i64>| -> Vec<Lead> {
        let lead = |nth: i64| Lead {
            id: format!("pair-{nth}"),
            source: "webinar",
            received,
            dials: Vec::new(),
            handed: Some(Handed {
                at: days_after(received, 1),
                answers: vec![("budget", "in_place")],
                to: None,
                answer: None,
                second: Some(vec![("budget", "in_place")]),
            }),
        };
        range.map(lead).collect()
    };
    let by_two = House {
        reviewer: other,
        caller: house.caller.clone(),
        manager: house.manager.clone(),
        client: house.client.clone(),
        campaign: house.campaign.clone(),
        version: house.version.clone(),
        reps: Vec::new(),
    };
    let sql = format!(
        "{}{}{}",
        house.begin(),
        house.leads(&leads(0..700), 10_000),
        by_two.leads(&leads(700..1_200), 10_700)
    );
    let path = demo.data.join("assay.db");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await;
        Raw::Sqlite(pool.unwrap()).run(&sql).await;
    });
    let made = max.get("/agreement");
    assert_eq!(made["verdict"]["n"], 1_200, "all of them");
    assert_eq!(
        made["reviewers"],
        json!([
            { "reviewer": "Alex Stone", "login": "pairs-one", "looked_at": 700, "otherwise": 0 },
            { "reviewer": "Alex Stone", "login": "pairs-two", "looked_at": 500, "otherwise": 0 },
        ])
    );
}
