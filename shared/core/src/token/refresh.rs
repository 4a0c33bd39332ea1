//! The refresh of a token: a new copy replaces the older ones, at once or after an overlap.

use rand_core::CryptoRng;
use serde_json::{Map, Value, json};

use super::{Change, Copy, MAX_COPIES, Token, Via, refreshed_by_others::RefreshedByOthers};
use crate::{
    error::Error,
    event::names,
    event_context::{Actor, EventContext},
    id::CopyId,
    permission::Rank,
    secret::{self, PlainSecret},
    time::Timestamp,
};

/// The longest grace period: seven days, in seconds.
pub const MAX_GRACE_SECONDS: u64 = 604_800;

/// The most replaced copies that may still be live when a token refreshes itself with an overlap. Half of [`MAX_COPIES`],
/// so that a token's holder cannot use up the whole limit.
const MAX_REPLACED: usize = MAX_COPIES / 2;

/// The overlap of a refresh: how long the older copies stay valid after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overlap {
    /// The grace period in seconds. 0 means none: without `until_used`, the older copies end at once.
    pub grace_seconds: u64,
    /// Whether the older copies stay valid until the new copy is first used, for at most the grace period, or seven
    /// days without one. Until then they keep their rights, but create no token, copy or share. Pending shares end at once.
    pub until_used: bool,
}

/// The caller of a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresher {
    /// The caller's rank in the project.
    pub rank: Rank,
    /// When the caller's credential expires, if it does. A copy that it makes of another token expires no later.
    pub ends: Option<Timestamp>,
}

/// The result of a refresh: the changed token, its event and the secret of the new copy.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The new state and its event.
    pub change: Change,
    /// The secret of the new copy, which is shown once.
    pub secret: PlainSecret,
}

impl Overlap {
    fn check(self) -> Result<(), Error> {
        if self.grace_seconds > MAX_GRACE_SECONDS {
            return Err(Error::bad_field(
                "gracePeriod",
                format!("gracePeriod must be from 0 to {MAX_GRACE_SECONDS} seconds"),
            ));
        }
        Ok(())
    }

    /// When the older copies end at the latest. `None` means at once.
    fn end(self, now: Timestamp) -> Option<Timestamp> {
        let seconds = match self {
            Self { until_used: true, grace_seconds: 0 } => MAX_GRACE_SECONDS,
            Self { grace_seconds, .. } => grace_seconds,
        };
        (seconds > 0).then(|| now.plus_seconds(seconds))
    }

    /// Its parameters of the event.
    fn params(self) -> Map<String, Value> {
        let mut params = Map::new();
        params.insert("gracePeriod".to_owned(), json!(self.grace_seconds));
        if self.until_used {
            params.insert("keepOldUntilUsed".to_owned(), json!(true));
        }
        params
    }
}

impl Token {
    /// Makes a new copy and revokes the older ones: at once, or after the overlap.
    ///
    /// - The caller presents a picked-up copy of this token: only that copy is replaced, because its holder was given a
    ///   copy, not the token. With an overlap, the copy that it replaced must have ended.
    /// - Otherwise: every older copy and every pending share is revoked. A share that is picked up within the grace period
    ///   gives a copy that ends with that period, so that no credential from before outlives the refresh.
    /// - The caller is another token that expires: the new copy expires with the caller. Until then it keeps the rights
    ///   of its token, but creates no token, copy or share.
    ///
    /// A copy that has an end already keeps it, or gets an earlier one.
    ///
    /// Errors: [`Error::BadField`] for a grace period that is too long; [`Error::Conflict`] for an expired token, whose
    /// new copy would not be valid, and for an overlap while the predecessor of a picked-up copy has not ended;
    /// [`Error::TooManyCopies`]; [`Error::InvalidToken`] when the presented copy was revoked after authentication.
    pub fn refresh(
        &self,
        overlap: Overlap,
        by: Refresher,
        event_context: &EventContext,
        rng: &mut impl CryptoRng,
    ) -> Result<Refreshed, Error> {
        overlap.check()?;
        let now = event_context.now;
        self.not_expired(now)?;
        let presented = self.presented_copy(event_context)?;
        let mut token = self.next_version(now);
        let secret = secret::mint_token(token.project, token.id, rng);
        token.last_copy += 1;
        let new = Copy::new(CopyId(token.last_copy), &secret, Via::Refresh, now);
        let mut params = overlap.params();
        params.insert("newCopy".to_owned(), json!(new.id.to_string()));
        let what = match presented {
            Some(presented) if presented.via == Via::Share => {
                params.insert("replacedCopy".to_owned(), json!(presented.id.to_string()));
                token.replace_picked_up(presented, new, overlap, now)?;
                "a copy of token"
            }
            _ => {
                // A copy that another token makes ends no later than that token.
                let until = by.ends.filter(|end| token.identity.expires.is_none_or(|expires| *end < expires));
                let until = until.filter(|_| presented.is_none());
                params.extend(until.map(|end| ("expires".to_owned(), json!(end.to_string()))));
                token.replace_all(new, until, overlap, now);
                if presented.is_some() && overlap.end(now).is_some() {
                    token.limit_replaced_copies()?;
                }
                // A member in the console acts as their master token.
                if event_context.actor.token() != Some(token.id) {
                    token.refreshed_by_others.note(by.rank, token.generation);
                }
                "token"
            }
        };
        if overlap.end(now).is_some() && token.copies_and_shares(now) > MAX_COPIES {
            return Err(Error::TooManyCopies);
        }
        let message = format!("Refreshed {what} {}", token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_REFRESHED, message, params);
        Ok(Refreshed { change: Change { token, event }, secret })
    }

    /// Replaces only the picked-up copy that the caller presented.
    fn replace_picked_up(
        &mut self,
        old: &Copy,
        mut new: Copy,
        overlap: Overlap,
        now: Timestamp,
    ) -> Result<(), Error> {
        let end = overlap.end(now);
        let is_predecessor = |copy: &Copy| copy.replaced_by == Some(old.id);
        if end.is_some() && self.copies.iter().any(is_predecessor) {
            return Err(Error::Conflict(
                "the copy that this one replaced has not ended yet: \
                 refresh without an overlap, or wait for its end",
            ));
        }
        for copy in self.copies.iter_mut().filter(|copy| copy.id == old.id || is_predecessor(copy)) {
            copy.replaced_by = Some(new.id);
        }
        end_copies(&mut self.copies, overlap, end, |copy| copy.id == old.id);
        new.via = Via::Share;
        new.recipient.clone_from(&old.recipient);
        new.from_picked_up = old.from_picked_up;
        new.supersedes.extend(overlap.until_used.then_some(old.id));
        self.copies.push(new);
        Ok(())
    }

    /// Replaces all copies and pending shares by the new copy, which ends at `until`, if it ends.
    fn replace_all(&mut self, mut new: Copy, until: Option<Timestamp>, overlap: Overlap, now: Timestamp) {
        let end = overlap.end(now);
        end_copies(&mut self.copies, overlap, end, |_| true);
        match end.filter(|_| !overlap.until_used) {
            None => self.shares.clear(),
            Some(end) => self.shares.iter_mut().for_each(|share| share.end_by(end)),
        }
        new.expires = until;
        new.keeps_rights = until.is_some();
        new.ends_with_maker = until.is_some();
        if overlap.until_used {
            new.supersedes.extend(self.copies.iter().map(|copy| copy.id));
        }
        self.copies.push(new);
        self.generation += 1;
        self.identity.refreshed = now;
    }

    /// Errors: [`Error::TooManyCopies`] if too many replaced copies are still live.
    fn limit_replaced_copies(&self) -> Result<(), Error> {
        let replaced = self.copies.iter().filter(|copy| copy.via != Via::Share && copy.expires.is_some());
        if replaced.count() > MAX_REPLACED { Err(Error::TooManyCopies) } else { Ok(()) }
    }

    /// Whether another caller of at least rank `by` has refreshed this token since `before` was read: then a concurrent
    /// refresh of rank `by` fails.
    pub fn was_refreshed_since(&self, before: &Self, by: Rank) -> bool {
        let RefreshedByOthers { master, manager } = self.refreshed_by_others;
        let last = if by == Rank::Master { master } else { master.max(manager) };
        last > before.generation
    }

    /// The copy of this token that the caller presented. `None` if the caller did not present a copy of this token.
    ///
    /// Errors: [`Error::InvalidToken`] if the copy was revoked or given an end after authentication.
    pub(super) fn presented_copy(&self, event_context: &EventContext) -> Result<Option<&Copy>, Error> {
        let Actor::Token { id, copy: presented, .. } = &event_context.actor else { return Ok(None) };
        let Some(presented) = presented.filter(|_| *id == self.id) else { return Ok(None) };
        // A copy that was revoked or given an end after authentication lost to a concurrent refresh. It must not undo
        // that by refreshing itself.
        let is_current = |copy: &&Copy| copy.id == presented && copy.expires.is_none();
        self.copies.iter().find(is_current).map(Some).ok_or(Error::InvalidToken)
    }
}

/// Removes the selected copies or, with an overlap, sets their end.
fn end_copies(
    copies: &mut Vec<Copy>,
    overlap: Overlap,
    end: Option<Timestamp>,
    which: impl Fn(&Copy) -> bool,
) {
    match end {
        None => copies.retain(|copy| !which(copy)),
        Some(end) => {
            for copy in copies.iter_mut().filter(|copy| which(copy)) {
                // In a grace period a copy has no rights. One that lost them in an earlier refresh must not regain them.
                let has_rights = copy.expires.is_none() || copy.keeps_rights || copy.ends_with_maker;
                copy.keeps_rights = overlap.until_used && has_rights;
                copy.ends_with_maker = false;
                copy.expires = Some(copy.expires.map_or(end, |earlier| earlier.min(end)));
            }
        }
    }
}
