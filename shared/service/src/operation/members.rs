//! The members of a project in their order, and the recipients of mails about a token.

use jeton_core::{
    email::Email,
    id::ProjectId,
    member::{Member, Role, UnreadableMember},
    store::Unavailable,
    token::Token,
};

use crate::app::App;

/// The members of a project in the order of lists: the earliest first, then by e-mail address. Those whose records cannot be
/// read come last.
pub async fn listed(
    app: &App,
    project: ProjectId,
) -> Result<Vec<Result<Member, UnreadableMember>>, Unavailable> {
    let mut members = app.store.found_members(project).await?;
    members.sort_by_key(|member| match member {
        Ok(member) => (false, Some(member.created), member.email.key(), member.id),
        Err(unreadable) => (true, None, String::new(), unreadable.id),
    });
    Ok(members)
}

/// How many members are mailed if the member behind a token has left.
const MOST_TOLD: usize = 20;

/// The recipients of mails about a token.
#[derive(Debug, Default)]
pub struct Behind {
    /// Their addresses.
    pub emails: Vec<Email>,
    /// Those of them who may not change the token, such as read-only members.
    pub readers: Vec<Email>,
}

/// The recipients of mails about a token: the member behind it or, if they have left or there never was one, the
/// present members of the project, the earliest first. A former member gets no mail about a project.
pub async fn behind(app: &App, token: &Token) -> Result<Behind, Unavailable> {
    if let Some(card) = &token.identity.member
        && let Some(member) = app.store.found_member(token.project, card.id).await?
    {
        return Ok(Behind::of([match member {
            Ok(member) => (member.email, member.role),
            // Nobody signs in with a record that cannot be read.
            Err(unreadable) => (unreadable.email.unwrap_or_else(|| card.email.clone()), Role::ReadOnly),
        }]));
    }
    // Without members that cannot be read, the recipients would be incomplete.
    let members = listed(app, token.project).await?.into_iter().flatten();
    Ok(Behind::of(members.take(MOST_TOLD).map(|member| (member.email, member.role))))
}

impl Behind {
    fn of(members: impl IntoIterator<Item = (Email, Role)>) -> Self {
        let mut behind = Self::default();
        for (email, role) in members {
            if role == Role::ReadOnly {
                behind.readers.push(email.clone());
            }
            behind.emails.push(email);
        }
        behind
    }
}
