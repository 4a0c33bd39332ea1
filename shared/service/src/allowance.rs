//! The bytes of events that a token may cause within an hour: the quota, and what this process has leased of it.
//!
//! Quotas lie in the store, so that they hold on however many machines. To ask it before each event would cost every
//! one of them a write more. So a piece is leased at a time, no larger than what the token has used here within the
//! hour: pieces grow with use, and at most as much is lost with the process or the hour as was used. The
//! first bytes of what Jeton itself writes, such as questions, are not asked for at all.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jeton_core::{
    Error,
    budget::{Spend, event_bytes, event_bytes_of_manage_token, posted_bytes},
    event::Event,
    id::{ManageTokenId, ProjectId, TokenId},
    time::Timestamp,
};

use crate::app::App;

/// The largest piece that is leased at a time, in bytes; more for an event that is larger.
const LARGEST_PIECE: u32 = 1 << 20;

/// How many bytes of an hour each process lets a token cause before it asks the store, events that clients post
/// left out.
pub const FREE: u32 = 16 << 10;

/// For how many tokens something is remembered. Beyond that all of it is forgotten, so that nobody fills the memory.
const TOKENS: usize = 10_000;

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// What this process has leased and not used yet.
#[derive(Debug, Default)]
pub struct Allowance(Mutex<Leases>);

#[derive(Debug, Default)]
struct Leases {
    hour: i64,
    /// Whether more tokens came within this hour than are remembered. Then nothing is free any more.
    crowded: bool,
    of: HashMap<(Quota, Who), Lease>,
}

/// Whose events they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Token(ProjectId, TokenId),
    Manage(ManageTokenId),
}

/// Which quotas bytes are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Quota {
    /// Those of the token alone: no token may stop the questions of another.
    Token,
    /// Those of the token and of its project.
    Posted,
}

#[derive(Debug, Clone, Copy, Default)]
struct Lease {
    left: u32,
    used: u32,
    /// As many bytes were refused, so that as many need not be asked for again within the hour.
    refused: Option<u32>,
}

/// What a lease says to so many bytes.
enum Leased {
    Taken,
    Refused,
    /// The store has to be asked for a piece as large as this, or at least for the bytes.
    Ask(u32),
}

/// Takes so many bytes for an event that a token posts.
///
/// Errors: [`Error::TooManyEvents`] when the token or its project has had its bytes of this hour,
/// [`Error::Unavailable`].
pub async fn take_posted(
    app: &App,
    project: ProjectId,
    token: TokenId,
    bytes: usize,
    now: Timestamp,
) -> Result<(), Error> {
    take(app, (Quota::Posted, Who::Token(project, token)), size(bytes), now).await
}

/// Takes the bytes of an event that tells of what a token asked.
///
/// Errors: as [`take_posted`].
pub async fn take_for(app: &App, event: &Event, now: Timestamp) -> Result<(), Error> {
    let Some(who) = who(event) else { return Ok(()) };
    take(app, (Quota::Token, who), stored_bytes(event), now).await
}

/// Finds out whether a token may still cause events, before a change whose event is not known yet.
///
/// Not for what takes rights away: that is never refused.
/// Errors: as [`take_posted`].
pub async fn check(app: &App, project: ProjectId, token: TokenId, now: Timestamp) -> Result<(), Error> {
    take(app, (Quota::Token, Who::Token(project, token)), 1, now).await
}

/// The same for a manage token.
///
/// Errors: as [`take_posted`].
pub async fn check_manage_token(app: &App, id: ManageTokenId, now: Timestamp) -> Result<(), Error> {
    take(app, (Quota::Token, Who::Manage(id)), 1, now).await
}

/// Counts an event that is stored in any case, and tells whether there was room for it.
pub async fn count(app: &App, event: &Event, now: Timestamp) -> bool {
    let Some(who) = who(event) else { return true };
    let of = (Quota::Token, who);
    match take(app, of, stored_bytes(event), now).await {
        Ok(()) => true,
        Err(Error::TooManyEvents(_)) => {
            app.allowance.use_up(of, now);
            false
        }
        Err(error) => {
            tracing::warn!(%error, ?who, "an event was not counted");
            true
        }
    }
}

async fn take(app: &App, of @ (quota, who): (Quota, Who), bytes: u32, now: Timestamp) -> Result<(), Error> {
    let mut piece = match app.allowance.take(of, bytes, now) {
        Leased::Taken => return Ok(()),
        Leased::Refused => return Err(Error::TooManyEvents(seconds_left(now))),
        Leased::Ask(piece) => piece,
    };
    loop {
        let budgets: Vec<Spend> = match (quota, who) {
            (Quota::Token, Who::Token(project, token)) => event_bytes(project, token, piece, now),
            (Quota::Posted, Who::Token(project, token)) => posted_bytes(project, token, piece, now),
            (_, Who::Manage(id)) => event_bytes_of_manage_token(id, piece, now),
        };
        match app.spend(&budgets, now, Error::TooManyEvents).await {
            Ok(()) => {
                app.allowance.keep(of, piece, bytes, now);
                return Ok(());
            }
            // What is left may be less than a piece, and enough.
            Err(Error::TooManyEvents(_)) if piece > bytes => piece = bytes,
            Err(error) => {
                if matches!(error, Error::TooManyEvents(_)) {
                    app.allowance.refuse(of, bytes, now);
                }
                return Err(error);
            }
        }
    }
}

impl Allowance {
    /// Takes bytes out of what is leased, if it suffices.
    fn take(&self, of: (Quota, Who), bytes: u32, now: Timestamp) -> Leased {
        let mut leases = self.of_hour(now);
        let free = if of.0 == Quota::Token && !leases.crowded { FREE } else { 0 };
        let lease = leases.of.entry(of).or_default();
        if lease.left >= bytes {
            lease.left -= bytes;
        } else if lease.used.saturating_add(bytes) > free {
            return match lease.refused {
                Some(refused) if bytes >= refused => Leased::Refused,
                _ => Leased::Ask(lease.used.min(LARGEST_PIECE).max(bytes)),
            };
        }
        lease.used = lease.used.saturating_add(bytes);
        Leased::Taken
    }

    /// Keeps what was leased and not taken at once.
    fn keep(&self, of: (Quota, Who), piece: u32, bytes: u32, now: Timestamp) {
        let mut leases = self.of_hour(now);
        let lease = leases.of.entry(of).or_default();
        lease.left = lease.left.saturating_add(piece.saturating_sub(bytes));
        lease.used = lease.used.saturating_add(bytes);
    }

    /// Leaves nothing, since more was used than there was.
    fn use_up(&self, of: (Quota, Who), now: Timestamp) {
        let mut leases = self.of_hour(now);
        let lease = leases.of.entry(of).or_default();
        *lease = Lease { left: 0, used: lease.used.max(FREE), refused: Some(1) };
    }

    fn refuse(&self, of: (Quota, Who), bytes: u32, now: Timestamp) {
        let mut leases = self.of_hour(now);
        let lease = leases.of.entry(of).or_default();
        lease.refused = Some(lease.refused.map_or(bytes, |before| before.min(bytes)));
    }

    fn of_hour(&self, now: Timestamp) -> MutexGuard<'_, Leases> {
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = now.millis().div_euclid(HOUR);
        if leases.hour != hour {
            *leases = Leases { hour, ..Leases::default() };
        } else if leases.of.len() >= TOKENS {
            *leases = Leases { hour, crowded: true, of: HashMap::new() };
        }
        leases
    }
}

/// Who causes an event. What a manage token does in a project is counted by its copy in the history of the manage token.
fn who(event: &Event) -> Option<Who> {
    let of_token = event.project.zip(event.by.token).map(|(project, token)| Who::Token(project, token));
    of_token.or(event.by.manage.map(Who::Manage))
}

/// How many bytes an event takes where it is stored.
pub(crate) fn stored_bytes(event: &Event) -> u32 {
    let mut counted = Counted(0);
    // Counting does not fail; an event that cannot be written is not stored either.
    let _ = serde_json::to_writer(&mut counted, event);
    size(counted.0)
}

struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn seconds_left(now: Timestamp) -> u64 {
    u64::try_from(HOUR - now.millis().rem_euclid(HOUR)).unwrap_or_default().div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(token: u64) -> (Quota, Who) {
        (Quota::Posted, Who::Token(ProjectId::new(5).unwrap(), TokenId::new(token).unwrap()))
    }

    fn asked(token: u64) -> (Quota, Who) {
        (Quota::Token, Who::Token(ProjectId::new(5).unwrap(), TokenId::new(token).unwrap()))
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn piece(allowance: &Allowance, of: (Quota, Who), bytes: u32) -> Option<u32> {
        match allowance.take(of, bytes, at(0)) {
            Leased::Ask(piece) => {
                allowance.keep(of, piece, bytes, at(0));
                Some(piece)
            }
            Leased::Taken => None,
            Leased::Refused => panic!("nothing was refused"),
        }
    }

    #[test]
    fn what_is_leased_suffices_for_as_much_and_only_for_its_token_within_its_hour() {
        let allowance = Allowance::default();
        let taken = |of, bytes, now| matches!(allowance.take(of, bytes, at(now)), Leased::Taken);
        allowance.keep(posted(1), 100, 0, at(HOUR));
        assert!(!taken(posted(2), 1, HOUR));
        assert!(taken(posted(1), 60, 2 * HOUR - 1));
        assert!(!taken(posted(1), 41, HOUR));
        assert!(taken(posted(1), 40, HOUR));
        allowance.keep(posted(1), 100, 0, at(HOUR));
        assert!(!taken(posted(1), 1, 2 * HOUR));
    }

    #[test]
    fn pieces_grow_with_use_so_that_no_more_is_leased_than_twice_what_is_used() {
        let allowance = Allowance::default();
        let (mut used, mut leased, mut asked) = (0, 0, 0);
        for _ in 0..10_000 {
            used += 500;
            if let Some(piece) = piece(&allowance, posted(1), 500) {
                (leased, asked) = (leased + piece, asked + 1);
            }
            assert!(leased <= 2 * used, "{leased} leased, {used} used");
        }
        assert!(asked < 30, "asked {asked} times");
    }

    #[test]
    fn the_first_bytes_of_what_a_token_asks_are_free_and_those_of_what_it_posts_are_not() {
        let allowance = Allowance::default();
        assert_eq!(piece(&allowance, asked(1), FREE), None);
        assert_eq!(piece(&allowance, asked(1), 1), Some(FREE));
        assert_eq!(piece(&allowance, posted(1), 1), Some(1));
    }

    #[test]
    fn what_was_refused_is_not_asked_for_again_within_the_hour_and_less_is() {
        let allowance = Allowance::default();
        allowance.refuse(posted(1), 100, at(0));
        assert!(matches!(allowance.take(posted(1), 100, at(0)), Leased::Refused));
        assert!(matches!(allowance.take(posted(1), 99, at(0)), Leased::Ask(99)));
        assert!(matches!(allowance.take(posted(1), 100, at(HOUR)), Leased::Ask(100)));
    }

    #[test]
    fn no_number_of_tokens_fills_the_memory_or_gets_more_for_nothing() {
        let allowance = Allowance::default();
        for number in 1..=TOKENS as u64 * 2 {
            allowance.take(asked(number), 1, at(0));
        }
        assert!(allowance.0.lock().unwrap().of.len() <= TOKENS);
        assert!(matches!(allowance.take(asked(1), 1, at(0)), Leased::Ask(1)));
    }
}
