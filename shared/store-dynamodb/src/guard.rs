//! Guards: items that repeat the version of a token, so that concurrent changes by one caller do not queue.
//!
//! DynamoDB admits one transaction at a time to an item, and every change checks the version of its caller. When such checks
//! conflict, the caller gets [`GUARDS`] guards. Then a change checks one of them, and a change of the token itself, such as a
//! revocation, empties all of them in its own transaction. So each change is before it, or fails. The token has no guards after
//! that, until checks conflict again.
//!
//! The attribute `guardsOf` of the verify item has the version that the guards repeat. A change of the token has the condition that
//! there are guards, or none, as it knows; otherwise it reads the item, and tries again.
//!
//! While changes by a token go on, some of its guards are always in use, and a transaction that writes all of them would hardly be
//! admitted. So the token is reserved: a change by it that reads that, and none is authenticated without this read, waits.

use std::time::Duration;

use jeton_core::{
    store::{Commit, Write},
    time::Timestamp,
};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{
    DynamoDb,
    failure::Failure,
    heeds::Heeds,
    item::{Item, number, ttl},
    key::Key,
    lanes::{GUARDS, LOOK_AGAIN, Lane, guarded_version},
    op::{Op, request_token},
    replicas::Change,
};

/// How long an attempt waits at most: while a token gets guards, for a guard, and for a revocation that has reserved the token.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// The waits between attempts to give a token guards, in milliseconds.
const WAITS: [u64; 7] = [0, 5, 10, 20, 40, 80, 160];

/// How long emptied guards are kept. They are not removed at once, because most functions may not remove items.
const KEPT_SECONDS: u64 = 86_400;

/// What is known of the tokens whose versions a commit checks or changes.
#[derive(Debug)]
pub(super) struct Plan {
    tokens: Vec<Planned>,
    most_replicas: u32,
}

#[derive(Debug)]
struct Planned {
    key: Key,
    /// The version that a check or a change requires.
    version: u64,
    is_guarded: bool,
    /// How many replicas the token has.
    replicas: u32,
    /// The guard to check.
    lane: Option<Lane>,
}

/// The token is reserved for a revocation.
#[derive(Debug)]
pub(super) struct Reserved {
    /// The write of the commit that concerns it.
    pub(super) write: usize,
}

impl Plan {
    /// Whether this token has guards.
    pub(super) fn is_guarded(&self, key: &Key) -> bool {
        self.tokens.iter().any(|planned| planned.key == *key && planned.is_guarded)
    }

    /// The item at which the version of this token is checked: a guard, or the verify item.
    pub(super) fn checked(&self, key: Key) -> Key {
        let lane = self.token(&key).and_then(|planned| planned.lane.as_ref());
        match lane {
            Some(lane) => Key::guard(&key, lane.number),
            None => key,
        }
    }

    /// The replicas of a token before and after a change to a verify item of so many bytes.
    pub(super) fn replicas(&self, key: &Key, bytes: usize) -> Change {
        Change::of(self.stored_replicas(key), self.most_replicas, bytes)
    }

    /// The replicas of a token before its removal.
    pub(super) fn no_replicas(&self, key: &Key) -> Change {
        Change::to_none(self.stored_replicas(key))
    }

    fn stored_replicas(&self, key: &Key) -> u32 {
        self.token(key).map_or(0, |planned| planned.replicas)
    }

    fn token(&self, key: &Key) -> Option<&Planned> {
        self.tokens.iter().find(|planned| planned.key == *key)
    }

    fn of(&self, op: &Op) -> Option<&Planned> {
        self.tokens.iter().find(|planned| planned.key.pk == op.key.pk)
    }

    /// Whether another attempt after a conflict at this operation would differ from this one.
    pub(super) fn may_ease(&self, op: &Op) -> bool {
        op.key.is_guard() || (op.is_check() && self.of(op).is_some())
    }
}

impl DynamoDb {
    /// Looks up the guards of the tokens of a commit. `first` says which guard is checked if it is free. It waits while a token is
    /// reserved whose reservations the commit heeds, but not for long: a transaction that is sent meanwhile would fail, and hold the
    /// item for as long as that takes, or hold one of the guards.
    pub(super) async fn plan(&self, commit: &Commit, first: usize, heeds: &Heeds) -> Result<Plan, Reserved> {
        let mut plan = Plan { tokens: Vec::new(), most_replicas: self.most_replicas() };
        let until = Instant::now() + LONGEST_WAIT;
        let mut concerned: Vec<_> = commit.writes.iter().enumerate().filter_map(versioned).collect();
        // All commits take guards in this order, so none waits for another that waits for it.
        concerned.sort_unstable_by(|(_, one, ..), (_, other, ..)| one.cmp(other));
        for (write, key, version, is_check) in concerned {
            if !self.guards.is_guarded(&key)
                && let Some(raising) = self.guards.raising(&key)
            {
                // Without guards after that time, the commit takes its chance.
                drop(timeout_at(until, raising.lock()).await);
            }
            let (is_guarded, replicas) = (self.guards.is_guarded(&key), self.replicas.stored(&key));
            let heeds = Some(heeds).filter(|heeds| heeds.any(is_check));
            if is_guarded && replicas > 0 && heeds.is_some() {
                // Its caller may have been authenticated by a replica, which does not say that the token is reserved.
                self.look(&key).await;
            }
            let lane = loop {
                if let Some(heeds) = heeds
                    && self.stays_reserved(&key, heeds, until).await
                {
                    return Err(Reserved { write });
                }
                let lane = if is_check { self.guards.lane(&key, first, until).await } else { None };
                // The token may have been reserved while the commit waited for a guard.
                if !heeds.is_some_and(|heeds| self.guards.is_reserved(&key, heeds)) {
                    break lane;
                }
            };
            let is_guarded = if is_check { lane.is_some() } else { is_guarded };
            plan.tokens.push(Planned { key, version, is_guarded, replicas, lane });
        }
        Ok(plan)
    }

    /// Notes that a commit was stored that empties the guards of the tokens it changes.
    pub(super) fn note_stored(&self, plan: &Plan) {
        for changed in plan.tokens.iter().filter(|planned| planned.is_guarded && planned.lane.is_none()) {
            self.guards.set(&changed.key, false);
        }
    }

    /// Waits while a token is reserved; true if it still is.
    async fn stays_reserved(&self, key: &Key, heeds: &Heeds, until: Instant) -> bool {
        while self.guards.is_reserved(key, heeds) {
            if Instant::now() >= until {
                return true;
            }
            sleep(LOOK_AGAIN).await;
            if self.guards.is_due(key) {
                self.look(key).await;
            }
        }
        false
    }

    /// Reads and notes what guards and replicas a token has. Returns the version of a token with guards.
    async fn look(&self, key: &Key) -> Option<u64> {
        self.noted(key).await.as_ref().and_then(guarded_version)
    }

    /// The item of a token, whose guards and replicas are noted.
    async fn noted(&self, key: &Key) -> Option<Item> {
        let item = self.get(key).await.ok().flatten()?;
        self.note(&item);
        Some(item)
    }

    /// After a conflict at these operations: gives a token guards whose version they check. Whether another attempt would differ
    /// from this one.
    pub(super) async fn ease(&self, plan: &Plan, ops: &[Op], conflicts: &[usize]) -> bool {
        let (mut differs, mut looked_at) = (false, None);
        for op in conflicts.iter().filter_map(|at| ops.get(*at)) {
            let Some(planned) = plan.of(op).filter(|_| plan.may_ease(op)) else { continue };
            differs = true;
            if op.key.is_guard() {
                // It may be reserved by now.
                if looked_at != Some(&planned.key) {
                    self.look(&planned.key).await;
                    looked_at = Some(&planned.key);
                }
            } else if self.guards.is_crowded(&planned.key) {
                self.raise_guards(&planned.key, planned.version).await;
            }
        }
        differs
    }

    /// After a conflict at the guards of a token that a commit changes, which is not urgent: reserves the token, as a revocation
    /// does, since the guards are hardly ever free at once. Returns the token that is reserved for the commit, and until when.
    pub(super) async fn reserve_for(
        &self,
        plan: &Plan,
        ops: &[Op],
        conflicts: &[usize],
        now: Timestamp,
    ) -> Option<(Key, Timestamp)> {
        let changed = |op: &&Op| op.key.is_guard() && !op.is_check();
        let op = conflicts.iter().filter_map(|at| ops.get(*at)).find(changed);
        let planned = op.and_then(|op| plan.of(op))?;
        let reserved = self.reserve_item(&planned.key, now).await.unwrap_or_else(|error| {
            tracing::debug!(%error, key = %planned.key, "not reserved");
            None
        });
        reserved.map(|until| (planned.key.clone(), until))
    }

    /// After a failed condition of this operation: whether the guards or replicas of its token were others than planned, or a
    /// revocation has to wait, because its caller is reserved.
    pub(super) async fn differs(&self, plan: &Plan, op: &Op, heeds: &Heeds) -> bool {
        let Some(planned) = plan.of(op) else { return false };
        let guarded = self.look(&planned.key).await;
        if op.is_check() && planned.is_guarded && guarded == Some(planned.version) {
            // A guard that does not repeat the version: the table was restored from a backup that was not of one moment.
            tracing::warn!(key = %planned.key, "a guard has another version than its token");
            self.empty_guards(&planned.key, planned.version).await;
            return true;
        }
        if op.is_check() && heeds.is_urgent() && self.guards.is_reserved(&planned.key, heeds) {
            return true;
        }
        let has_other_replicas = !op.is_check() && planned.replicas != self.replicas.stored(&planned.key);
        planned.is_guarded != guarded.is_some() || has_other_replicas
    }

    /// Gives a token of this version guards, unless another commit of this process does so. A failure is left to the next
    /// conflict.
    async fn raise_guards(&self, key: &Key, version: u64) {
        let Some(raising) = self.guards.raising(key) else { return };
        let Ok(_raising) = raising.try_lock() else {
            drop(timeout(LONGEST_WAIT, raising.lock()).await);
            return;
        };
        let Some(found) = self.noted(key).await else { return };
        if self.guards.is_guarded(key) {
            return;
        }
        let item = if_in_version(Op::update(key.clone(), "SET #guardsOf = :before"), false)
            .with(":before", number(&version));
        // A manage token that expires is removed by the table, and its guards with it.
        let end = found.get("ttl");
        let guards = (0..GUARDS).map(|number_of_guard| {
            let key = Key::guard(key, number_of_guard);
            match end {
                Some(end) => {
                    Op::update(key, "SET #version = :version, #ttl = :ttl").with(":ttl", end.clone())
                }
                None => Op::update(key, "SET #version = :version REMOVE #ttl"),
            }
            .with(":version", number(&version))
        });
        let ops: Vec<Op> = std::iter::once(item).chain(guards).collect();
        for wait in WAITS {
            sleep(Duration::from_millis(wait)).await;
            match self.send(&ops, &request_token(&self.table, &ops)).await {
                Ok(()) => {
                    tracing::info!(%key, "changes by a token conflict, so it has guards now");
                    self.guards.set(key, true);
                    return;
                }
                Err(Failure::Contended { .. }) => {}
                Err(failure) => {
                    // Another process may have been faster.
                    tracing::debug!(%key, why = failure.why(), "no guards yet");
                    self.look(key).await;
                    return;
                }
            }
        }
    }

    /// Takes the guards from a token of this version.
    async fn empty_guards(&self, key: &Key, version: u64) {
        let item = if_in_version(Op::update(key.clone(), "REMOVE #guardsOf"), true)
            .with(":before", number(&version));
        let guards = (0..GUARDS).map(|number| Op::update(Key::guard(key, number), "REMOVE #version"));
        let ops: Vec<Op> = std::iter::once(item).chain(guards).collect();
        if let Err(failure) = self.send(&ops, &request_token(&self.table, &ops)).await {
            tracing::debug!(%key, why = failure.why(), "the guards stay");
        }
        self.look(key).await;
    }
}

/// The item of the token or manage token that a write checks or changes, with the version that it requires, and whether it only
/// checks it.
fn versioned((index, write): (usize, &Write)) -> Option<(usize, Key, u64, bool)> {
    let version = match write {
        Write::ReplaceToken(token) => token.version.saturating_sub(1),
        Write::ReplaceManageToken(token) => token.version.saturating_sub(1),
        Write::RemoveToken { token, .. } => token.version,
        Write::RemoveManageToken(token, _) => token.version,
        Write::RequireVersion(_, _, version) | Write::RequireManageToken(_, version) => *version,
        _ => return None,
    };
    Some((index, Key::revocable(write.revocable()?), version, write.requires_version()))
}

/// The condition that a token has the version `:before`, and guards or none.
pub(super) fn if_in_version(update: Op, is_guarded: bool) -> Op {
    if is_guarded {
        update.when("#version = :before AND #guardsOf = :before")
    } else {
        update.when("#version = :before AND (attribute_not_exists(#guardsOf) OR #guardsOf <> :before)")
    }
}

/// Empties all guards of a token, as a part of a change of the token at this time.
pub(super) fn emptied(key: &Key, at: Timestamp) -> impl Iterator<Item = Op> + '_ {
    let end = at.plus_seconds(KEPT_SECONDS);
    (0..GUARDS).map(move |number| {
        Op::update(Key::guard(key, number), "SET #ttl = :ttl REMOVE #version").with(":ttl", ttl(end))
    })
}
