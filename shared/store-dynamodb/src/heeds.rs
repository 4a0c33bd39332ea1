//! Which reservations a commit heeds: those of all tokens that it checks or changes, except those of tokens that it revokes.

use jeton_core::{
    event::moment_of,
    store::{Commit, Contention, Reservation},
    time::Timestamp,
};
use tokio::time::Instant;

use super::{item::number, key::Key, op::Op};

/// How long a reservation lasts at most, in milliseconds. Mostly the revocation is stored some milliseconds later.
pub(super) const LASTS: i64 = 3_000;

/// By how many milliseconds the clocks of two processes may differ. A reservation that ends later than [`LASTS`] and this is of a
/// clock that is wrong, and does not count.
pub(super) const SKEW: i64 = 2_000;

const NOT_RESERVED: &str =
    "attribute_not_exists(#reservedUntil) OR NOT #reservedUntil BETWEEN :now AND :longest";

/// Its own one does not hold up a commit.
const NOT_RESERVED_BY_OTHERS: &str = "attribute_not_exists(#reservedUntil) OR #reservedUntil = :own \
    OR NOT #reservedUntil BETWEEN :now AND :longest";

/// Which reservations a commit heeds.
#[derive(Debug)]
pub(super) struct Heeds {
    /// The time of the commit, and since when it is being stored.
    began: (Timestamp, Instant),
    is_urgent: bool,
    /// Its own: the item, and when it ends.
    own: Option<(Key, i64)>,
}

impl Heeds {
    /// Those of a commit that competes like this.
    pub(super) fn of(commit: &Commit, contention: Contention) -> Self {
        let own = |own: Reservation| (Key::revocable(own.of), own.until.millis());
        Self {
            began: (commit_time(commit), Instant::now()),
            is_urgent: contention.is_urgent,
            own: contention.reservation.map(own),
        }
    }

    /// Whether the commit is urgent.
    pub(super) fn is_urgent(&self) -> bool {
        self.is_urgent
    }

    /// Whether they include those of a token that the commit only checks, or changes.
    pub(super) fn any(&self, is_check: bool) -> bool {
        is_check || !self.is_urgent
    }

    /// Whether the commit may reserve a token that it changes: a revocation does so before.
    pub(super) fn may_reserve(&self) -> bool {
        !self.is_urgent && self.own.as_ref().is_none_or(|(_, until)| *until < self.now().millis())
    }

    /// Whether the commit has reserved a token itself, though it is no revocation.
    pub(super) fn has_reserved(&self) -> bool {
        !self.is_urgent && self.own.is_some()
    }

    /// Notes that the commit has reserved a token until this time.
    pub(super) fn note_own(&mut self, verify: Key, until: Timestamp) {
        self.own = Some((verify, until.millis()));
    }

    /// The time of this attempt: a commit that is being stored for seconds must heed a reservation of now. In whole seconds, so that
    /// a commit that is sent again because its answer was lost mostly has the same bytes.
    pub(super) fn now(&self) -> Timestamp {
        let (at, since) = self.began;
        at.plus_seconds(since.elapsed().as_secs())
    }

    /// When its own reservation of this token ends.
    pub(super) fn own(&self, verify: &Key) -> Option<i64> {
        self.own.as_ref().filter(|(own, _)| own == verify).map(|(_, until)| *until)
    }

    /// Adds the condition that its token is not reserved to an operation on a verify item. A change of a token by a commit that is not
    /// urgent also lets it be reserved again at once.
    pub(super) fn guarding(&self, op: Op) -> Op {
        if !self.any(op.is_check()) {
            return op;
        }
        let (op, now) = (op.removing("#reservableFrom"), self.now().millis());
        let op = match self.own(&op.key) {
            Some(own) => op.and(NOT_RESERVED_BY_OTHERS).with(":own", number(&own)),
            None => op.and(NOT_RESERVED),
        };
        op.with(":now", number(&now)).with(":longest", number(&(now + LASTS + SKEW)))
    }
}

/// An event has the time of its attempt; its `created` is when the call began.
pub(super) fn commit_time(commit: &Commit) -> Timestamp {
    moment_of(commit.events.first().map(|event| event.uuid).unwrap_or_default())
}
