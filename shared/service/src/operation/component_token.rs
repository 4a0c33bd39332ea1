//! The token of a component configuration: created once, deleted with the configuration.

use jeton_api::{settings::CreateToken, token::TokenBody};
use jeton_core::{
    Error,
    id::NewTokenIds,
    idempotency::CreatedResource,
    permission::{Call, ComponentId},
    store::{Commit, Write},
    token::{Kind, Token, valid_configuration},
};

use super::{create, expiry_sweep, update};
use crate::{
    authenticate::Bearer,
    clock::entropy,
    http::{ApiRequest, Reply},
    idempotency::{self, OriginalResult},
};

/// `PUT /v2/storage/components/{component}/configs/{config}/token`
///
/// The first call creates the token and returns its secret. Later ones replace the settings that they contain, and
/// change nothing without any.
pub async fn put(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::PutComponentToken, None)?;
    let place = Place::of(request)?;
    let asked: CreateToken = request.body()?;
    let mut ids = NewTokenIds::new(request.now);
    loop {
        match existing(request, bearer, &place).await? {
            Some(token) if token.identity.is_expired(request.now) => {
                // It has expired, and the sweep has not removed it yet.
                expiry_sweep::remove(&request.app, token, request.now).await?;
            }
            Some(token) => {
                if let Some(original) = idempotency::made_before(request).await? {
                    // A caller without the right to make the call does not get its answer.
                    bearer.caller.may(Call::PutComponentToken, token.target())?;
                    create::new_token(bearer, &asked, place.kind(), Call::PutComponentToken)?;
                    return replay(request, original).await;
                }
                asked.agrees_that(token.identity.disabled)?;
                let update = asked.as_update().changes(&token.identity, request.now)?;
                if update.disabled == Some(true) || update.takes_away(&token.identity)? {
                    request.prioritize(token.project, token.id);
                }
                if let Some(updated) =
                    update::apply(request, bearer, token, &update, Call::PutComponentToken).await?
                {
                    return Ok(Reply::ok(&body(request, &updated.token)));
                }
            }
            None => {
                let new = create::new_token(bearer, &asked, place.kind(), Call::PutComponentToken)?;
                bearer.may_cause_events(&request.app, request.now).await?;
                let event_context = request.event_context(bearer.actor());
                let (project, id) = (bearer.caller.project, ids.draw(&mut entropy()));
                let (change, secret) = new.create(project, id, &event_context, &mut request.secrets())?;
                let mut writes = vec![Write::InsertToken(change.token.clone())];
                writes.extend(request.idempotency_record(CreatedResource::Copy(project, id)));
                let mut commit = Commit { writes, events: vec![change.event] };
                // A conflict: the id exists, or a concurrent call created the token.
                if bearer.try_commit(request, &mut commit).await? {
                    return Ok(Reply::created(&body(request, &change.token).with_secret(&secret)));
                }
            }
        }
    }
}

/// Replays the answer of an earlier call with the same key.
pub async fn replay(request: &ApiRequest, original: OriginalResult) -> Result<Reply, Error> {
    let (token, secret) = original.copy(request).await?;
    Ok(Reply::created(&body(request, &token).with_secret(&secret)))
}

/// `DELETE /v2/storage/components/{component}/configs/{config}/token`
pub async fn delete(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::DeleteComponentToken, None)?;
    let place = Place::of(request)?;
    loop {
        let token = existing(request, bearer, &place).await?.ok_or(Error::TokenNotFound)?;
        bearer.caller.may(Call::DeleteComponentToken, token.target())?;
        request.prioritize(token.project, token.id);
        let event = token.deleted_event(&request.event_context(bearer.actor()));
        let tombstone = token.tombstone(request.now);
        let writes = vec![Write::RemoveToken { token, tombstone }];
        if bearer.try_commit(request, &mut Commit { writes, events: vec![event] }).await? {
            return Ok(Reply::no_content());
        }
    }
}

struct Place {
    component: ComponentId,
    configuration: String,
}

impl Place {
    fn of(request: &ApiRequest) -> Result<Self, Error> {
        let configuration = request.name("config")?;
        if !valid_configuration(configuration) {
            return Err(Error::NoRoute);
        }
        Ok(Self { component: request.component("component")?, configuration: configuration.to_owned() })
    }

    fn kind(&self) -> Kind {
        Kind::Configuration {
            component: self.component.to_string(),
            configuration: self.configuration.clone(),
        }
    }
}

async fn existing(request: &ApiRequest, bearer: &Bearer, place: &Place) -> Result<Option<Token>, Error> {
    let (store, project) = (&request.app.store, bearer.caller.project);
    match store.configuration_token(project, place.component.as_str(), &place.configuration).await? {
        Some(id) => Ok(store.token(project, id).await?),
        None => Ok(None),
    }
}

fn body<'a>(request: &'a ApiRequest, token: &'a Token) -> TokenBody<'a> {
    TokenBody::new(token.id, &token.identity, &request.app.public_url, request.now)
}
