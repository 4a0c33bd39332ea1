//! Expiry notices: which tokens expire soon, and who is told.
//!
//! A person gets one mail a day, the digest, with all their tokens that expire soon: those that they made, and those that they
//! hold a copy of. All notices of a day are due at the same time, so the sweep that finds one finds them all. A token whose
//! notice comes due later in the day, because its expiry was changed, waits for the next digest.
//!
//! A notice is stored first, together with its event. Only then the process that stored it mails the digest, so one of any
//! number of sweeps mails it. No notice is mailed twice. One whose mail fails, or whose sweep dies in between, is not mailed at
//! all. See docs/decisions.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::{StreamExt as _, stream};
use jeton_core::{
    Error, budget,
    email::Email,
    event_context::Actor,
    id::{ProjectId, TokenId},
    store::{Commit, Due, Write},
    time::Timestamp,
    token::{Noticed, Token, next_digest_day},
};

use super::{
    expiry_digest::{Digest, Told},
    members::{self, Behind},
    swept::Swept,
};
use crate::{
    app::App,
    retry::{Attempts, RetryPolicy},
};

/// A token whose notice is due, and whom it concerns.
#[derive(Debug)]
pub struct Candidate {
    due: Due,
    /// The members behind it.
    members: Vec<Email>,
    /// The holders of its copies.
    holders: Vec<Email>,
}

impl Candidate {
    /// The candidate of a token that is due.
    pub async fn of(app: &App, due: Due, token: &Token, now: Timestamp) -> Result<Self, Error> {
        if token.identity.disabled {
            // Nobody is told of it, so it uses up nobody's digest.
            return Ok(Self { due, members: Vec::new(), holders: Vec::new() });
        }
        let members = members::behind(app, token).await?.emails;
        let holders = token.holders(&members, now);
        Ok(Self { due, members, holders })
    }

    fn people(&self) -> impl Iterator<Item = String> {
        self.members.iter().chain(&self.holders).map(Email::key)
    }
}

/// Gives the notices, and mails the digests.
///
/// People who share a token are told together: their tokens are stored, and then their digests leave. When the mail server
/// fails, the tokens of the others are left to the next sweep.
pub async fn give(app: &App, now: Timestamp, candidates: Vec<Candidate>, swept: &mut Swept) {
    let mut stopped = false;
    for group in groups(candidates) {
        if stopped && group.iter().any(|candidate| !candidate.members.is_empty()) {
            swept.failed += group.len() as u64;
            continue;
        }
        let (digests, used_up, refused) = Default::default();
        let round = Round { app, now, digests, used_up, refused };
        stopped |= round.give(group, swept).await;
    }
}

/// The candidates, by groups of people who have no token in common with another group.
fn groups(candidates: Vec<Candidate>) -> Vec<Vec<Candidate>> {
    let mut group_of: BTreeMap<String, usize> = BTreeMap::new();
    let mut joined: Vec<usize> = Vec::new();
    let root = |joined: &[usize], mut group: usize| {
        while joined[group] != group {
            group = joined[group];
        }
        group
    };
    let mut first_of = Vec::with_capacity(candidates.len());
    for candidate in &candidates {
        let mut mine = None;
        for person in candidate.people() {
            let theirs = group_of.get(&person).map(|group| root(&joined, *group));
            let group = match (mine, theirs) {
                (Some(mine), Some(theirs)) => {
                    let (low, high): (usize, usize) =
                        (std::cmp::min(mine, theirs), std::cmp::max(mine, theirs));
                    joined[high] = low;
                    low
                }
                (Some(group), None) | (None, Some(group)) => group,
                (None, None) => {
                    joined.push(joined.len());
                    joined.len() - 1
                }
            };
            group_of.insert(person, group);
            mine = Some(group);
        }
        first_of.push(mine.unwrap_or_else(|| {
            joined.push(joined.len());
            joined.len() - 1
        }));
    }
    let mut groups: BTreeMap<usize, Vec<Candidate>> = BTreeMap::new();
    for (candidate, group) in candidates.into_iter().zip(first_of) {
        groups.entry(root(&joined, group)).or_default().push(candidate);
    }
    groups.into_values().collect()
}

/// The notices of one group of people.
struct Round<'a> {
    app: &'a App,
    now: Timestamp,
    /// The digests that are charged, by person.
    digests: BTreeMap<String, Digest>,
    /// The people whose digest of the day has left.
    used_up: BTreeSet<String>,
    /// The tokens of which somebody was not told.
    refused: BTreeSet<(ProjectId, TokenId)>,
}

impl Round<'_> {
    /// Gives the notices of the group. Returns whether the mail server has failed.
    async fn give(mut self, group: Vec<Candidate>, swept: &mut Swept) -> bool {
        let (mut open, mut late) = (Vec::new(), Vec::new());
        for candidate in group {
            match self.charge_all(&candidate.members).await {
                Ok(true) => open.push(candidate.due),
                Ok(false) => late.push(candidate.due),
                Err(error) => failed(candidate.due, &error, swept),
            }
        }
        let (app, now) = (self.app, self.now);
        let given = stream::iter(open).map(|due| async move { (due, give_one(app, due, now).await) });
        let mut given = given.buffered(app.store.commits_at_once());
        let mut told = Vec::new();
        while let Some((due, outcome)) = given.next().await {
            match outcome {
                Ok(Some(one)) if one.members.is_empty() => swept.unaddressed += 1,
                Ok(Some(one)) => told.push(Arc::new(one)),
                Ok(None) => {}
                Err(error) => failed(due, &error, swept),
            }
        }
        for due in late {
            if let Err(error) = wait_for_digest(app, due, now).await {
                failed(due, &error, swept);
            }
        }
        for one in &told {
            self.enter(one).await;
        }
        let stops = self.mail().await;
        let refused = self.refused.len() as u64;
        swept.refused += refused;
        swept.noticed += (told.len() as u64).saturating_sub(refused);
        stops
    }

    /// Charges the digests of all these people, in the same order in every sweep, so that of two sweeps one gets all of them.
    /// False if somebody has had the digest of the day.
    async fn charge_all(&mut self, people: &[Email]) -> Result<bool, Error> {
        for person in people {
            if !self.charge(person).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn charge(&mut self, person: &Email) -> Result<bool, Error> {
        let key = person.key();
        if self.digests.contains_key(&key) {
            return Ok(true);
        }
        if self.used_up.contains(&key) {
            return Ok(false);
        }
        let budget = budget::expiry_digest(person, self.now);
        match self.app.budgets().spend(&budget, self.now, Error::TooManyMails).await {
            Ok(()) => {
                self.digests.insert(key, Digest::new(person.clone()));
                Ok(true)
            }
            Err(Error::TooManyMails(_)) => {
                self.used_up.insert(key);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Enters a token into the digests of its people. A holder who has had the digest of the day is not told.
    async fn enter(&mut self, told: &Arc<Told>) {
        let people =
            told.members.iter().map(|one| (one, false)).chain(told.holders.iter().map(|one| (one, true)));
        for (person, holds) in people {
            let charged = self.charge(person).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "failed to check the quota of an expiry digest");
                false
            });
            match self.digests.get_mut(&person.key()).filter(|_| charged) {
                Some(digest) => digest.enter(told, holds),
                None => self.refuse(told, person, "the digest of the day has left").await,
            }
        }
    }

    /// Mails the digests. Returns whether the mail server has failed, after which no further one is tried.
    async fn mail(&mut self) -> bool {
        let mut stops = false;
        for digest in std::mem::take(&mut self.digests).into_values() {
            let Some(mail) = digest.mail(&self.app.letterhead(), self.now) else { continue };
            if !stops {
                let Err(error) = self.app.mail(&mail).await else { continue };
                tracing::warn!(%error, tokens = digest.tokens().count(), "failed to mail an expiry digest");
                stops = error.stops_all();
            }
            for told in digest.tokens() {
                self.refuse(told, &digest.to, "the mail could not be sent").await;
            }
        }
        stops
    }

    /// Records that a person is not told of a token.
    async fn refuse(&mut self, told: &Told, person: &Email, reason: &'static str) {
        let (project, token) = (told.project, told.token);
        self.refused.insert((project, token));
        let recorded = async {
            let Some(read) = self.app.store.token(project, token).await? else { return Ok(()) };
            let event = read.notice_failed(person, reason, &self.app.event_context(self.now, Actor::Jeton));
            self.app.store.append(&event, 1).await
        };
        if let Err(error) = recorded.await {
            tracing::error!(%error, %project, %token, "failed to record the notice failure");
        }
    }
}

/// Stores the notice of a token as given. None if it is not due any more: a concurrent sweep stored it.
async fn give_one(app: &App, due: Due, now: Timestamp) -> Result<Option<Told>, Error> {
    let attempts = Attempts::new(RetryPolicy::Backoff);
    loop {
        let Some(token) = app.store.token(due.project, due.token).await? else { return Ok(None) };
        let Behind { emails: members, readers } = members::behind(app, &token).await?;
        let holders = token.holders(&members, now);
        let context = app.event_context(now, Actor::Jeton);
        let Some(noticed) = token.notice(&members, &holders, &context) else { return Ok(None) };
        let Noticed { change, recipients, holders, .. } = noticed;
        let commit = Commit { writes: vec![Write::ReplaceToken(change.token)], events: vec![change.event] };
        if app.try_commit(&attempts, &commit).await? {
            return Ok(Told::of(token, recipients, readers, holders));
        }
    }
}

/// Puts the notice of a token off to the next digest. Otherwise every sweep until then would read the token again. Nobody sees
/// this change, so it has no event.
async fn wait_for_digest(app: &App, due: Due, now: Timestamp) -> Result<(), Error> {
    let attempts = Attempts::new(RetryPolicy::Backoff);
    loop {
        let Some(token) = app.store.token(due.project, due.token).await? else { return Ok(()) };
        let Some(token) = token.put_off_notice(next_digest_day(now), now) else { return Ok(()) };
        let commit = Commit { writes: vec![Write::ReplaceToken(token)], events: Vec::new() };
        if app.try_commit(&attempts, &commit).await? {
            return Ok(());
        }
    }
}

fn failed(due: Due, error: &Error, swept: &mut Swept) {
    let Due { project, token, .. } = due;
    tracing::error!(%project, %token, %error, "failed to process a due token; the next sweep tries again");
    swept.failed += 1;
}
