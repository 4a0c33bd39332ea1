//! Inviting someone to a project.

use jeton_api::{manage::InviteMember, unknown};
use jeton_core::{
    Error, budget,
    email::Email,
    event::names,
    event_context::EventContext,
    idempotency::CreatedResource,
    member::{Membership, Role},
    project::{Project, valid_name},
    share::{DEFAULT_SECONDS, Invitee, NewShare, Offer, Share, ShareId, ShareSecrets, State},
    store::{Commit, Write},
    text::trimmed,
};
use serde_json::{Map, json};

use super::{MembershipActor, project_in_path, role::parse_role};
use crate::{
    app::Outcome,
    authenticate::Manager,
    clock::entropy,
    http::{ApiRequest, Reply},
    idempotency::OriginalResult,
    mail::{self, InvitationMail, Mail},
    operation::offer::{self, send::Draft},
};

/// `POST /manage/projects/{project}/users`: mails an invitation, whose pick-up creates the member and
/// the master token. A new invitation replaces an earlier one to the same address.
pub async fn invite(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    send(request, &project, &MembershipActor::from(manager)).await?;
    Ok(Reply::no_content())
}

/// Invites the person in the body, and returns the address.
pub async fn send(request: &ApiRequest, project: &Project, by: &MembershipActor<'_>) -> Result<Email, Error> {
    let (email, invitee) = asked(request.body()?)?;
    send_to(request, project, by, email, invitee, None).await
}

/// Invites a person, in place of the given pending invitation, if any.
pub(super) async fn send_to(
    request: &ApiRequest,
    project: &Project,
    by: &MembershipActor<'_>,
    email: Email,
    invitee: Invitee,
    replaced: Option<&Share>,
) -> Result<Email, Error> {
    by.may_cause_events(request).await?;
    let budgets = budget::invitation_mail(project.id, &email, request.now);
    let (share, secrets) = NewShare {
        project: project.id,
        project_name: project.name.clone(),
        offer: Offer::Membership(invitee),
        recipient: email,
        sender: by.sender.clone(),
        seconds: DEFAULT_SECONDS,
    }
    .open(ShareId::random(&mut entropy()), request.now, &mut entropy());
    let opened = (share.ending_by(by.ends()), secrets);
    let mut draft = InvitationDraft { request, project, by, replaced };
    offer::send::send(&request.app, &mut draft, &opened, budgets).await?;
    Ok(opened.0.recipient)
}

/// An invitation before it is stored.
struct InvitationDraft<'a> {
    request: &'a ApiRequest,
    project: &'a Project,
    by: &'a MembershipActor<'a>,
    /// The invitation to replace. Without one, any other to the same address is replaced.
    replaced: Option<&'a Share>,
}

impl Draft for InvitationDraft<'_> {
    async fn look(&mut self, share: &Share) -> Result<Commit, Error> {
        let (request, project) = (self.request, self.project.id);
        if self.project.closed.is_some() {
            return Err(Error::ProjectClosed);
        }
        let already = request.app.store.membership(project, &share.recipient).await?;
        if let Some(replaced) = self.replaced
            && already != Some(Membership::Invited(replaced.id.clone()))
        {
            // It was accepted or withdrawn.
            return Err(Error::NotFound("invitation"));
        }
        if matches!(already, Some(Membership::Member(_) | Membership::Unreadable(_))) {
            return Err(Error::Conflict("this e-mail address belongs to a member of the project already"));
        }
        let params = Map::from_iter([
            ("recipientEmail".to_owned(), json!(share.recipient)),
            ("role".to_owned(), json!(role_of(share))),
            ("expires".to_owned(), json!(share.expires.to_string())),
        ]);
        let message = format!("Invited {} to the project", share.recipient);
        let event = self.event_context().event_in(project, names::MEMBER_INVITED, message, params);
        let mut writes = vec![Write::InsertInvitation(share.clone()), Write::RequireOpen(project)];
        writes.extend(self.replaced.map(|old| Write::EndShare(old.ended(State::Withdrawn(request.now)))));
        writes.extend(request.idempotency_record(CreatedResource::Share(share.id.clone())));
        Ok(Commit { writes, events: vec![event] })
    }

    async fn try_commit(&self, mut commit: Commit) -> Result<bool, Error> {
        self.by.sign(self.request, &mut commit)?;
        match self.request.app.commit_by(&self.request.attempts, &commit).await? {
            Outcome::Stored => Ok(true),
            // The invitation to replace is locked, or has ended otherwise.
            Outcome::Conflict(Some(Write::EndShare(_))) => Err(Error::NotFound("invitation")),
            Outcome::Conflict(_) => self.request.attempts.after_conflict().await.map(|()| false),
        }
    }

    fn mail(&self, share: &Share, secrets: &ShareSecrets) -> Mail {
        let inviter = share.sender.email.as_ref();
        mail::invitation_mail(
            &self.request.app.letterhead(),
            &InvitationMail {
                to: share.recipient.to_string(),
                inviter: inviter.map(|email| (share.sender.name.clone(), email.to_string())),
                project: self.project.name.clone(),
                role: role_of(share),
                link: share.pickup_link(&self.request.app.public_url, secrets),
                code: secrets.code.expose().to_owned(),
                expires: share.expires.for_people(),
            },
        )
    }

    fn event_context(&self) -> EventContext {
        self.request.event_context(self.by.actor.clone())
    }
}

/// The address that an earlier call with the same key invited. Errors: [`Error::MailNotSent`] when its mail failed,
/// [`Error::Conflict`] when the invitation has ended since, [`Error::ShareNotFound`].
pub async fn sent_before(request: &ApiRequest, original: OriginalResult) -> Result<Email, Error> {
    offer::availability::sent_before(request, original).await.map(|(share, ..)| share.recipient)
}

/// The role that an invitation offers. A share that offers no membership offers none.
pub fn role_of(share: &Share) -> Role {
    match &share.offer {
        Offer::Membership(invitee) => invitee.role,
        Offer::Copy(_) | Offer::SignIn => Role::ReadOnly,
    }
}

/// The address of the person to invite, with their name and role.
fn asked(body: InviteMember) -> Result<(Email, Invitee), Error> {
    let email = Email::parse(body.email.as_deref().unwrap_or_default())
        .ok_or_else(|| Error::bad_field("email", "email must be one e-mail address"))?;
    // An error is better than silently creating a full admin when another role or a limited time was requested.
    let role = body.role.as_deref().map_or(Ok(Role::Admin), parse_role)?;
    if body.expiration_seconds.is_some() {
        return Err(Error::bad_field("expirationSeconds", "expirationSeconds is not supported"));
    }
    unknown::reject(&body.unknown, &["email", "name", "role", "expirationSeconds"])?;
    let name = body
        .name
        .map(|name| trimmed(&name).to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| email.to_string());
    if !valid_name(&name) {
        return Err(Error::bad_field("name", "name must have 1 to 255 characters, no control characters"));
    }
    Ok((email, Invitee { name, role }))
}
