//! The tokens of a removed member: they stay without the member's name, or are deleted as well.

use jeton_api::removal::LeftToken;
use jeton_core::{
    Error,
    event::{Order, PAGE_BYTES},
    id::{MemberId, ProjectId, TokenId},
    store::{Commit, Revocable, Write},
    token::Token,
};

use super::MembershipActor;
use crate::{
    http::ApiRequest,
    retry::{Attempts, RetryPolicy},
};

/// How many tokens are read from the store at a time.
const PAGE: usize = 500;

/// How many tokens of a project are searched for those of a removed member, to remove the name. Tokens beyond that
/// lose it when they are next used.
const MOST_LOOKED_AT: usize = 100_000;

/// How many tokens an answer lists.
const MOST_NAMED: usize = 10_000;

/// The tokens of a removed member.
#[derive(Debug, Default)]
pub struct LeftBehind {
    /// The tokens, in the order of their ids.
    pub tokens: Vec<LeftToken>,
    /// Whether there may be more.
    pub more: bool,
}

/// The tokens that a member created. Changes nothing.
pub async fn created(
    request: &ApiRequest,
    project: ProjectId,
    member: MemberId,
) -> Result<LeftBehind, Error> {
    let (mut left, mut after, mut looked_at) = (LeftBehind::default(), None, 0);
    loop {
        let page = request.app.store.tokens(project, after, Order::Ascending, PAGE, PAGE_BYTES).await?;
        let Some(last) = page.last else { return Ok(left) };
        (after, looked_at) = (Some(last), looked_at + page.tokens.len());
        page.tokens
            .iter()
            .filter(|token| token.is_of_member(member))
            .for_each(|token| left.name(token, false));
        if looked_at >= MOST_LOOKED_AT {
            return Ok(LeftBehind { more: true, ..left });
        }
    }
}

/// Removes the member's name from the tokens that they created, and returns these.
pub async fn disown(
    request: &ApiRequest,
    project: ProjectId,
    member: MemberId,
    by: &MembershipActor<'_>,
) -> Result<LeftBehind, Error> {
    let (mut left, mut after, mut looked_at) = (LeftBehind::default(), None, 0);
    loop {
        let page = request.app.store.tokens(project, after, Order::Ascending, PAGE, PAGE_BYTES).await?;
        let Some(last) = page.last else { return Ok(left) };
        (after, looked_at) = (Some(last), looked_at + page.tokens.len());
        for token in page.tokens.into_iter().filter(|token| token.is_of_member(member)) {
            left.name(&token, false);
            // A placeholder must not replace its record.
            if !token.is_placeholder {
                forget(request, token, member, by).await?;
            }
        }
        if looked_at >= MOST_LOOKED_AT {
            return Ok(LeftBehind { more: true, ..left });
        }
    }
}

/// Deletes the tokens that a member created, those of configurations too, and returns them. It repeats until none is
/// left, so it also finds those that one of the tokens creates meanwhile.
pub async fn end(
    request: &ApiRequest,
    project: ProjectId,
    member: MemberId,
    by: &MembershipActor<'_>,
    signed: bool,
) -> Result<LeftBehind, Error> {
    let mut left = LeftBehind::default();
    loop {
        let (mut after, mut found) = (None, false);
        loop {
            let page = request.app.store.tokens(project, after, Order::Ascending, PAGE, PAGE_BYTES).await?;
            let Some(last) = page.last else { break };
            after = Some(last);
            for token in page.tokens.into_iter().filter(|token| token.is_of_member(member)) {
                if delete(request, project, token.id, by, signed).await? {
                    left.name(&token, true);
                    found = true;
                }
            }
        }
        if !found {
            return Ok(left);
        }
    }
}

impl LeftBehind {
    fn name(&mut self, token: &Token, ended: bool) {
        if self.tokens.len() < MOST_NAMED {
            self.tokens.push(LeftToken::of(token, ended));
        } else {
            self.more = true;
        }
    }
}

async fn forget(
    request: &ApiRequest,
    mut token: Token,
    member: MemberId,
    by: &MembershipActor<'_>,
) -> Result<(), Error> {
    let attempts = Attempts::new(RetryPolicy::Backoff);
    loop {
        let event_context = request.event_context(by.actor.clone());
        let Some(change) = token.member_left(member, &event_context) else { return Ok(()) };
        let writes = vec![Write::ReplaceToken(change.token)];
        if request.app.try_commit(&attempts, &Commit { writes, events: vec![change.event] }).await? {
            return Ok(());
        }
        let Some(again) = request.app.store.token(token.project, token.id).await? else { return Ok(()) };
        token = again;
    }
}

/// Deletes a token. False if it was gone.
async fn delete(
    request: &ApiRequest,
    project: ProjectId,
    id: TokenId,
    by: &MembershipActor<'_>,
    signed: bool,
) -> Result<bool, Error> {
    let attempts = Attempts::new(RetryPolicy::Immediate);
    attempts.prioritize(&request.app.throttle.changes, Revocable::Token(project, id));
    loop {
        let Some(token) = request.app.store.token(project, id).await? else { return Ok(false) };
        let event = token.deleted_event(&request.event_context(by.actor.clone()));
        let tombstone = token.tombstone(request.now);
        let mut commit =
            Commit { writes: vec![Write::RemoveToken { token, tombstone }], events: vec![event] };
        if signed {
            by.sign(request, &mut commit)?;
        }
        if request.app.try_commit(&attempts, &commit).await? {
            return Ok(true);
        }
    }
}
