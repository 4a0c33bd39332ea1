//! Attempts to store a commit, until its outcome is known.

use jeton_core::store::{Commit, CommitError, Contention, Unavailable, Write};

use super::{
    DynamoDb,
    commit::operations,
    failure::Failure,
    guard::{Plan, Reserved},
    heeds::Heeds,
    item,
    key::Key,
    op::Op,
    shards::least_shard,
    transact::Backoff,
};

impl DynamoDb {
    /// Stores a commit.
    ///
    /// A condition may fail because of this commit itself: its answer was lost, and the table did not
    /// recognise the retry. So that is looked up before a conflict is reported.
    pub(super) async fn store_commit(
        &self,
        commit: &Commit,
        contention: Contention,
    ) -> Result<(), CommitError> {
        let first = commit.events.first().map(|event| event.uuid).unwrap_or_default();
        let mut backoff = Backoff::of(first.as_bytes());
        // The random bits of an event spread processes over the guards. A further attempt takes the next one.
        let mut spread = usize::from(first.as_bytes()[15]);
        let mut heeds = Heeds::of(commit, contention);
        loop {
            let plan = match self.plan(commit, spread, &heeds).await {
                Ok(plan) => plan,
                Err(Reserved { write }) if contention.waits => return Err(CommitError::Conflict(write)),
                // A conflict at its caller would let it be authenticated again, which changes nothing.
                Err(Reserved { .. }) => return Err(CommitError::Contended("reserved".to_owned())),
            };
            let ops = operations(commit, &heeds, &plan).map_err(|error| CommitError::Unavailable(error.0))?;
            let may_ease = |at: &[usize]| at.iter().filter_map(|at| ops.get(*at)).any(|op| plan.may_ease(op));
            let retries = |at: &[usize]| contention.waits && !may_ease(at);
            let Err(failure) = self.transact(&ops, &mut backoff, retries).await else {
                self.note_stored(&plan);
                return Ok(());
            };
            let differs = self.differs_after(&failure, &plan, &ops, &mut heeds).await;
            // A commit that does not wait is decided anew, unless the token is reserved for it.
            let contended = matches!(failure, Failure::Contended { .. });
            let again = differs && (!contended || contention.waits || heeds.has_reserved());
            // Others may check its guards while it waits.
            drop(plan);
            if !again || !backoff.wait().await {
                return self.outcome(commit, &ops, failure, contention).await;
            }
            spread += 1;
        }
    }

    /// Whether another attempt would differ from the one that failed. Gives a token guards, or reserves it, if that helps.
    async fn differs_after(&self, failure: &Failure, plan: &Plan, ops: &[Op], heeds: &mut Heeds) -> bool {
        match failure {
            Failure::Contended { at, .. } => {
                let differs = self.ease(plan, ops, at).await;
                if heeds.may_reserve()
                    && let Some((verify, until)) = self.reserve_for(plan, ops, at, heeds.now()).await
                {
                    heeds.note_own(verify, until);
                }
                differs
            }
            Failure::Condition(position) => match ops.get(*position) {
                Some(op) => self.differs(plan, op, heeds).await,
                None => false,
            },
            _ => false,
        }
    }

    async fn outcome(
        &self,
        commit: &Commit,
        ops: &[Op],
        failure: Failure,
        contention: Contention,
    ) -> Result<(), CommitError> {
        match failure {
            Failure::Condition(position) => match self.is_stored(commit).await {
                Ok(true) => Ok(()),
                Ok(false) => {
                    Err(CommitError::Conflict(ops.get(position).and_then(|op| op.of).unwrap_or_default()))
                }
                Err(unavailable) => Err(CommitError::Unknown(unavailable.0)),
            },
            Failure::Lost(why) => Err(CommitError::Unknown(why)),
            Failure::Contended { why, .. } if !contention.waits => Err(CommitError::Contended(why)),
            failure => Err(CommitError::Unavailable(failure.why())),
        }
    }

    /// Whether a commit was stored.
    pub(super) async fn is_stored(&self, commit: &Commit) -> Result<bool, Unavailable> {
        if let Some(event) = commit.events.first() {
            let Some(feed) = event.feeds().into_iter().next() else { return Ok(false) };
            let shard = least_shard(&feed, event.uuid);
            return Ok(self.get(&Key::event(&feed, shard, event.uuid)).await?.is_some());
        }
        let manage_token = commit.writes.iter().find_map(|write| match write {
            Write::InsertManageToken(token) => Some(token),
            _ => None,
        });
        let Some(token) = manage_token else { return Ok(false) };
        let found = self.get(&Key::manage_token(token.id)).await?;
        // Another manage token may have the same id; the body holds the hash, which is unique.
        Ok(found.is_some_and(|found| item::json(token).ok().as_ref() == found.get("body")))
    }
}
