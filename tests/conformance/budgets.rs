//! Budgets: limits of actions within an hour.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jeton_core::{budget::Spend, store::Store};
use uuid::Uuid;

use crate::{helpers::at_once, literal::at};

async fn spend(store: &dyn Store, budgets: &[Spend]) -> Option<Spend> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let once = Uuid::from_u64_pair(NEXT.fetch_add(1, Ordering::SeqCst), 0);
    store.spend(budgets, once).await.unwrap()
}

fn budget(key: &str, limit: u32) -> Spend {
    Spend { key: key.to_owned(), amount: 1, limit, ends: at(3600) }
}

pub(crate) async fn of_many_at_once_as_many_as_the_budget_holds_get_something(store: Arc<dyn Store>) {
    let spenders = (0..20).map(|_| {
        let store = store.clone();
        async move { spend(&*store, &[budget("a", 7)]).await }
    });
    let spent = at_once(spenders).await;
    assert_eq!(spent.iter().filter(|used_up| used_up.is_none()).count(), 7);
    assert!(spent.iter().flatten().all(|used_up| *used_up == budget("a", 7)));
}

pub(crate) async fn when_one_of_several_is_used_up_nothing_is_taken_from_the_others(store: Arc<dyn Store>) {
    let (small, large) = (budget("small", 1), budget("large", 2));
    let both = [large.clone(), small.clone()];
    assert_eq!(spend(&*store, &both).await, None);
    assert_eq!(spend(&*store, &both).await, Some(small));
    assert_eq!(spend(&*store, std::slice::from_ref(&large)).await, None, "one of two is left");
    assert_eq!(spend(&*store, std::slice::from_ref(&large)).await, Some(large));
}

pub(crate) async fn what_does_not_fit_is_not_taken_and_less_may_fit_still(store: Arc<dyn Store>) {
    let amount = |amount| [Spend { amount, ..budget("bytes", 100) }];
    assert_eq!(spend(&*store, &amount(60)).await, None);
    assert_eq!(spend(&*store, &amount(41)).await, Some(amount(41)[0].clone()));
    assert_eq!(spend(&*store, &amount(40)).await, None);
    assert!(spend(&*store, &amount(1)).await.is_some());
}

pub(crate) async fn who_has_no_budget_spends_without_a_limit(store: Arc<dyn Store>) {
    assert_eq!(spend(&*store, &[]).await, None);
}

pub(crate) async fn a_budget_whose_hour_is_over_is_cleaned_away_and_no_other(store: Arc<dyn Store>) {
    spend(&*store, &[budget("a", 1)]).await;
    store.clean(at(3599)).await.unwrap();
    assert!(spend(&*store, &[budget("a", 1)]).await.is_some());
    let removed = store.clean(at(3600)).await.unwrap();
    // A store with a TTL of its own removes it later.
    assert_eq!(spend(&*store, &[budget("a", 1)]).await.is_none(), removed == 1);
}
