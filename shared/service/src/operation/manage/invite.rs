//! Inviting someone to a project.

use jeton_core::{
    Error, budget,
    email::Email,
    event::names,
    idempotency::CreatedResource,
    member::Membership,
    project::{Project, valid_name},
    share::{DEFAULT_SECONDS, NewShare, Offer, Share, ShareId, State},
    store::{Commit, Write},
    text::trimmed,
};
use serde_json::{Map, json};

use super::{MembershipActor, project_in_path};
use crate::{
    app::Outcome,
    authenticate::Manager,
    clock::entropy,
    http::{ApiRequest, Reply},
    idempotency::{HAS_ENDED, OriginalResult},
    mail::{self, InvitationMail},
    operation::share::{link, not_sent},
    retry::{Attempts, RetryPolicy},
    wire::manage::InviteMember,
    wire::unknown,
};

/// `POST /manage/projects/{project}/users`: mails an invitation whose pick-up makes the member and
/// the master token. A new invitation takes the place of an earlier one to the same address.
pub async fn invite(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    send(request, &project, &MembershipActor::from(manager)).await?;
    Ok(Reply::no_content())
}

/// Invites whom the body names, and gives the address.
pub async fn send(request: &ApiRequest, project: &Project, by: &MembershipActor<'_>) -> Result<Email, Error> {
    let (email, name) = asked(request.body()?)?;
    send_to(request, project, by, email, name, None).await
}

/// Invites somebody, in place of an invitation that has not been accepted, if one is given.
pub(super) async fn send_to(
    request: &ApiRequest,
    project: &Project,
    by: &MembershipActor<'_>,
    email: Email,
    name: String,
    replaced: Option<&Share>,
) -> Result<Email, Error> {
    by.may_cause_events(request).await?;
    let new = NewShare {
        project: project.id,
        project_name: project.name.clone(),
        offer: Offer::Membership(name),
        recipient: email,
        sender: by.sender.clone(),
        seconds: DEFAULT_SECONDS,
    };
    request
        .app
        .budgets()
        .spend(
            &budget::invitation_mail(project.id, &new.recipient, request.now),
            request.now,
            Error::TooManyMails,
        )
        .await?;
    let attempts = Attempts::new(RetryPolicy::Backoff);
    let (share, secrets) = loop {
        let already = request.app.store.membership(project.id, &new.recipient).await?;
        if matches!(already, Some(Membership::Member(_) | Membership::Unreadable(_))) {
            return Err(Error::Conflict("this e-mail address is a member of the project already"));
        }
        let (share, secrets) = new.clone().open(ShareId::random(&mut entropy()), request.now, &mut entropy());
        let share = share.ending_by(by.ends());
        let params = Map::from_iter([
            ("recipientEmail".to_owned(), json!(share.recipient)),
            ("expires".to_owned(), json!(share.expires.to_string())),
        ]);
        let message = format!("Invited {} to the project", share.recipient);
        let event = request.event_context(by.actor.clone()).event_in(
            project.id,
            names::MEMBER_INVITED,
            message,
            params,
        );
        let mut writes = vec![Write::InsertInvitation(share.clone()), Write::RequireOpen(project.id)];
        writes.extend(replaced.map(|old| Write::EndShare(old.ended(State::Withdrawn(request.now)))));
        writes.extend(request.idempotency_record(CreatedResource::Share(share.id.clone())));
        let mut commit = Commit { writes, events: vec![event] };
        by.sign(request, &mut commit)?;
        match request.app.commit(&commit).await? {
            Outcome::Stored => break (share, secrets),
            // The one that was to be replaced has been accepted, or taken back.
            Outcome::Conflict(Some(Write::EndShare(_))) => return Err(Error::NotFound("invitation")),
            Outcome::Conflict(_) => attempts.after_conflict().await?,
        }
    };
    let mail = mail::invitation_mail(&InvitationMail {
        to: share.recipient.to_string(),
        inviter: share.sender.email.as_ref().map(|email| (share.sender.name.clone(), email.to_string())),
        project: project.name.clone(),
        link: link(&request.app.public_url, &share, secrets.link.expose()),
        code: secrets.code.expose().to_owned(),
        expires: share.expires.for_people(),
    });
    if let Err(error) = request.app.mail(&mail).await {
        tracing::warn!(%error, share = %share.id, "the mail of an invitation was not sent");
        let (reason, error) = not_sent(&error);
        withdraw(request, by, project, &share, reason).await?;
        return Err(error);
    }
    Ok(share.recipient)
}

/// Whom an earlier call with the same key invited. Errors: [`Error::MailNotSent`] when its mail did not leave,
/// [`Error::Conflict`] when it has ended since, [`Error::ShareNotFound`].
pub async fn sent_before(request: &ApiRequest, original: OriginalResult) -> Result<Email, Error> {
    let (id, _) = original.share()?;
    let share = request.app.store.share(&id).await?.ok_or(Error::ShareNotFound)?;
    match share.state {
        State::Withdrawn(at) if at == share.created => Err(Error::MailNotSent),
        _ if share.closed(request.now).is_some() => Err(HAS_ENDED),
        _ => Ok(share.recipient),
    }
}

/// The address and name of whom to invite.
fn asked(body: InviteMember) -> Result<(Email, String), Error> {
    let email = Email::parse(body.email.as_deref().unwrap_or_default())
        .ok_or_else(|| Error::bad_field("email", "email must be one e-mail address"))?;
    // Silently making someone a full admin who was meant to be less, or for less long, would be worse
    // than refusing.
    if body.role.is_some_and(|role| role != "admin") {
        return Err(Error::bad_field("role", "role must be admin: there is no other"));
    }
    if body.expiration_seconds.is_some() {
        return Err(Error::bad_field("expirationSeconds", "expirationSeconds is not supported"));
    }
    unknown::refuse(&body.unknown, &["email", "name", "role", "expirationSeconds"])?;
    let name = body
        .name
        .map(|name| trimmed(&name).to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| email.to_string());
    if !valid_name(&name) {
        return Err(Error::bad_field("name", "name must have 1 to 255 characters, no control characters"));
    }
    Ok((email, name))
}

async fn withdraw(
    request: &ApiRequest,
    by: &MembershipActor<'_>,
    project: &Project,
    share: &Share,
    reason: &str,
) -> Result<(), Error> {
    let params = Map::from_iter([("recipientEmail".to_owned(), json!(share.recipient))]);
    let message = format!("Invitation of {}: {reason}", share.recipient);
    let event = request.event_context(by.actor.clone()).event_in(
        project.id,
        names::INVITATION_REFUSED,
        message,
        params,
    );
    let writes = vec![
        Write::EndShare(share.ended(State::Withdrawn(request.now))),
        Write::RemoveInvitation(project.id, share.recipient.clone(), share.id.clone()),
    ];
    // When a later invitation has taken its place, this one is closed already.
    request.app.commit(&Commit { writes, events: vec![event] }).await?;
    Ok(())
}
