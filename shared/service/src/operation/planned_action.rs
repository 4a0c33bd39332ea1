//! The plan of an action on many tokens with an `Idempotency-Key`: a repeated call acts on the same tokens, and on each once.
//!
//! The plan is stored before the first change. The change of each token stores a part, an idempotency record of its own, in the same commit.
//! So a repeated call completes one that was interrupted, and undoes no change that others have made since. Of a call that ended otherwise than
//! planned, the end is stored before it is answered.

use jeton_core::{
    Error,
    action_plan::{ActionEnd, ActionPlan},
    id::TokenId,
    idempotency::{CreatedResource, IdempotencyRecord},
    store::{Commit, Write},
};

use crate::{
    authenticate::Bearer,
    http::ApiRequest,
    idempotency::{self, Keyed},
};

/// A stored plan.
pub struct Plan<'a> {
    keyed: &'a Keyed,
    record: IdempotencyRecord,
    /// What it says.
    pub action: ActionPlan,
}

/// The plan of this call, if it has a key and was made before. Of another call with this key there is none.
pub async fn made_before(request: &ApiRequest) -> Result<Option<Plan<'_>>, Error> {
    let Some(keyed) = &request.keyed else { return Ok(None) };
    let record = idempotency::earlier_record(request).await?;
    Ok(record.and_then(|record| match record.made.clone() {
        CreatedResource::Plan(action) => Some(Plan { keyed, record, action }),
        _ => None,
    }))
}

/// Stores the plan of a call that has a key. Returns the stored one: that of the same call at the same time, if it came first.
///
/// Errors: those of [`Bearer::try_commit`], also [`idempotency::KEY_IS_TAKEN`].
pub async fn make<'a>(
    request: &'a ApiRequest,
    bearer: &Bearer,
    action: ActionPlan,
) -> Result<Option<Plan<'a>>, Error> {
    let Some(keyed) = &request.keyed else { return Ok(None) };
    let record = keyed.new_record(CreatedResource::Plan(action.clone()), request.now);
    loop {
        let writes = vec![Write::InsertIdempotencyRecord(record.clone())];
        match bearer.try_commit(request, &mut Commit { writes, events: Vec::new() }).await {
            Ok(true) => return Ok(Some(Plan { keyed, record, action })),
            Ok(false) => {}
            Err(error) if idempotency::key_is_taken(&error) => {
                return made_before(request).await?.ok_or(error).map(Some);
            }
            Err(error) => return Err(error),
        }
    }
}

impl Plan<'_> {
    /// The part of a token. Its change is committed on the condition that the part is not stored yet.
    pub fn part(&self, token: TokenId) -> Write {
        Write::InsertIdempotencyRecord(self.keyed.part(&self.record, self.action.project, token))
    }

    /// Shortens the plan to where the call ended when it was sent before. Returns whether it ended otherwise than planned.
    pub async fn end_as_before(&mut self, request: &ApiRequest) -> Result<bool, Error> {
        let id = self.keyed.end(&self.record, ActionEnd::default()).id;
        let record = request.app.store.idempotency_record(&id).await?;
        let Some(CreatedResource::End(end)) = record.map(|record| record.made) else { return Ok(false) };
        self.action.tokens.truncate(end.answered);
        self.action.unchanged.extend(end.unchanged);
        self.action.next = end.next;
        Ok(true)
    }

    /// Stores where the call ended. Returns false if the same call at the same time ended first.
    ///
    /// Errors: those of [`Bearer::try_commit`]. Then nothing is known about the end, so the call has none: it is to be repeated.
    pub async fn store_end(
        &self,
        request: &ApiRequest,
        bearer: &Bearer,
        end: ActionEnd,
    ) -> Result<bool, Error> {
        let record = Write::InsertIdempotencyRecord(self.keyed.end(&self.record, end));
        loop {
            let mut commit = Commit { writes: vec![record.clone()], events: Vec::new() };
            match bearer.try_commit(request, &mut commit).await {
                Ok(false) => {}
                Err(error) if idempotency::key_is_taken(&error) => return Ok(false),
                stored => return stored,
            }
        }
    }

    /// Whether this call has changed the token, now or when it was sent before.
    pub async fn has_changed(&self, request: &ApiRequest, token: TokenId) -> Result<bool, Error> {
        let part = self.keyed.part(&self.record, self.action.project, token);
        Ok(request.app.store.idempotency_record(&part.id).await?.is_some())
    }
}
