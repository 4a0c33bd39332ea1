//! The beginning of a project, judged by its tokens, members and events, because the creation time in its record is not signed.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jeton_core::{
    event::{EventRange, Feed, Order, PAGE_BYTES, day_of},
    id::TokenId,
    project::Project,
    seal::{self, Sealed},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};

use super::{
    Finding,
    tallies::{AT_ONCE, PAGE, first_of},
};

/// The evidence of when a project began.
pub(super) struct Beginning<'a> {
    store: &'a dyn Store,
    project: &'a Project,
    /// The tokens, including deleted ones.
    tokens: BTreeSet<TokenId>,
    /// Records older than the project: the oldest of each kind.
    pub(super) older: Vec<Finding>,
}

/// Records of one kind that are older than the project.
#[derive(Default)]
struct Older {
    first: Option<(Timestamp, String)>,
    others: u64,
}

impl<'a> Beginning<'a> {
    /// Reads the tokens, the members and the tombstones of deleted tokens, whose ids come from the feed of the project since a
    /// day, and from the store.
    ///
    /// Errors: the store does not answer.
    pub(super) async fn of(
        store: &'a dyn Store,
        project: &'a Project,
        since: Day,
    ) -> Result<Self, Unavailable> {
        let id = project.id;
        // Tolerates clock skew.
        let is_older = |at: Timestamp| at.plus_seconds(seal::SEALED_AFTER) < project.created;
        let mut older = BTreeMap::<&str, Older>::new();
        let mut gone = named(store, project, since).await?;
        gone.extend(store.known_tokens(id).await?);
        let (mut there, mut after) = (BTreeSet::new(), None);
        loop {
            let page = store.tokens(id, after, Order::Ascending, PAGE, PAGE_BYTES).await?;
            after = page.last;
            for token in page.tokens.iter().filter(|token| is_older(token.identity.created)) {
                older.entry("token").or_default().add(token.identity.created, format!("token {}", token.id));
            }
            there.extend(page.tokens.iter().map(|token| token.id).chain(page.unreadable));
            if !page.more {
                break;
            }
        }
        // Unreadable records are no evidence.
        for member in store.found_members(id).await.unwrap_or_default().into_iter().flatten() {
            if is_older(member.created) {
                older.entry("member").or_default().add(member.created, format!("member {}", member.id));
            }
        }
        let left = gone.difference(&there).copied().map(|token| store.tombstone(id, token));
        let mut left = stream::iter(left).buffer_unordered(AT_ONCE);
        while let Some(left) = left.next().await {
            if let Some(left) = left.ok().flatten().filter(|left| is_older(left.deleted)) {
                let what = format!("the deletion of token {}", left.id);
                older.entry("tombstone").or_default().add(left.deleted, what);
            }
        }
        drop(left);
        there.extend(gone);
        let older = older.into_values().filter_map(|older| older.finding(project.created)).collect();
        Ok(Self { store, project, tokens: there, older })
    }

    /// The day of the oldest event since a day, in the feed of the project or of any token. Unreadable events count, too.
    ///
    /// Errors: the store does not answer.
    pub(super) async fn oldest_event(&self, since: Option<Day>) -> Result<Option<Day>, Unavailable> {
        let feeds = [Sealed::Project].into_iter().chain(self.tokens.iter().copied().map(Sealed::Token));
        let of_each = feeds.map(|of| oldest(self.store, of.feed(self.project.id), since));
        let days: Vec<Option<Day>> = stream::iter(of_each).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(days.into_iter().flatten().min())
    }
}

impl Older {
    fn add(&mut self, at: Timestamp, what: String) {
        match &mut self.first {
            Some((first, _)) if *first <= at => self.others += 1,
            first => {
                self.others += u64::from(first.is_some());
                *first = Some((at, what));
            }
        }
    }

    fn finding(self, made: Timestamp) -> Option<Finding> {
        let others = self.others;
        self.first.map(|(at, what)| Finding::Older { what, at, others, made })
    }
}

/// The token ids in the feed of a project since a day. Unreadable events have none.
async fn named(store: &dyn Store, project: &Project, since: Day) -> Result<BTreeSet<TokenId>, Unavailable> {
    let (mut tokens, mut after) = (BTreeSet::new(), first_of(since));
    loop {
        let range = EventRange { after: Some(after), ..EventRange::all(Order::Ascending, PAGE) };
        let page = store.events(&Feed::Project(project.id), range).await?;
        let last = page.events.last().map(|event| event.uuid).max(page.unreadable.last().copied());
        tokens.extend(page.events.iter().flat_map(|event| event.by.token.into_iter().chain(event.about)));
        match last {
            Some(last) if page.more => after = last,
            _ => return Ok(tokens),
        }
    }
}

async fn oldest(store: &dyn Store, feed: Feed, since: Option<Day>) -> Result<Option<Day>, Unavailable> {
    let after = since.map(first_of);
    let range = EventRange { after, ..EventRange::all(Order::Ascending, 1) };
    let page = store.events(&feed, range).await?;
    let uuids = page.events.iter().map(|event| event.uuid).chain(page.unreadable);
    Ok(uuids.min().map(day_of))
}
