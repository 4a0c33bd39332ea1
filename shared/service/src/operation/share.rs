//! Sharing a token.

use jeton_api::{
    token_request::{SeparateCode, ShareToken},
    unknown,
};
use jeton_core::{
    Error, budget,
    email::Email,
    event_context::EventContext,
    id::TokenId,
    idempotency::CreatedResource,
    permission::{Call, call::CopyKind},
    secret::Code,
    share::{
        Credential, DEFAULT_SECONDS, MAX_MESSAGE, MAX_SECONDS, NewShare, Offer, Sender, SentBy, Share,
        ShareId, ShareSecrets,
    },
    store::{Commit, Write},
    time::Timestamp,
    token::{Token, earliest},
};

use super::{
    offer::{
        availability,
        send::{Draft, charge, deliver_again, send as send_offer},
    },
    share_end::ending,
    sharers::Sharers,
    target::target,
};
use crate::{
    app::Outcome,
    authenticate::Bearer,
    clock::entropy,
    http::{ApiRequest, Reply},
    idempotency::{HAS_ENDED, OriginalResult, earlier_record, key_is_taken},
    mail::{self, Mail, ShareMail},
    page::words,
};

/// `POST /v2/storage/tokens/{token}/share`
pub async fn share(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    Ok(answer(send(request, bearer).await?.code.as_ref()))
}

/// `POST /v2/storage/tokens/{token}/shares/{share}/send`
///
/// Resends a pending share with a new link and a new code: the secrets of the older ones are not kept, and are not
/// valid any more.
pub async fn share_again(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    Ok(answer(send_again(request, bearer).await?.code.as_ref()))
}

fn answer(separate_code: Option<&Code>) -> Reply {
    separate_code
        .map_or_else(Reply::no_content, |code| Reply::ok(&SeparateCode { code: code.expose().to_owned() }))
}

/// Replays the answer of an earlier call with the same key.
///
/// It is not known whether the mail was sent before the answer was lost. So while the share can be picked up, the mail
/// is sent again, with the same link and code. Beyond the quota of mails it is not: the first one was charged.
pub async fn replay(request: &ApiRequest, original: OriginalResult) -> Result<Reply, Error> {
    let (share, secrets, token) = availability::sent_before(request, original).await?;
    let token = token.ok_or(HAS_ENDED)?;
    let SentBy::Token(sharer) = share.sender.by else { return Err(Error::ShareNotFound) };
    let asked = ShareRequest::by(request.body()?, share.recipient.clone())?;
    let budgets = budget::share_mail(share.project, sharer, &share.recipient, request.now);
    match charge(&request.app, &budgets, request.now).await {
        Ok(()) => {
            claim_mail(request, &share, token.id).await?;
            let mail = mail_of(request, &share, &token, &asked, &secrets);
            deliver_again(&request.app, &share, &mail).await?;
        }
        Err(Error::TooManyMails(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(answer(asked.separate_code.then_some(&secrets.code)))
}

/// Claims the mail of a share for a repeated call, so that the first one does not withdraw it any more.
///
/// Errors: those of the first call if its mail has failed.
async fn claim_mail(request: &ApiRequest, share: &Share, token: TokenId) -> Result<(), Error> {
    let (Some(keyed), Some(whole)) = (&request.keyed, earlier_record(request).await?) else { return Ok(()) };
    let claim = Write::InsertIdempotencyRecord(keyed.part(&whole, share.project, token));
    match request.app.commit(&Commit { writes: vec![claim], events: Vec::new() }).await {
        Err(error) if key_is_taken(&error) => {
            let now = request.app.store.share(&share.id).await?;
            now.and_then(|now| now.why_not_mailed()).map_or(Ok(()), |why| Err(why.error()))
        }
        Err(error) => Err(error),
        Ok(Outcome::Stored) => Ok(()),
        Ok(Outcome::Conflict(_)) => Err(Error::Unavailable("another call claims the mail now".to_owned())),
    }
}

/// A share that was sent.
pub struct Sent {
    /// The share.
    pub share: Share,
    /// The code, if the request asked for it in the answer instead of the mail.
    pub code: Option<Code>,
}

/// The share that an earlier call with the same key sent, without sending it again. Errors: [`Error::MailNotSent`] when
/// its mail failed, [`Error::Conflict`] when it can no longer be picked up, [`Error::ShareNotFound`].
pub async fn sent_before(request: &ApiRequest, original: OriginalResult) -> Result<Sent, Error> {
    let (share, secrets, token) = availability::sent_before(request, original).await?;
    let asked = ShareRequest::by(request.body()?, share.recipient.clone())?;
    let end = token.map(|token| until(&share, &token));
    Ok(Sent { share: share.ending_by(end), code: asked.separate_code.then_some(secrets.code) })
}

/// Shares the token in the path.
pub async fn send(request: &ApiRequest, bearer: &Bearer) -> Result<Sent, Error> {
    let token = target(request, bearer, Call::Share).await?;
    bearer.caller.may(Call::Share, token.target())?;
    token.requires_record()?;
    bearer.may_cause_events(&request.app, request.now).await?;
    let asked = ShareRequest::of(request.body()?)?;
    deliver(request, bearer, token, asked, None).await
}

/// Resends the pending share in the path to the same address.
pub async fn send_again(request: &ApiRequest, bearer: &Bearer) -> Result<Sent, Error> {
    let token = target(request, bearer, Call::Share).await?;
    bearer.caller.may(Call::Share, token.target())?;
    let id = ShareId::parse(request.text("share")).ok_or(Error::ShareNotFound)?;
    let open = token.shares.iter().find(|open| open.id == id && open.is_open(request.now));
    let open = open.ok_or(Error::ShareNotFound)?;
    let is_own = open.sharer == bearer.caller.id
        && open.credential.is_some_and(|credential| credential.copy == bearer.caller.copy);
    if !is_own {
        // It withdraws the share of another sender.
        bearer.caller.may(Call::WithdrawShare, token.target())?;
    }
    bearer.may_cause_events(&request.app, request.now).await?;
    let recipient = open.recipient.clone();
    let asked = ShareRequest::by(request.body()?, recipient)?;
    deliver(request, bearer, token, asked, Some(id)).await
}

async fn deliver(
    request: &ApiRequest,
    bearer: &Bearer,
    token: Token,
    asked: ShareRequest,
    replaced: Option<ShareId>,
) -> Result<Sent, Error> {
    let (share, secrets) = NewShare {
        project: token.project,
        project_name: token.identity.owner.name.clone(),
        offer: Offer::Copy(token.id),
        recipient: asked.recipient.clone(),
        sender: sender(request, bearer).await?,
        seconds: asked.seconds,
    }
    .open(ShareId::random(&mut entropy()), request.now, &mut request.secrets());
    // It ends with its token, and with the token that sent it.
    let opened = (share.ending_by(earliest([token.identity.expires, bearer.ends()])), secrets);
    bearer.admit(request)?;
    let budgets = budget::share_mail(token.project, bearer.caller.id, &asked.recipient, request.now);
    let sharers = Sharers::default();
    let mut draft = ShareDraft { request, bearer, asked, replaced, token, is_read: true, sharers };
    send_offer(&request.app, &mut draft, &opened, budgets).await?;
    let (share, secrets) = opened;
    Ok(Sent { share, code: draft.asked.separate_code.then_some(secrets.code) })
}

/// A share before it is stored.
struct ShareDraft<'a> {
    request: &'a ApiRequest,
    bearer: &'a Bearer,
    asked: ShareRequest,
    /// The pending share to replace.
    replaced: Option<ShareId>,
    /// The token as read, or as stored with the share.
    token: Token,
    /// Whether the token was read since the last attempt to store it.
    is_read: bool,
    sharers: Sharers,
}

impl Draft for ShareDraft<'_> {
    async fn look(&mut self, share: &Share) -> Result<Commit, Error> {
        let (request, bearer) = (self.request, self.bearer);
        if !std::mem::take(&mut self.is_read) {
            self.token = target(request, bearer, Call::Share).await?;
        }
        bearer.caller.may(Call::Share, self.token.target())?;
        self.sharers.drop_orphans(request, &mut self.token).await?;
        let event_context = self.event_context();
        let change = match &self.replaced {
            Some(replaced) => self.token.share_again(replaced, share, bearer.caller.id, &event_context)?,
            None => self.token.share(share, bearer.caller.id, &event_context)?,
        };
        self.token = change.token;
        let mut writes = vec![Write::ReplaceToken(self.token.clone()), Write::InsertShare(share.clone())];
        if let Some(replaced) = &self.replaced {
            writes.extend(ending(request, replaced).await?);
        }
        writes.extend(request.idempotency_record(CreatedResource::Share(share.id.clone())));
        Ok(Commit { writes, events: vec![change.event] })
    }

    async fn try_commit(&self, mut commit: Commit) -> Result<bool, Error> {
        self.bearer.try_commit(self.request, &mut commit).await
    }

    fn mail(&self, share: &Share, secrets: &ShareSecrets) -> Mail {
        mail_of(self.request, share, &self.token, &self.asked, secrets)
    }

    fn event_context(&self) -> EventContext {
        self.request.event_context(self.bearer.actor())
    }

    fn claim(&self, share: &Share) -> Option<Write> {
        let keyed = self.request.keyed.as_ref()?;
        let whole = keyed.new_record(CreatedResource::Share(share.id.clone()), self.request.now);
        Some(Write::InsertIdempotencyRecord(keyed.part(&whole, share.project, self.token.id)))
    }
}

fn mail_of(
    request: &ApiRequest,
    share: &Share,
    token: &Token,
    asked: &ShareRequest,
    secrets: &ShareSecrets,
) -> Mail {
    let listed = token.shares.iter().find(|open| open.id == share.id);
    let token_expires = listed.map_or(token.identity.expires, |open| open.copy_end(token));
    mail::share_mail(
        &request.app.letterhead(),
        &ShareMail {
            to: share.recipient.to_string(),
            sharer: share.sender.name.clone(),
            by_token: share.sender.token.clone(),
            sharer_email: share.sender.email.as_ref().map(ToString::to_string),
            project: share.project_name.clone(),
            description: token.identity.description.clone(),
            permissions: words::beginning(words::may(&token.identity)),
            message: asked.message.clone(),
            link: share.pickup_link(&request.app.public_url, secrets),
            code: (!asked.separate_code).then(|| secrets.code.expose().to_owned()),
            expires: until(share, token).for_people(),
            token_expires: token_expires.map(Timestamp::for_people),
        },
    )
}

/// When a share ends, in the present state of its token.
fn until(share: &Share, token: &Token) -> Timestamp {
    let listed = token.shares.iter().find(|open| open.id == share.id);
    listed.map_or(share.expires, |open| open.end(token).min(share.expires))
}

struct ShareRequest {
    recipient: Email,
    message: String,
    seconds: u64,
    separate_code: bool,
}

impl ShareRequest {
    fn of(body: ShareToken) -> Result<Self, Error> {
        let recipient = body.recipient_email.as_deref().unwrap_or_default();
        let recipient = Email::parse(recipient)
            .ok_or_else(|| Error::bad_field("recipientEmail", "recipientEmail must be one e-mail address"))?;
        Self::by(body, recipient)
    }

    /// The request for a share with this address, whatever address the body has.
    fn by(body: ShareToken, recipient: Email) -> Result<Self, Error> {
        unknown::reject(&body.unknown, &["recipientEmail", "message", "expiresIn", "separateCode"])?;
        let message = body.message.unwrap_or_default();
        if message.chars().count() > MAX_MESSAGE || message.contains('\0') {
            return Err(Error::bad_field(
                "message",
                format!("message must have at most {MAX_MESSAGE} characters, none of them NUL"),
            ));
        }
        let seconds = body.expires_in.map_or(Ok(DEFAULT_SECONDS), u64::try_from).unwrap_or(0);
        if !(1..=MAX_SECONDS).contains(&seconds) {
            return Err(Error::bad_field(
                "expiresIn",
                format!("expiresIn must be from 1 to {MAX_SECONDS} seconds"),
            ));
        }
        Ok(Self { recipient, message, seconds, separate_code: body.separate_code.unwrap_or_default() })
    }
}

async fn sender(request: &ApiRequest, bearer: &Bearer) -> Result<Sender, Error> {
    let sender = request.app.store.token(bearer.caller.project, bearer.caller.id).await?;
    let sender = sender.filter(|sender| sender.version == bearer.item.version).ok_or(Error::CallerChanged)?;
    let identity = &bearer.item.identity;
    let member = identity.member.as_ref();
    let description = &identity.description;
    Ok(Sender {
        by: SentBy::Token(bearer.caller.id),
        credential: Some(Credential {
            generation: sender.generation,
            copy: bearer.caller.copy,
            ends: bearer.ends(),
            picked_up: bearer.caller.copy_kind == CopyKind::PickedUp,
        }),
        version: None,
        secret: None,
        token: (!identity.is_master()).then(|| description.clone()),
        name: member.map_or_else(|| description.clone(), |member| member.name.clone()),
        email: member.map(|member| member.email.clone()),
    })
}
