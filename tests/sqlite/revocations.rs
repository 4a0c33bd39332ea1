//! Other changes wait for the revocations that run in their process, in simulated time. Here, because this store waits for no time.

use std::{
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use jeton_core::store::{CommitStore as _, Revocable, Write};
use jeton_service::{
    app::App,
    clock::Clock,
    mail::{Mailer, Outbox},
    retry::{Attempts, RetryPolicy},
};
use jeton_tests::{jeton::START, literal::World, store::fresh_folder};
use tokio::time::Instant;

use crate::fresh_store;

#[tokio::test(start_paused = true)]
async fn changes_of_a_token_and_by_it_wait_for_a_revocation_of_it_and_others_do_not() {
    let ((store, _), mut world) = (fresh_store(), World::new());
    let [token, other] = [world.token().token, world.token().token];
    for token in [&token, &other] {
        store.commit(&world.commit([Write::InsertToken(token.clone())])).await.unwrap();
    }
    let clock = Clock::Manual(Arc::new(AtomicI64::new(START)));
    let mailer = Mailer::Outbox(Outbox::new(fresh_folder()));
    let app = App::new(Arc::new(store), mailer, clock, "http://localhost");
    let of = |token: &jeton_core::token::Token| Revocable::Token(token.project, token.id);
    let by = |token: &jeton_core::token::Token| Write::RequireVersion(token.project, token.id, token.version);
    let _runs = app.throttle.changes.prioritize(of(&token));
    let mut waited = async |write: Write| {
        let (began, commit) = (Instant::now(), world.commit([write]));
        let attempts = Attempts::new(RetryPolicy::Backoff);
        assert!(app.try_commit(&attempts, &commit).await.unwrap());
        began.elapsed()
    };
    assert_eq!(waited(by(&other)).await, Duration::ZERO);
    // It never ends, so they wait as long as any change waits.
    assert!(waited(by(&token)).await > Duration::from_secs(1));
    let mut changed = token.clone();
    changed.version += 1;
    assert!(waited(Write::ReplaceToken(changed)).await > Duration::from_secs(1));
}
