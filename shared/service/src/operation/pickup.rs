//! Picking up what was shared: a copy of a token, or a place among a project's members.

use http::StatusCode;
use jeton_core::{
    Error,
    event::names,
    occasion::Actor,
    permission::Permissions,
    secret::{Code, PlainSecret},
    share::{Closed, MAX_ATTEMPTS, Offer, SentBy, Share, ShareId, State},
    store::{Commit, Write},
    time::Timestamp,
    token::{Identity, Token},
};

use super::manage;
use crate::{
    clock::entropy,
    http::{ApiRequest, Reply},
    mail::{self, LockedMail, PickedUpMail},
    page::{self, words},
    retry::{Attempts, Priority},
    wire::{
        pickup::{PickUp, PickUpBody, PickUpProject},
        token::BucketPermissions,
    },
};

/// `GET /pickup/{share}`: the same static page for every id. Reading it changes nothing, ever.
pub async fn page(_: &ApiRequest) -> Result<Reply, Error> {
    Ok(Reply::page(StatusCode::OK, page::pickup::shell()))
}

/// `GET /pickup/-/pickup.js`
pub async fn script(_: &ApiRequest) -> Result<Reply, Error> {
    Ok(Reply::asset("text/javascript; charset=utf-8", page::pickup::SCRIPT))
}

/// `GET /pickup/-/pickup.css`
pub async fn style(_: &ApiRequest) -> Result<Reply, Error> {
    Ok(Reply::asset("text/css; charset=utf-8", page::pickup::STYLE))
}

/// `POST /pickup/{share}`: with the secret, tells what is shared; with secret and code, hands it over,
/// once. Browsers get pages, everyone else JSON.
pub async fn pick_up(request: &ApiRequest) -> Result<Reply, Error> {
    if !request.wants_page() {
        return hand_over(request).await.map(|body| Reply::ok(&body));
    }
    let (status, markup) = match hand_over(request).await {
        Ok(body) => (StatusCode::OK, page::pickup::offer(&body, &request.app.public_url)),
        Err(error) => {
            let problem = crate::http::problem(&error);
            (problem.status, page::pickup::problem(&error, &problem.message))
        }
    };
    Ok(Reply::page(status, markup))
}

async fn hand_over(request: &ApiRequest) -> Result<PickUpBody, Error> {
    let id = ShareId::parse(request.text("share")).ok_or(Error::ShareNotFound)?;
    let asked: PickUp = request.body()?;
    let link = asked.secret.unwrap_or_default();
    let code = match asked.code.filter(|code| !code.is_empty()) {
        Some(code) => Some(
            Code::parse(&code)
                .ok_or_else(|| Error::bad_field("code", "code must be six digits; it was not counted"))?,
        ),
        None => None,
    };
    let share = request.app.store.share(&id).await?.ok_or(Error::ShareNotFound)?;
    share.opened_by(&link)?;
    let offered = offered(request, &share).await?;
    let Some(code) = code else { return Ok(body(&share, &offered, None)) };
    let Some(attempt) = request.app.store.reserve_attempt(&id).await? else {
        return Err(late(request, &id).await?);
    };
    if !share.code_is(&link, &code) {
        refuse(request, &share, attempt).await?;
        return Err(Error::WrongCode);
    }
    let (taken, secret) = take(request, &share).await?;
    tell_sharer(request, &share, &taken).await;
    Ok(body(&share, &taken, Some(&secret)))
}

/// What is picked up, as far as its recipient is told.
struct Offered {
    description: String,
    permissions: Permissions,
    expires: Option<Timestamp>,
}

impl From<Identity> for Offered {
    fn from(identity: Identity) -> Self {
        let Identity { description, permissions, expires, .. } = identity;
        Self { description, permissions, expires }
    }
}

/// What would be picked up, if it still can be. Errors: [`Error::ShareClosed`].
async fn offered(request: &ApiRequest, share: &Share) -> Result<Offered, Error> {
    if let Some(closed) = share.closed(request.now) {
        return Err(Error::ShareClosed(closed));
    }
    let ended = || Error::ShareClosed(Closed::Ended);
    if let SentBy::Token(sender) = share.sender.by
        && request.app.store.verify_item(share.project, sender).await?.is_none()
    {
        return Err(ended());
    }
    match &share.offer {
        Offer::Copy(token) => {
            let token = request.app.store.token(share.project, *token).await?.ok_or_else(ended)?;
            let listed = token.shares.iter().any(|open| open.id == share.id && open.is_open(request.now));
            let stands = listed && !token.identity.is_expired(request.now) && !token.identity.disabled;
            if stands { Ok(token.identity.into()) } else { Err(ended()) }
        }
        Offer::Membership(_) if manage::invitation_stands(request, share).await? => Ok(Offered {
            description: share.recipient.to_string(),
            permissions: Permissions::everything(),
            expires: None,
        }),
        Offer::Membership(_) => Err(ended()),
    }
}

/// Why no attempt could be reserved: whoever had the last one is done with it, or still at it.
async fn late(request: &ApiRequest, id: &ShareId) -> Result<Error, Error> {
    let share = request.app.store.share(id).await?.ok_or(Error::ShareNotFound)?;
    Ok(Error::ShareClosed(share.closed(request.now).unwrap_or(Closed::Locked)))
}

/// Remembers a wrong code. The last one locks the share, and the sharer is told.
async fn refuse(request: &ApiRequest, share: &Share, attempt: u8) -> Result<(), Error> {
    let last = attempt >= MAX_ATTEMPTS;
    let token = match share.offer {
        Offer::Membership(_) => return manage::refuse_invitation(request, share, last).await,
        Offer::Copy(token) => token,
    };
    let mut attempts = Attempts::new(Priority::Urgent);
    loop {
        let Some(token) = request.app.store.token(share.project, token).await? else { return Ok(()) };
        let occasion = request.occasion(Actor::Recipient);
        if !last {
            let reason = format!("wrong code, attempt {attempt} of {MAX_ATTEMPTS}");
            let event = token.share_event(share, names::TOKEN_SHARE_REFUSED, &reason, &occasion);
            return Ok(request.app.store.append(&event, 1).await?);
        }
        let reason = "locked after too many wrong codes";
        let change = token.close_share(share, names::TOKEN_SHARE_LOCKED, reason, &occasion);
        let writes =
            vec![Write::ReplaceToken(change.token), Write::EndShare(share.ended(State::Locked(request.now)))];
        match request.app.commit(&Commit { writes, events: vec![change.event] }).await? {
            None => {
                tell_locked(request, share, &token).await;
                return Ok(());
            }
            // Someone with the right code, reserved before, was still to come: the share is used.
            Some(1) => return Ok(()),
            Some(_) => attempts.lost().await?,
        }
    }
}

/// Takes what was shared. One conditional write decides who gets it.
async fn take(request: &ApiRequest, share: &Share) -> Result<(Offered, PlainSecret), Error> {
    let token = match share.offer {
        Offer::Membership(_) => {
            let (identity, secret) = manage::join(request, share).await?;
            return Ok((identity.into(), secret));
        }
        Offer::Copy(token) => token,
    };
    let mut attempts = Attempts::new(Priority::Urgent);
    loop {
        let ended = || Error::ShareClosed(Closed::Ended);
        let token: Token = request.app.store.token(share.project, token).await?.ok_or_else(ended)?;
        let occasion = request.occasion(Actor::Recipient);
        let picked_up = match token.pick_up(share, &occasion, &mut entropy()) {
            Ok(picked_up) => picked_up,
            Err(error) => return Err(used_or(request, share, error).await?),
        };
        let mut writes = vec![
            Write::ReplaceToken(picked_up.change.token.clone()),
            Write::EndShare(share.ended(State::Used(request.now))),
        ];
        if let SentBy::Token(sender) = share.sender.by
            && sender != token.id
        {
            writes.push(Write::RequireToken(share.project, sender));
        }
        let commit = Commit { writes, events: vec![picked_up.change.event] };
        match request.app.commit(&commit).await? {
            None => return Ok((picked_up.change.token.identity.into(), picked_up.secret)),
            Some(1) => return Err(used_or(request, share, ended()).await?),
            Some(2) => return Err(ended()),
            Some(_) => attempts.lost().await?,
        }
    }
}

/// When it was used, if it was used; else what else is wrong with it.
pub async fn used_or(request: &ApiRequest, share: &Share, otherwise: Error) -> Result<Error, Error> {
    let now = request.app.store.share(&share.id).await?;
    Ok(match now.map(|share| share.state) {
        Some(State::Used(at)) => Error::used(at),
        Some(State::Locked(_)) => Error::ShareClosed(Closed::Locked),
        _ => otherwise,
    })
}

async fn tell_sharer(request: &ApiRequest, share: &Share, taken: &Offered) {
    let Some(to) = &share.sender.email else { return };
    let mail = mail::picked_up_mail(&PickedUpMail {
        to: to.to_string(),
        recipient: share.recipient.to_string(),
        project: share.project_name.clone(),
        description: taken.description.clone(),
        when: request.now.to_string(),
    });
    notify(request, share, &mail).await;
}

async fn tell_locked(request: &ApiRequest, share: &Share, token: &Token) {
    let Some(to) = &share.sender.email else { return };
    let mail = mail::locked_mail(&LockedMail {
        to: to.to_string(),
        recipient: share.recipient.to_string(),
        project: share.project_name.clone(),
        description: token.identity.description.clone(),
        when: request.now.to_string(),
    });
    notify(request, share, &mail).await;
}

/// Sends a mail whose failure changes nothing: what it tells of has happened and has its event.
async fn notify(request: &ApiRequest, share: &Share, mail: &mail::Mail) {
    if let Err(error) = request.app.mail(mail).await {
        tracing::warn!(%error, share = %share.id, "the sharer was not told");
    }
}

fn body(share: &Share, offered: &Offered, secret: Option<&PlainSecret>) -> PickUpBody {
    let Offered { description, permissions, expires } = offered;
    PickUpBody {
        token: secret.map(|secret| secret.expose().to_owned()),
        state: if secret.is_some() { "pickedUp" } else { "open" },
        kind: match share.offer {
            Offer::Copy(_) => "token",
            Offer::Membership(_) => "membership",
        },
        description: description.clone(),
        sharer: share.sender.name.clone(),
        project: PickUpProject { id: share.project.number(), name: share.project_name.clone() },
        open_until: share.expires.to_string(),
        expires: expires.map(|at| at.to_string()),
        can_manage_buckets: permissions.manage_buckets,
        bucket_permissions: BucketPermissions::ListWhenEmpty(permissions.buckets.clone()),
        component_access: permissions.components.iter().map(ToString::to_string).collect(),
        may: words::may(permissions),
    }
}
