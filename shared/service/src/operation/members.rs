//! The members of a project in their order, and the recipients of mails about a token.

use jeton_core::{
    email::Email,
    id::ProjectId,
    member::{Member, UnreadableMember},
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

/// The recipients of mails about a token: the member behind it or, if they have left or there never was one, the
/// present members of the project, the earliest first. A former member gets no mail about a project.
pub async fn behind(app: &App, token: &Token) -> Result<Vec<Email>, Unavailable> {
    if let Some(card) = &token.identity.member
        && let Some(member) = app.store.found_member(token.project, card.id).await?
    {
        let email = member.map_or_else(|unreadable| unreadable.email, |member| Some(member.email));
        return Ok(vec![email.unwrap_or_else(|| card.email.clone())]);
    }
    // Without members that cannot be read, the recipients would be incomplete.
    let members = listed(app, token.project).await?;
    Ok(members.into_iter().flatten().take(MOST_TOLD).map(|member| member.email).collect())
}
