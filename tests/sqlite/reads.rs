//! Reads that are under way at once.

use std::time::Duration;

use futures_util::{future::join_all, poll};
use jeton_core::{
    event::{EventRange, Feed, Order},
    id::ProjectId,
    store::HistoryStore as _,
};
use tokio::time::timeout;

use crate::fresh_store;

#[tokio::test]
async fn reads_that_nobody_polls_hold_up_no_other_read() {
    let (store, _path) = fresh_store();
    let feed = Feed::Project(ProjectId::new(7).unwrap());
    let read = || store.events(&feed, EventRange::all(Order::Ascending, 10));
    // As of a stream that reads ahead while whoever uses it waits for something else.
    let mut ahead: Vec<_> = (0..20).map(|_| read()).collect();
    for read in &mut ahead {
        assert!(poll!(read).is_pending());
    }
    let other = timeout(Duration::from_secs(30), read()).await.expect("it is not held up");
    assert!(other.unwrap().events.is_empty());
    for read in join_all(ahead).await {
        assert!(read.unwrap().events.is_empty());
    }
}
