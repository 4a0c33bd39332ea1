//! Storage tokens that need a manage token to create.

use std::borrow::Cow;

use jeton_api::{
    settings::CreateToken,
    token::{BucketPermissions, TokenBody},
};
use jeton_core::{
    Error,
    secret::PlainSecret,
    store::{Commit, Write},
    text::trimmed,
    token::{Kind, NewToken, Token, default_description},
};

use super::project_in_path;
use crate::{
    authenticate::Manager,
    http::{ApiRequest, Reply},
    idempotency::OriginalResult,
    operation::create,
};

/// `POST /manage/projects/{project}/tokens`: creates a storage token, also with `canManageTokens`.
pub async fn create_token(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    let asked: CreateToken = request.body()?;
    let mut settings = asked.for_new()?;
    if trimmed(&settings.description).is_empty() {
        settings.description = default_description(&manager.token.description);
    }
    let new = NewToken {
        settings,
        creator_ends: None,
        kind: Kind::Limited,
        creator: None,
        member: None,
        owner: project.owner(),
    };
    manager.may_cause_events(&request.app, request.now).await?;
    let event_context = request.event_context(manager.actor());
    let sign = |commit: &mut Commit| {
        commit.writes.push(Write::RequireOpen(project.id));
        manager.sign(&request.app, request.now, commit);
        Ok(())
    };
    let (token, secret) = create::insert(request, project.id, &new, &event_context, sign).await?;
    Ok(answer(request, &token, &secret))
}

/// Replays the answer of an earlier call with the same key.
pub async fn create_token_again(request: &ApiRequest, original: OriginalResult) -> Result<Reply, Error> {
    let (token, secret) = original.copy(request).await?;
    Ok(answer(request, &token, &secret))
}

fn answer(request: &ApiRequest, token: &Token, secret: &PlainSecret) -> Reply {
    let body = TokenBody {
        bucket_permissions: BucketPermissions::AlwaysMap(Cow::Borrowed(&token.identity.permissions.buckets)),
        ..TokenBody::new(token.id, &token.identity, &request.app.public_url, request.now)
    };
    Reply::created(&body.with_secret(secret))
}
