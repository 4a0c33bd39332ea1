//! Idempotency records of calls with an `Idempotency-Key`.

use std::sync::Arc;

use jeton_core::{
    action_plan::ActionPlan,
    id::TokenId,
    idempotency::{CreatedResource, IdempotencyRecord},
    store::{Commit, CommitError::Conflict, Store, Write},
};

use crate::literal::{World, at};

pub(crate) async fn an_idempotency_record_is_stored_with_its_change_or_neither_is(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (first, second) = (world.token(), world.token());
    let record = world.idempotency_record(&first.token);
    assert!(store.idempotency_record(&record.id).await.unwrap().is_none());
    let made = |token| [Write::InsertToken(token), Write::InsertIdempotencyRecord(record.clone())];
    store.commit(&world.commit(made(first.token.clone()))).await.unwrap();
    let found = store.idempotency_record(&record.id).await.unwrap().unwrap();
    assert_eq!((found.made, found.created), (record.made.clone(), record.created));
    assert!(found.call.matches(&record.call));

    let taken = store.commit(&world.commit(made(second.token.clone()))).await;
    assert_eq!(taken, Err(Conflict(1)), "a key stands for one call");
    assert!(store.token(second.token.project, second.token.id).await.unwrap().is_none());
}

pub(crate) async fn a_plan_of_an_action_is_stored_alone_and_once(store: Arc<dyn Store>) {
    let mut world = World::new();
    let caller = world.token().token;
    store.commit(&world.commit([Write::InsertToken(caller.clone())])).await.unwrap();
    let tokens: Vec<_> = (1..=100).map(|number| TokenId::new(number).unwrap()).collect();
    let plan = ActionPlan {
        project: caller.project,
        unchanged: tokens[50..].iter().copied().collect(),
        tokens,
        next: Some("5b226e616d65225d".to_owned()),
        revokes: true,
    };
    let record = IdempotencyRecord { made: CreatedResource::Plan(plan), ..world.idempotency_record(&caller) };
    let planned = |version| {
        let by = Write::RequireVersion(caller.project, caller.id, version);
        Commit { writes: vec![Write::InsertIdempotencyRecord(record.clone()), by], events: Vec::new() }
    };
    let other = store.commit(&planned(caller.version + 1)).await;
    assert_eq!(other, Err(Conflict(1)), "the caller has changed");
    assert!(store.idempotency_record(&record.id).await.unwrap().is_none());
    store.commit(&planned(caller.version)).await.unwrap();
    let found = store.idempotency_record(&record.id).await.unwrap().unwrap();
    assert_eq!(found.made, record.made);
    // A store may take the same commit as a retry of the first.
    let again = store.commit(&planned(caller.version)).await;
    assert!(matches!(again, Ok(()) | Err(Conflict(0))), "{again:?}");
    let mut of_other = record.clone();
    if let CreatedResource::Plan(plan) = &mut of_other.made {
        plan.tokens.pop();
    }
    let by = Write::RequireVersion(caller.project, caller.id, caller.version);
    let other = Commit { writes: vec![Write::InsertIdempotencyRecord(of_other), by], events: Vec::new() };
    assert_eq!(store.commit(&other).await, Err(Conflict(0)));
    assert_eq!(store.committed(&other).await, Ok(false), "it may be that of the same call");
    let found = store.idempotency_record(&record.id).await.unwrap().unwrap();
    assert_eq!(found.made, record.made, "the first one stays");
}

pub(crate) async fn idempotency_records_past_their_time_are_removed_and_no_others(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    let record = world.idempotency_record(&created.token);
    store.commit(&world.commit([Write::InsertIdempotencyRecord(record.clone())])).await.unwrap();
    store.clean(at(86_399)).await.unwrap();
    assert!(store.idempotency_record(&record.id).await.unwrap().is_some());
    let removed = store.clean(at(86_400)).await.unwrap();
    // A store with a TTL of its own removes it later.
    assert_eq!(store.idempotency_record(&record.id).await.unwrap().is_none(), removed == 1);
}
