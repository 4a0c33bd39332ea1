//! Sharing a token.

use std::collections::{BTreeMap, btree_map::Entry};

use jeton_core::{
    Error, budget,
    email::Email,
    event::names,
    id::TokenId,
    idempotency::CreatedResource,
    permission::{Call, call::CopyKind},
    secret::Code,
    share::{
        Credential, DEFAULT_SECONDS, MAX_MESSAGE, MAX_SECONDS, NewShare, Offer, Sender, SentBy, Share,
        ShareId, ShareSecrets, State,
    },
    store::{Commit, Write},
    time::Timestamp,
    token::{Hold, Token, earliest},
};

use super::{share_end::ending, target::target};
use crate::{
    app::Outcome,
    authenticate::Bearer,
    clock::entropy,
    http::{ApiRequest, Reply},
    idempotency::{HAS_ENDED, OriginalResult},
    mail::{self, Mail, NotSent, ShareMail},
    page::words,
    retry::{Attempts, RetryPolicy},
    wire::token_request::{SeparateCode, ShareToken},
    wire::unknown,
};

/// `POST /v2/storage/tokens/{token}/share`
///
/// The share and its event are stored before the mail leaves. When the mailer refuses, the share is
/// withdrawn and an event says so.
pub async fn share(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    Ok(send(request, bearer).await?.code.as_ref().map_or_else(Reply::no_content, separate_code))
}

/// `POST /v2/storage/tokens/{token}/shares/{share}/send`
///
/// An open share is sent once more, with a new link and a new code: the secrets of the older ones are not kept, and
/// open nothing from then on.
pub async fn share_again(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    Ok(send_again(request, bearer).await?.code.as_ref().map_or_else(Reply::no_content, separate_code))
}

/// The answer of an earlier call with the same key.
///
/// Nothing says whether its mail had left when its answer was lost. So while the share is open the mail
/// leaves once more, with the same link and code.
pub async fn replay(request: &ApiRequest, original: OriginalResult) -> Result<Reply, Error> {
    let (id, secrets) = original.share()?;
    let share = request.app.store.share(&id).await?.ok_or(Error::ShareNotFound)?;
    let asked = Asked::by(request.body()?, share.recipient.clone())?;
    let token = still_open(request, &share).await?;
    let SentBy::Token(sharer) = share.sender.by else { return Err(Error::ShareNotFound) };
    let budgets = budget::share_mail(share.project, sharer, &share.recipient, request.now);
    request.app.budgets().spend(&budgets, request.now, Error::TooManyMails).await?;
    let mail = mail_of(request, &share, &token, &asked, &secrets);
    let sent = request.app.mail(&mail).await;
    sent.map_err(|error| Error::Unavailable(format!("the mail did not leave again: {error}")))?;
    let code = asked.separate_code.then_some(secrets.code);
    Ok(code.as_ref().map_or_else(Reply::no_content, separate_code))
}

/// The token of a share that an earlier call opened, as long as the share can be picked up: a mail whose link opens
/// nothing does not leave.
///
/// Errors: [`Error::MailNotSent`] when the call itself withdrew it, since its mail did not leave, [`Error::Conflict`]
/// when it has been picked up, locked or withdrawn since, or has ended in another way.
async fn still_open(request: &ApiRequest, share: &Share) -> Result<Token, Error> {
    if share.state == State::Withdrawn(share.created) {
        return Err(Error::MailNotSent);
    }
    let Offer::Copy(token) = share.offer else { return Err(HAS_ENDED) };
    let mut token = request.app.store.token(share.project, token).await?.ok_or(HAS_ENDED)?;
    Sharers::default().drop_orphans(request, &mut token).await?;
    let can_be_picked_up =
        |token: &Token| token.open_share(&share.id, request.now).is_ok_and(|open| open.on_hold.is_none());
    let open = share.closed(request.now).is_none() && can_be_picked_up(&token);
    if open { Ok(token) } else { Err(HAS_ENDED) }
}

/// A share whose mail is on its way.
pub struct Sent {
    /// The share.
    pub share: Share,
    /// The code, when it was asked for in place of being mailed.
    pub code: Option<Code>,
}

/// What an earlier call with the same key sent, without sending it again. Errors: [`Error::MailNotSent`] when its mail
/// did not leave, [`Error::Conflict`] when it can no longer be picked up, [`Error::ShareNotFound`].
pub async fn sent_before(request: &ApiRequest, original: OriginalResult) -> Result<Sent, Error> {
    let (id, secrets) = original.share()?;
    let share = request.app.store.share(&id).await?.ok_or(Error::ShareNotFound)?;
    let token = still_open(request, &share).await?;
    let asked = Asked::by(request.body()?, share.recipient.clone())?;
    let end = until(&share, &token);
    Ok(Sent { share: share.ending_by(Some(end)), code: asked.separate_code.then_some(secrets.code) })
}

/// Shares the token in the path.
pub async fn send(request: &ApiRequest, bearer: &Bearer) -> Result<Sent, Error> {
    let token = target(request, bearer, Call::Share).await?;
    bearer.caller.may(Call::Share, token.target())?;
    token.requires_record()?;
    bearer.may_cause_events(&request.app, request.now).await?;
    let asked = Asked::of(request.body()?)?;
    deliver(request, bearer, token, asked, None).await
}

/// Sends the open share in the path once more, to the same address.
pub async fn send_again(request: &ApiRequest, bearer: &Bearer) -> Result<Sent, Error> {
    let token = target(request, bearer, Call::Share).await?;
    bearer.caller.may(Call::Share, token.target())?;
    let id = ShareId::parse(request.text("share")).ok_or(Error::ShareNotFound)?;
    let open = token.shares.iter().find(|open| open.id == id && open.is_open(request.now));
    let open = open.ok_or(Error::ShareNotFound)?;
    let own = open.sharer == bearer.caller.id
        && open.credential.is_some_and(|credential| credential.copy == bearer.caller.copy);
    if !own {
        // It takes back what another one has sent.
        bearer.caller.may(Call::WithdrawShare, token.target())?;
    }
    let recipient = open.recipient.clone();
    let asked = Asked::by(request.body()?, recipient)?;
    deliver(request, bearer, token, asked, Some(&id)).await
}

async fn deliver(
    request: &ApiRequest,
    bearer: &Bearer,
    token: Token,
    asked: Asked,
    replaced: Option<&ShareId>,
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
    // It ends with the token that it is of, and with the one that sent it.
    let share = share.ending_by(earliest([token.identity.expires, bearer.ends()]));
    let token = open(request, bearer, token, &share, replaced).await?;
    let mail = mail_of(request, &share, &token, &asked, &secrets);
    if let Err(error) = request.app.mail(&mail).await {
        tracing::warn!(%error, share = %share.id, "the mail of a share was not sent");
        let (reason, error) = not_sent(&error);
        withdraw(request, bearer, &share, token.id, reason).await?;
        return Err(error);
    }
    Ok(Sent { share, code: asked.separate_code.then_some(secrets.code) })
}

fn mail_of(
    request: &ApiRequest,
    share: &Share,
    token: &Token,
    asked: &Asked,
    secrets: &ShareSecrets,
) -> Mail {
    mail::share_mail(&ShareMail {
        to: share.recipient.to_string(),
        sharer: share.sender.name.clone(),
        by_token: share.sender.token.clone(),
        sharer_email: share.sender.email.as_ref().map(ToString::to_string),
        project: share.project_name.clone(),
        description: token.identity.description.clone(),
        permissions: words::may(&token.identity.permissions),
        message: asked.message.clone(),
        link: link(&request.app.public_url, share, secrets.link.expose()),
        code: (!asked.separate_code).then(|| secrets.code.expose().to_owned()),
        expires: until(share, token).for_people(),
    })
}

/// Until when a share can be picked up, as its token is now.
fn until(share: &Share, token: &Token) -> Timestamp {
    let listed = token.shares.iter().find(|open| open.id == share.id);
    listed.map_or(share.expires, |open| open.end(token).min(share.expires))
}

/// The link of a share. The secret is in the fragment, which browsers send to no server.
pub fn link(public_url: &str, share: &Share, secret: &str) -> String {
    format!("{public_url}/pickup/{}#{secret}", share.id)
}

struct Asked {
    recipient: Email,
    message: String,
    seconds: u64,
    separate_code: bool,
}

impl Asked {
    fn of(body: ShareToken) -> Result<Self, Error> {
        let recipient = body.recipient_email.as_deref().unwrap_or_default();
        let recipient = Email::parse(recipient)
            .ok_or_else(|| Error::bad_field("recipientEmail", "recipientEmail must be one e-mail address"))?;
        Self::by(body, recipient)
    }

    /// What is asked for of a share with this address, whatever the body says of it.
    fn by(body: ShareToken, recipient: Email) -> Result<Self, Error> {
        unknown::refuse(&body.unknown, &["recipientEmail", "message", "expiresIn", "separateCode"])?;
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
    let own = request.app.store.token(bearer.caller.project, bearer.caller.id).await?;
    let own = own.filter(|own| own.version == bearer.item.version).ok_or(Error::CallerChanged)?;
    let identity = &bearer.item.identity;
    let member = identity.member.as_ref();
    let description = &identity.description;
    Ok(Sender {
        by: SentBy::Token(bearer.caller.id),
        credential: Some(Credential {
            generation: own.generation,
            copy: bearer.caller.copy,
            ends: bearer.ends(),
            picked_up: bearer.caller.copy_kind == CopyKind::PickedUp,
        }),
        secret: None,
        token: (!identity.is_master()).then(|| description.clone()),
        name: member.map_or_else(|| description.clone(), |member| member.name.clone()),
        email: member.map(|member| member.email.clone()),
    })
}

async fn open(
    request: &ApiRequest,
    bearer: &Bearer,
    mut token: Token,
    share: &Share,
    replaced: Option<&ShareId>,
) -> Result<Token, Error> {
    bearer.admit(request)?;
    let mut sharers = Sharers::default();
    // A share that cannot be takes nothing from anybody's budget.
    let mut budgets = budget::share_mail(token.project, bearer.caller.id, &share.recipient, request.now);
    loop {
        bearer.caller.may(Call::Share, token.target())?;
        sharers.drop_orphans(request, &mut token).await?;
        let event_context = request.event_context(bearer.actor());
        let change = match replaced {
            Some(replaced) => token.share_again(replaced, share, bearer.caller.id, &event_context)?,
            None => token.share(share, bearer.caller.id, &event_context)?,
        };
        if !budgets.is_empty() {
            let budgets = std::mem::take(&mut budgets);
            request.app.budgets().spend(&budgets, request.now, Error::TooManyMails).await?;
        }
        let mut writes = vec![Write::ReplaceToken(change.token.clone()), Write::InsertShare(share.clone())];
        if let Some(replaced) = replaced {
            writes.extend(ending(request, replaced).await?);
        }
        writes.extend(request.idempotency_record(CreatedResource::Share(share.id.clone())));
        if bearer.try_commit(request, &mut Commit { writes, events: vec![change.event] }).await? {
            return Ok(change.token);
        }
        token = target(request, bearer, Call::Share).await?;
    }
}

/// The sharers of a project, asked for as often as needed and looked up once.
#[derive(Default)]
pub struct Sharers(BTreeMap<TokenId, Sharer>);

/// What is known of a sharer.
enum Sharer {
    Gone,
    There(Box<Token>),
    Unreadable,
}

impl Sharers {
    /// Leaves out the shares that do not stand any more, because their sharer is gone or the copy has ended that sent
    /// them: nobody can pick them up, so they are neither shown as open nor do they count. Notes of the others why
    /// their sender holds them back at the moment.
    pub async fn drop_orphans(&mut self, request: &ApiRequest, token: &mut Token) -> Result<(), Error> {
        for sharer in token.shares.iter().map(|share| share.sharer) {
            if let Entry::Vacant(unknown) = self.0.entry(sharer) {
                let there = request.app.store.token(token.project, sharer).await;
                // One that cannot be read may be there, and is no reason to show nothing.
                unknown.insert(there.map_or(Sharer::Unreadable, |there| {
                    there.map_or(Sharer::Gone, |sharer| Sharer::There(Box::new(sharer)))
                }));
            }
        }
        let holds: BTreeMap<ShareId, Hold> = token
            .shares
            .iter()
            .filter_map(|share| {
                let Some(Sharer::There(sharer)) = self.0.get(&share.sharer) else { return None };
                Some((share.id.clone(), sharer.holds_back(token)?))
            })
            .collect();
        token.shares.retain_mut(|share| match self.0.get(&share.sharer) {
            Some(Sharer::There(sharer)) => {
                share.on_hold = holds.get(&share.id).copied();
                share.sent_by_one_that_ends(sharer.identity.expires);
                sharer.stands_by(share.credential, share.created, request.now) && share.is_open(request.now)
            }
            Some(Sharer::Unreadable) => true,
            Some(Sharer::Gone) | None => false,
        });
        Ok(())
    }
}

/// What the history and the caller are told of a mail that did not leave.
pub fn not_sent(error: &NotSent) -> (&'static str, Error) {
    if error.refuses_address() {
        ("the mail server refused the address", Error::AddressRefused)
    } else if error.is_for_good() {
        ("the mail server refused the mail", Error::MailRefused)
    } else {
        ("the mail could not be sent", Error::MailNotSent)
    }
}

/// Takes a share back whose mail could not be sent. When its token has gone or has been refreshed
/// meanwhile, the share is closed already.
async fn withdraw(
    request: &ApiRequest,
    bearer: &Bearer,
    share: &Share,
    token: TokenId,
    reason: &str,
) -> Result<(), Error> {
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let Some(token) = request.app.store.token(share.project, token).await? else { return Ok(()) };
        let event_context = request.event_context(bearer.actor());
        let change = token.close_share(share, names::TOKEN_SHARE_REFUSED, reason, &event_context);
        let writes = vec![
            Write::ReplaceToken(change.token),
            Write::EndShare(share.ended(State::Withdrawn(request.now))),
        ];
        match request.app.commit_by(&attempts, &Commit { writes, events: vec![change.event] }).await? {
            Outcome::Stored | Outcome::Conflict(Some(Write::EndShare(_))) => return Ok(()),
            Outcome::Conflict(_) => attempts.after_conflict().await?,
        }
    }
}

fn separate_code(code: &Code) -> Reply {
    Reply::ok(&SeparateCode { code: code.expose().to_owned() })
}
