//! Helpers of many behaviours.

use jeton_core::{
    event::{Event, EventRange, Feed, Order},
    store::Store,
};
use tokio::task::JoinSet;

/// All events of a feed, oldest first.
pub(crate) async fn all_events(store: &dyn Store, feed: &Feed) -> Vec<Event> {
    let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Ascending, 10_000) };
    store.events(feed, range).await.unwrap().events
}

/// Runs all of these concurrently, and returns their results, in no order.
pub(crate) async fn at_once<F>(all: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    all.into_iter().collect::<JoinSet<_>>().join_all().await
}
