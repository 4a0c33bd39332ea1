//! The seals of one day of a project, counted feed by feed. What is counted is kept, so that a run that is cut off goes on where it
//! was, also in the midst of a feed.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jeton_core::{
    event::{EventRange, Order, PAGE_BYTES, first_uuid_at},
    id::{ProjectId, TokenId},
    seal::{self, PartialTally, Seal, SealProgress, Sealed, SealsDigest, SignedProgress},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};
use uuid::Uuid;

use super::{
    SealKey,
    part::{Part, Reads},
    tallies::{AT_ONCE, PAGE, each_event, first_of},
};

/// How much is counted between two notes of the progress: what a run that is cut off has to count again, at most.
#[derive(Debug, Clone, Copy)]
pub struct Steps {
    /// Events.
    pub events: usize,
    /// Feeds, of which most have no event on a day.
    pub feeds: usize,
}

impl Default for Steps {
    /// Some seconds of work, for one write.
    fn default() -> Self {
        Self { events: 50_000, feeds: 500 }
    }
}

/// The most deleted tokens that are kept with the progress. Of more, the feed of the project is searched again.
const DELETED_KEPT: usize = 10_000;

/// The tokens of a project that may have events on a day: those that exist, and those that were deleted since. The feed of the
/// project has an event of each deletion.
pub(super) struct Tokens {
    existing: BTreeSet<TokenId>,
    deleted: BTreeSet<TokenId>,
    /// Up to which event the feed of the project was searched for deleted ones.
    searched: Uuid,
}

/// The sealing of a day.
pub(super) struct OfDay<'a> {
    store: &'a dyn Store,
    key: &'a SealKey,
    steps: Steps,
    project: ProjectId,
    day: Day,
    now: Timestamp,
    through: Option<Sealed>,
    /// The seals of the feeds so far, in their order.
    seals: Vec<Seal>,
    digest: SealsDigest,
    /// How many of them are stored.
    stored: usize,
    /// Events and feeds since the last note of the progress.
    since: (usize, usize),
    /// The signature of the progress that was found at the beginning, whether or not it counts, or noted last.
    noted: Option<String>,
}

/// Why the sealing of a day stops before its end.
enum Stop {
    Unavailable(Unavailable),
    /// Another run seals the day, too, and has noted its progress meanwhile, or has stored the head.
    Overtaken,
}

impl From<Unavailable> for Stop {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl Tokens {
    /// The tokens that exist, before any deleted ones are searched for: one that is deleted from now on is among them.
    pub(super) async fn existing(
        store: &dyn Store,
        project: ProjectId,
        day: Day,
    ) -> Result<Self, Unavailable> {
        let (mut existing, mut after) = (BTreeSet::new(), None);
        loop {
            let page = store.tokens(project, after, Order::Ascending, PAGE, PAGE_BYTES).await?;
            after = page.last;
            existing.extend(page.tokens.iter().map(|token| token.id).chain(page.unreadable));
            if !page.more {
                // The day itself is searched when it is counted.
                return Ok(Self { existing, deleted: BTreeSet::new(), searched: first_of(day.next()) });
            }
        }
    }

    fn found(&mut self, tokens: impl Iterator<Item = TokenId>) {
        self.deleted.extend(tokens.filter(|token| !self.existing.contains(token)));
    }
}

impl<'a> OfDay<'a> {
    /// Counts a day, and stores its seals. Returns them in their order; `None` if it leaves the day to another run.
    ///
    /// Reads on where an earlier run was cut off, if what that has kept is whole and signed by this key.
    /// Of concurrent runs each stops that finds what another one has noted since its own note.
    pub(super) async fn sealed(
        store: &'a dyn Store,
        (key, steps): (&'a SealKey, Steps),
        (project, day, now): (ProjectId, Day, Timestamp),
        tokens: &mut Tokens,
    ) -> Result<Option<Vec<Seal>>, Unavailable> {
        let mut of_day = Self {
            store,
            key,
            steps,
            project,
            day,
            now,
            through: None,
            seals: Vec::new(),
            digest: SealsDigest::default(),
            stored: 0,
            since: (0, 0),
            noted: None,
        };
        match of_day.seal(tokens).await {
            Ok(()) => Ok(Some(of_day.seals)),
            Err(Stop::Overtaken) => {
                tracing::info!(%project, %day, "another run seals this day");
                Ok(None)
            }
            Err(Stop::Unavailable(error)) => Err(error),
        }
    }

    async fn seal(&mut self, tokens: &mut Tokens) -> Result<(), Stop> {
        let mut part = self.resume(tokens).await?;
        self.search_before(tokens).await?;
        if self.through.is_none() {
            self.count_project(tokens, part.take()).await?;
        }
        self.search(tokens).await?;
        self.count_tokens(tokens, part).await?;
        self.store_seals().await
    }

    /// Takes up the progress of an earlier run. Returns the feed that it was in the midst of.
    async fn resume(&mut self, tokens: &mut Tokens) -> Result<Option<Part>, Unavailable> {
        let Some(signed) = self.store.seal_progress(self.project).await? else { return Ok(None) };
        self.noted = Some(signed.signature.clone());
        if !self.counts(&signed) {
            return Ok(None);
        }
        let progress = &signed.progress;
        let (mut seals, mut digest) = (Vec::new(), SealsDigest::default());
        if progress.through.is_some() {
            let found = self.store.found_seals(self.project, self.day).await?;
            seals.extend(found.into_iter().flatten().filter(|seal| Some(seal.of) <= progress.through));
            for seal in &seals {
                digest.add(seal);
            }
        }
        if digest.digest() != progress.seals {
            return Ok(None);
        }
        let part = match &progress.part {
            None => None,
            Some(part) => {
                let Some(tally) = part.tally() else { return Ok(None) };
                Some(Part { of: part.of, tally, after: part.after, ended: false })
            }
        };
        tracing::info!(project = %self.project, day = %self.day, seals = seals.len(), "sealing of a day goes on where it was cut off");
        (self.through, self.stored) = (progress.through, seals.len());
        (self.seals, self.digest) = (seals, digest);
        // Otherwise this run has searched itself, for a day before.
        if tokens.searched == first_of(self.day.next()) {
            tokens.searched = progress.searched;
        }
        tokens.found(progress.deleted.iter().copied());
        Ok(part)
    }

    /// Whether this is progress of the day, by somebody with the key. What a clock wrote that was ahead may have been counted before
    /// the day was over.
    fn counts(&self, signed: &SignedProgress) -> bool {
        signed.progress.written <= self.now && self.is_of_this(signed)
    }

    fn is_of_this(&self, signed: &SignedProgress) -> bool {
        let progress = &signed.progress;
        progress.project == self.project && progress.day == self.day && self.key.has_signed_progress(signed)
    }

    /// Counts the feed of the project, and finds deleted tokens in it.
    async fn count_project(&mut self, tokens: &mut Tokens, part: Option<Part>) -> Result<(), Stop> {
        let mut part = part.unwrap_or_else(|| Part::new(Sealed::Project, self.day));
        while !part.ended {
            let (mut found, before) = (Vec::new(), part.tally.events());
            part = part.read_on(self.reads(), |by, about| found.extend([by, about])).await?;
            tokens.found(found.into_iter().flatten());
            self.since.0 += usize::try_from(part.tally.events() - before).unwrap_or_default();
            if !part.ended {
                self.note(tokens, Some(&part)).await?;
            }
        }
        self.finish(part);
        Ok(())
    }

    /// Searches the last minutes before the day for deletions: a question that was answered from a read just before one may be of the
    /// day.
    async fn search_before(&self, tokens: &mut Tokens) -> Result<(), Unavailable> {
        let start = self.day.start();
        let part = (first_uuid_at(start.minus_seconds(seal::SEALED_AFTER)), Some(first_uuid_at(start)));
        each_event(self.store, &Sealed::Project.feed(self.project), part, |event| {
            tokens.found(event.by.token.into_iter().chain(event.about));
            Ok::<_, Unavailable>(())
        })
        .await
    }

    /// Searches what came after the day for deletions.
    async fn search(&mut self, tokens: &mut Tokens) -> Result<(), Stop> {
        let feed = Sealed::Project.feed(self.project);
        loop {
            let range =
                EventRange { after: Some(tokens.searched), ..EventRange::all(Order::Ascending, PAGE) };
            let page = self.store.events(&feed, range).await?.whole()?;
            for event in &page.events {
                tokens.found(event.by.token.into_iter().chain(event.about));
                tokens.searched = event.uuid;
            }
            if !page.more {
                return Ok(());
            }
            self.count(page.events.len(), 0, tokens).await?;
        }
    }

    async fn count_tokens(&mut self, tokens: &Tokens, mut resumed: Option<Part>) -> Result<(), Stop> {
        let all = tokens.existing.union(&tokens.deleted).copied().map(Sealed::Token);
        let left: Vec<Sealed> = all.filter(|of| Some(*of) > self.through).collect();
        let reads = self.reads();
        let parts = left.into_iter().map(move |of| {
            let part = resumed.take_if(|part| part.of == of);
            part.unwrap_or_else(|| Part::new(of, reads.day)).read_on(reads, |_, _| ())
        });
        let mut parts = stream::iter(parts).buffered(AT_ONCE);
        while let Some(mut part) = parts.try_next().await? {
            while !part.ended {
                self.note(tokens, Some(&part)).await?;
                part = part.read_on(reads, |_, _| ()).await?;
            }
            let events = part.tally.events();
            self.finish(part);
            self.count(usize::try_from(events).unwrap_or(usize::MAX), 1, tokens).await?;
        }
        Ok(())
    }

    fn reads(&self) -> Reads<'a> {
        Reads { store: self.store, project: self.project, day: self.day, events: self.steps.events.max(1) }
    }

    /// The next feed in the order is counted. One without events has no seal.
    fn finish(&mut self, part: Part) {
        self.through = Some(part.of);
        if part.tally.events() > 0 {
            let seal = part.tally.seal(self.project, self.day, part.of);
            self.digest.add(&seal);
            self.seals.push(seal);
        }
    }

    /// Notes the progress, if enough was done since the last time.
    async fn count(&mut self, events: usize, feeds: usize, tokens: &Tokens) -> Result<(), Stop> {
        self.since = (self.since.0.saturating_add(events), self.since.1 + feeds);
        if self.since.0 >= self.steps.events || self.since.1 >= self.steps.feeds {
            self.note(tokens, None).await?;
        }
        Ok(())
    }

    async fn note(&mut self, tokens: &Tokens, part: Option<&Part>) -> Result<(), Stop> {
        let found = self.store.seal_progress(self.project).await?;
        // Also that of a run which began later, so that it is further.
        if found.is_some_and(|found| Some(&found.signature) != self.noted.as_ref() && self.is_of_this(&found))
        {
            return Err(Stop::Overtaken);
        }
        self.store_seals().await?;
        let keeps = tokens.deleted.len() <= DELETED_KEPT;
        let progress = SealProgress {
            project: self.project,
            day: self.day,
            written: self.now,
            through: self.through,
            seals: self.digest.digest(),
            searched: if keeps { tokens.searched } else { first_of(self.day) },
            deleted: if keeps { tokens.deleted.clone() } else { BTreeSet::new() },
            part: part.map(|part| PartialTally::new(part.of, part.after, &part.tally)),
        };
        let signed = self.key.sign_progress(progress);
        self.store.put_seal_progress(&signed).await?;
        self.since = (0, 0);
        self.noted = Some(signed.signature);
        Ok(())
    }

    async fn store_seals(&mut self) -> Result<(), Stop> {
        if !self.store.put_seals(&self.seals[self.stored..]).await? {
            return Err(Stop::Overtaken);
        }
        self.stored = self.seals.len();
        Ok(())
    }
}
