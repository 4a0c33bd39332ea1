//! Sending an offer.

use std::future::Future;

use jeton_core::{
    Error,
    budget::Spend,
    event_context::EventContext,
    share::{MailFailure, Share, ShareSecrets, State},
    store::{Commit, Write},
    time::Timestamp,
};

use super::close::{Close, close_with};
use crate::{
    app::App,
    mail::{Mail, NotSent},
};

/// The differences between sending a share, an invitation and a sign-in.
pub trait Draft: Send {
    /// Checks whether the offer can be made now, and returns the commit for it. Called again after each conflict.
    fn look(&mut self, share: &Share) -> impl Future<Output = Result<Commit, Error>> + Send;

    /// Stores it on behalf of the sender. False after a conflict with another writer.
    fn try_commit(&self, commit: Commit) -> impl Future<Output = Result<bool, Error>> + Send;

    /// The mail of the offer, as it was stored.
    fn mail(&self, share: &Share, secrets: &ShareSecrets) -> Mail;

    /// The sender, for the events.
    fn event_context(&self) -> EventContext;

    /// The claim of the mail, if the call can be repeated and each time mails. Whoever stores it first decides: a repeated call that mails, or
    /// the first one, whose mail has failed and which withdraws the offer.
    fn claim(&self, _share: &Share) -> Option<Write> {
        None
    }
}

/// Sends a new offer. `budgets` are the charges of its mail.
///
/// Errors: those of the draft, [`Error::TooManyMails`], and those of [`deliver`].
pub async fn send(
    app: &App,
    draft: &mut impl Draft,
    (share, secrets): &(Share, ShareSecrets),
    budgets: Vec<Spend>,
) -> Result<(), Error> {
    store(app, draft, share, budgets).await?;
    let (mail, claim) = (draft.mail(share, secrets), draft.claim(share));
    deliver(app, share, (&mail, claim.as_ref()), &draft.event_context()).await
}

/// Stores an offer before its mail is sent. One that cannot be made is not charged.
pub async fn store(
    app: &App,
    draft: &mut impl Draft,
    share: &Share,
    mut budgets: Vec<Spend>,
) -> Result<(), Error> {
    loop {
        let commit = draft.look(share).await?;
        if !budgets.is_empty() {
            charge(app, &std::mem::take(&mut budgets), share.created).await?;
        }
        if draft.try_commit(commit).await? {
            return Ok(());
        }
    }
}

/// Charges the budgets for a mail. Errors: [`Error::TooManyMails`], [`Error::Unavailable`].
pub async fn charge(app: &App, budgets: &[Spend], now: Timestamp) -> Result<(), Error> {
    app.budgets().spend(budgets, now, Error::TooManyMails).await
}

/// Mails a stored offer. If the mail fails, the offer is withdrawn, with an event that has the reason, unless a repeated call has mailed it
/// meanwhile.
///
/// Errors: [`Error::AddressRejected`], [`Error::MailRejected`], [`Error::MailNotSent`]; [`Error::MailUnavailable`] if a repeated call has mailed
/// it.
pub async fn deliver(
    app: &App,
    share: &Share,
    (mail, claim): (&Mail, Option<&Write>),
    sender: &EventContext,
) -> Result<(), Error> {
    match app.mail(&of_offer(share, mail)).await {
        Ok(()) => Ok(()),
        Err(failure) => withdraw(app, share, (mail, claim), &failure, sender).await,
    }
}

/// Mails an offer again whose mail may have been sent already. So a failure does not end it: its recipient may hold the link.
///
/// Errors: [`Error::MailUnavailable`].
pub async fn deliver_again(app: &App, share: &Share, mail: &Mail) -> Result<(), Error> {
    app.mail(&of_offer(share, mail)).await.map_err(|failure| {
        tracing::warn!(error = %failure, share = %share.id, kind = mail.kind, "failed to send the mail of a share again");
        Error::MailUnavailable(failure.to_string())
    })
}

/// The mail with the id of its offer, by which one that comes back is found.
fn of_offer(share: &Share, mail: &Mail) -> Mail {
    Mail { offer: Some(share.id.clone()), ..mail.clone() }
}

/// Withdraws an offer whose mail failed, and returns the error for the caller. None if it was redeemed by the mail of a repeated call.
async fn withdraw(
    app: &App,
    share: &Share,
    (mail, claim): (&Mail, Option<&Write>),
    failure: &NotSent,
    sender: &EventContext,
) -> Result<(), Error> {
    tracing::warn!(error = %failure, share = %share.id, kind = mail.kind, "failed to send the mail of a share");
    let why = why(failure);
    if close_with(app, share, (Close::NotMailed(why), claim), sender).await?.is_none()
        && let Some(now) = app.store.share(&share.id).await?
    {
        match now.state {
            State::Used(_) => return Ok(()),
            State::Open => {
                return Err(Error::MailUnavailable(
                    "a repeated call has mailed the share meanwhile".to_owned(),
                ));
            }
            State::Locked(_) | State::Withdrawn(_) => {}
        }
    }
    Err(why.error())
}

fn why(failure: &NotSent) -> MailFailure {
    if failure.rejects_address() {
        MailFailure::Address
    } else if failure.is_for_good() {
        MailFailure::Mail
    } else {
        MailFailure::Unsent
    }
}
