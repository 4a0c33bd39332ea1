//! The event quota: bytes of events per token and hour, charged through leases (see `quota_lease`).

use jeton_core::{
    Error,
    budget::{Spend, event_bytes, event_bytes_of_manage_token, posted_bytes},
    event::{Event, WrittenEvent},
    id::{ManageTokenId, ProjectId, TokenId},
    time::Timestamp,
};

use super::{
    budgets::Budgets,
    quota_lease::{Leased, Quota, QuotaLeases, Who, seconds_left},
};

/// The event quotas of all tokens.
#[derive(Debug, Clone, Copy)]
pub struct EventQuota<'a> {
    /// The leases of this process.
    pub leases: &'a QuotaLeases,
    /// The budgets in the store.
    pub budgets: Budgets<'a>,
}

impl EventQuota<'_> {
    /// Charges the bytes of a posted event.
    ///
    /// Errors: [`Error::TooManyEvents`] if the quota of the token or its project is used up; [`Error::Unavailable`].
    pub async fn take_posted(
        &self,
        project: ProjectId,
        token: TokenId,
        bytes: usize,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.take((Quota::Posted, Who::Token(project, token)), size(bytes), now).await
    }

    /// Charges the bytes of the event of a question.
    ///
    /// Errors: as [`Self::take_posted`].
    pub async fn take_for(&self, event: &Event, now: Timestamp) -> Result<(), Error> {
        let Some(who) = who(event) else { return Ok(()) };
        self.take((Quota::Token, who), event.stored_bytes(), now).await
    }

    /// The same of an event that is written.
    ///
    /// Errors: as [`Self::take_posted`].
    pub async fn take_for_written(&self, event: &WrittenEvent, now: Timestamp) -> Result<(), Error> {
        let Some((project, token)) = event.project.zip(event.by) else { return Ok(()) };
        self.take((Quota::Token, Who::Token(project, token)), size(event.json.len()), now).await
    }

    /// Checks the quota of a token before a change, whose event is not known yet. Not called for revocations.
    ///
    /// Errors: as [`Self::take_posted`].
    pub async fn check(&self, project: ProjectId, token: TokenId, now: Timestamp) -> Result<(), Error> {
        self.take((Quota::Token, Who::Token(project, token)), 1, now).await
    }

    /// Checks the quota of a manage token before a change.
    ///
    /// Errors: as [`Self::take_posted`].
    pub async fn check_manage_token(&self, id: ManageTokenId, now: Timestamp) -> Result<(), Error> {
        self.take((Quota::Token, Who::Manage(id)), 1, now).await
    }

    /// Charges an event that is stored in any case. Returns whether it was within the quota.
    pub async fn count(&self, event: &Event, now: Timestamp) -> bool {
        let Some(who) = who(event) else { return true };
        let of = (Quota::Token, who);
        match self.take(of, event.stored_bytes(), now).await {
            Ok(()) => true,
            Err(Error::TooManyEvents(_)) => {
                self.leases.use_up(of, now);
                false
            }
            Err(error) => {
                tracing::warn!(%error, ?who, "failed to charge an event to the quota");
                true
            }
        }
    }

    async fn take(&self, of @ (quota, who): (Quota, Who), bytes: u32, now: Timestamp) -> Result<(), Error> {
        let mut piece = match self.leases.take(of, bytes, now) {
            Leased::Taken => return Ok(()),
            Leased::Exceeded => return Err(Error::TooManyEvents(seconds_left(now))),
            Leased::Ask(piece) => piece,
        };
        loop {
            let budgets: Vec<Spend> = match (quota, who) {
                (Quota::Token, Who::Token(project, token)) => event_bytes(project, token, piece, now),
                (Quota::Posted, Who::Token(project, token)) => posted_bytes(project, token, piece, now),
                (_, Who::Manage(id)) => event_bytes_of_manage_token(id, piece, now),
            };
            match self.budgets.spend(&budgets, now, Error::TooManyEvents).await {
                Ok(()) => {
                    self.leases.keep(of, piece, bytes, now);
                    return Ok(());
                }
                // The rest may be smaller than a lease, and enough.
                Err(Error::TooManyEvents(_)) if piece > bytes => piece = bytes,
                Err(error) => {
                    if matches!(error, Error::TooManyEvents(_)) {
                        self.leases.note_exceeded(of, bytes, now);
                    }
                    return Err(error);
                }
            }
        }
    }
}

/// The token that is charged for an event. Events of a manage token in a project are charged by their copy in its
/// history.
fn who(event: &Event) -> Option<Who> {
    let of_token = event.project.zip(event.by.token).map(|(project, token)| Who::Token(project, token));
    of_token.or(event.by.manage.map(Who::Manage))
}

fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
