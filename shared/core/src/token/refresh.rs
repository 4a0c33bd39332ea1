//! Refreshing a token: a new copy in place of every older one.

use rand_core::CryptoRng;
use serde_json::{Map, json};

use super::{Change, Copy, MAX_COPIES, Token, Via, refreshed_by_others::RefreshedByOthers};
use crate::{
    error::Error,
    event::names,
    event_context::{Actor, EventContext},
    id::CopyId,
    permission::Rank,
    secret::{self, Label, PlainSecret, SecretHash},
    time::Timestamp,
};

/// The longest grace period: seven days, in seconds.
pub const MAX_GRACE_SECONDS: u64 = 604_800;

/// How many copies that it has replaced by itself, and that have not ended, a token has at most: half of
/// [`MAX_COPIES`], so that its holder leaves places to others.
const MAX_REPLACED: usize = MAX_COPIES / 2;

/// What becomes of the older copies at a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overlap {
    /// For how many seconds they go on verifying; 0 when they end at once.
    pub grace_seconds: u64,
    /// Whether they go on until the new copy is first used, yet no longer than the grace period, or than seven
    /// days where none is given. Till then they keep their rights, but make nothing. Open shares end at once.
    pub until_used: bool,
}

/// Who refreshes a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresher {
    /// How they rank in its project.
    pub rank: Rank,
    /// When they end, if they do: no copy that they make of another token lasts longer.
    pub ends: Option<Timestamp>,
}

/// A refreshed token and the string of its new copy.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The new state and its event.
    pub change: Change,
    /// The new copy's string, to be shown once.
    pub secret: PlainSecret,
}

impl Token {
    /// Makes a new copy and ends what was there before: at once, or later when an overlap is asked for.
    ///
    /// Presented with a picked-up copy of the same token, only that copy is replaced: its holder
    /// was given a copy, not the token. Otherwise every older copy and every open share ends; a
    /// share still open within the grace period gives a copy that ends with it, so that nothing
    /// from before outlives the refresh. A copy of another token ends with whoever made it, if they have an end: then
    /// it keeps the rights of its token, but makes nothing. An end that was set earlier is never put off. A picked-up copy has
    /// one forerunner at a time.
    /// Errors: [`Error::BadField`], [`Error::TooManyCopies`], [`Error::Conflict`] for a token that has expired,
    /// whose new copy would open nothing, and for a picked-up copy whose forerunner has not ended, [`Error::InvalidToken`] when the presented copy has gone meanwhile.
    pub fn refresh(
        &self,
        overlap: Overlap,
        by: Refresher,
        event_context: &EventContext,
        rng: &mut impl CryptoRng,
    ) -> Result<Refreshed, Error> {
        let Overlap { grace_seconds, until_used } = overlap;
        if grace_seconds > MAX_GRACE_SECONDS {
            return Err(Error::bad_field(
                "gracePeriod",
                format!("gracePeriod must be from 0 to {MAX_GRACE_SECONDS} seconds"),
            ));
        }
        let now = event_context.now;
        self.not_expired(now)?;
        let mut token = self.next_version(now);
        let presented = self.presented_copy(event_context)?;
        let secret = secret::mint_token(token.project, token.id, rng);
        let lasts = if until_used && grace_seconds == 0 { MAX_GRACE_SECONDS } else { grace_seconds };
        let end = (lasts > 0).then(|| now.plus_seconds(lasts));
        token.last_copy += 1;
        let mut new = Copy {
            id: CopyId(token.last_copy),
            hash: SecretHash::of(Label::Token, &[secret.expose()]),
            created: now,
            via: Via::Refresh,
            from_picked_up: false,
            supersedes: Vec::new(),
            replaced_by: None,
            keeps_rights: false,
            ends_with_maker: false,
            recipient: None,
            expires: None,
        };
        let mut params = Map::new();
        params.insert("gracePeriod".to_owned(), json!(grace_seconds));
        if until_used {
            params.insert("keepOldUntilUsed".to_owned(), json!(true));
        }
        params.insert("newCopy".to_owned(), json!(new.id.to_string()));
        let whole_token = match presented {
            Some(presented) if presented.via == Via::Share => {
                new.via = Via::Share;
                new.recipient.clone_from(&presented.recipient);
                new.from_picked_up = presented.from_picked_up;
                params.insert("replacedCopy".to_owned(), json!(presented.id.to_string()));
                let before = |copy: &Copy| copy.replaced_by == Some(presented.id);
                if end.is_some() && token.copies.iter().any(before) {
                    return Err(Error::Conflict(
                        "the copy that this one replaced has not ended yet: \
                         refresh without an overlap, or wait for its end",
                    ));
                }
                let replaced = |copy: &&mut Copy| copy.id == presented.id || before(copy);
                for copy in token.copies.iter_mut().filter(replaced) {
                    copy.replaced_by = Some(new.id);
                }
                end_copies(&mut token.copies, overlap, end, |copy| copy.id == presented.id);
                new.supersedes.extend(until_used.then_some(presented.id));
                false
            }
            _ => {
                if presented.is_none() {
                    let until = by.ends.filter(|end| token.identity.expires.is_none_or(|own| *end < own));
                    (new.expires, new.keeps_rights) = (until, until.is_some());
                    new.ends_with_maker = new.keeps_rights;
                    params.extend(until.map(|end| ("expires".to_owned(), json!(end.to_string()))));
                }
                end_copies(&mut token.copies, overlap, end, |_| true);
                if until_used {
                    new.supersedes.extend(token.copies.iter().map(|copy| copy.id));
                }
                match end.filter(|_| !until_used) {
                    None => token.shares.clear(),
                    Some(end) => token.shares.iter_mut().for_each(|share| share.end_by(end)),
                }
                token.generation += 1;
                token.identity.refreshed = now;
                let others = &mut token.refreshed_by_others;
                match by.rank {
                    _ if acts_on_itself(self, event_context) => {}
                    Rank::Master => others.master = token.generation,
                    Rank::Manager | Rank::Limited => others.manager = token.generation,
                }
                true
            }
        };
        let replaced = token.copies.iter().filter(|copy| copy.via != Via::Share && copy.expires.is_some());
        if whole_token && end.is_some() && presented.is_some() && replaced.count() > MAX_REPLACED {
            return Err(Error::TooManyCopies);
        }
        token.copies.push(new);
        if end.is_some() && token.copies_and_shares(now) > MAX_COPIES {
            return Err(Error::TooManyCopies);
        }
        let what = if whole_token { "token" } else { "a copy of token" };
        let message = format!("Refreshed {what} {}", token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_REFRESHED, message, params);
        Ok(Refreshed { change: Change { token, event }, secret })
    }

    /// Whether this token has been refreshed since `before`, by others than itself who rank no lower than `by`. Of
    /// several refreshes at the same time, such a one has won.
    pub fn was_refreshed_since(&self, before: &Self, by: Rank) -> bool {
        let RefreshedByOthers { master, manager } = self.refreshed_by_others;
        let last = if by == Rank::Master { master } else { master.max(manager) };
        last > before.generation
    }

    /// The copy that the acting token presented, when this token itself is acting.
    pub(super) fn presented_copy(&self, event_context: &EventContext) -> Result<Option<&Copy>, Error> {
        let Actor::Token { id, copy: presented, .. } = &event_context.actor else { return Ok(None) };
        let Some(presented) = presented.filter(|_| *id == self.id) else { return Ok(None) };
        // A copy that vanished or was given an end since the call was authenticated was refreshed away
        // by a rival, and must not refresh itself back.
        let stands = |copy: &&Copy| copy.id == presented && copy.expires.is_none();
        self.copies.iter().find(stands).map(Some).ok_or(Error::InvalidToken)
    }
}

/// Whether it is the token itself that acts, or its member.
fn acts_on_itself(token: &Token, event_context: &EventContext) -> bool {
    event_context.actor.token() == Some(token.id)
}

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
                // One that lost its rights by an earlier refresh does not get them back.
                let kept = if copy.ends_with_maker { overlap.until_used } else { copy.keeps_rights };
                copy.keeps_rights = kept || (overlap.until_used && copy.expires.is_none());
                copy.ends_with_maker = false;
                copy.expires = Some(copy.expires.map_or(end, |earlier| earlier.min(end)));
            }
        }
    }
}
