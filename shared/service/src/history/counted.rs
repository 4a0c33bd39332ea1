//! The events and seals of the verified days, read from a store.

use std::collections::{BTreeMap, BTreeSet};

use jeton_core::{
    id::{ProjectId, TokenId},
    seal::{Seal, Sealed, SignedHead, Tally, Unreadable},
    store::{Store, Unavailable},
    time::Day,
};

use super::{
    Finding,
    judge::Judge,
    tallies::{Progress, Reading, of_feed, tallies, tokens},
};

/// The tallies and seals by day.
#[derive(Default)]
pub(super) struct Counted {
    tallies: BTreeMap<Day, BTreeMap<Sealed, Tally>>,
    /// Feeds that cannot be read on a day, with the reason.
    unreadable: BTreeMap<Day, BTreeMap<Sealed, String>>,
    seals: BTreeMap<Day, Vec<Result<Seal, Unreadable>>>,
}

impl Counted {
    /// Reads the events and seals of the days of these heads. Tells how many events of those in the seals it has read, once it has
    /// found the tokens, for which it reads those of the project.
    ///
    /// Errors: the store does not answer.
    pub(super) async fn of(
        store: &dyn Store,
        project: ProjectId,
        (first, last): (Day, Day),
        heads: &[&SignedHead],
        progress: Progress<'_>,
    ) -> Result<Self, Unavailable> {
        let mut counted = Self::default();
        // Unreadable events are found again below. Tokens that only they name have seals, or are in the list.
        let reading = Reading::new(progress, None);
        let mut of = match tokens(store, project, first, &reading).await {
            Ok(tokens) => tokens,
            Err(_) => tokens(store, project, last.next(), &reading).await?,
        };
        // A forged seal may name a token that never existed.
        of.extend(store.known_tokens(project).await?);
        for head in heads {
            let day = head.head.day;
            let seals = store.found_seals(project, day).await?;
            of.extend(seals.iter().flatten().filter_map(|seal| match seal.of {
                Sealed::Token(token) => Some(token),
                Sealed::Project => None,
            }));
            counted.seals.insert(day, seals);
        }
        let sealed = counted.seals.values().flatten().flatten().map(|seal| seal.events);
        // What is not as it was sealed may say any number.
        let sealed = sealed.fold(0, u64::saturating_add);
        let reading = Reading::new(progress, Some(sealed));
        match tallies(store, project, (first, last), &of, &reading).await {
            Ok(tallies) => counted.tallies = tallies,
            Err(error) => counted.one_by_one(store, project, heads, &of, error).await?,
        }
        Ok(counted)
    }

    /// Reads day by day and feed by feed, so that one unreadable event does not stop the rest.
    async fn one_by_one(
        &mut self,
        store: &dyn Store,
        project: ProjectId,
        heads: &[&SignedHead],
        of: &BTreeSet<TokenId>,
        error: Unavailable,
    ) -> Result<(), Unavailable> {
        let feeds = [Sealed::Project].into_iter().chain(of.iter().copied().map(Sealed::Token));
        for feed in feeds {
            for head in heads {
                let day = head.head.day;
                match tally_of(store, project, day, feed).await {
                    Ok(tally) => {
                        self.tallies.entry(day).or_default().extend(tally.map(|tally| (feed, tally)));
                    }
                    Err(error) => {
                        self.unreadable.entry(day).or_default().insert(feed, error.0);
                    }
                }
            }
        }
        // If nothing can be read, the store is not available.
        if self.tallies.is_empty() { Err(error) } else { Ok(()) }
    }

    /// Verifies the day of a head.
    pub(super) fn judge(&mut self, head: &SignedHead, judge: &mut Judge<'_>) {
        let day = head.head.day;
        let (mut seals, mut found) = (Vec::new(), self.tallies.remove(&day).unwrap_or_default());
        for seal in self.seals.remove(&day).unwrap_or_default() {
            match seal {
                Ok(seal) => seals.push(seal),
                Err(Unreadable { day, why }) => {
                    judge.finding(Finding::Unreadable { day, what: "a seal".to_owned(), why });
                }
            }
        }
        let unreadable = self.unreadable.remove(&day).unwrap_or_default();
        judge.day(head, &seals, &mut found, &unreadable.keys().copied().collect());
        for (of, why) in unreadable {
            judge.finding(Finding::Unreadable {
                day: day.to_string(),
                what: format!("an event of {of}"),
                why,
            });
        }
    }
}

async fn tally_of(
    store: &dyn Store,
    project: ProjectId,
    day: Day,
    of: Sealed,
) -> Result<Option<Tally>, Unavailable> {
    let unseen = Reading::new(&|_, _| (), None);
    of_feed(store, project, (day, day), of, &unseen)
        .await
        .map(|mut tallies| tallies.remove(&day).and_then(|mut of_day| of_day.remove(&of)))
}
