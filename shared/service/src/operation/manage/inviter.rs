//! The conditions of an invitation beside its own record: the manage token that sent it, and the project.

use std::collections::{BTreeMap, btree_map::Entry};

use jeton_core::{
    Error,
    id::{ManageTokenId, TokenId},
    manage::ManageToken,
    share::{Closed, SentBy, Share},
    store::Write,
    time::Timestamp,
    token::Token,
};

use crate::{http::ApiRequest, operation::share_sender};

/// The condition for accepting an invitation: the manage token that sent it is unchanged since it was checked. None
/// when a member sent it.
///
/// Errors: [`Error::ShareClosed`], and [`Error::ShareDisabled`] while the manage token is disabled.
pub async fn manage_token_unchanged(request: &ApiRequest, share: &Share) -> Result<Option<Write>, Error> {
    let SentBy::Manage(id) = share.sender.by else { return Ok(None) };
    let token = standing(share, request.app.store.manage_token(id).await?, request.now)?;
    Ok(Some(Write::RequireManageToken(id, token.version)))
}

/// The manage token that sent an invitation, if the invitation is still valid.
///
/// An invitation ends with its manage token, with every refresh of it, and when the secret that sent it ends or is
/// reported as leaked: anyone who had the secret could have invited themselves.
/// Errors: [`Error::ShareClosed`], and [`Error::ShareDisabled`] while the manage token is disabled.
fn standing(share: &Share, token: Option<ManageToken>, now: Timestamp) -> Result<ManageToken, Error> {
    let stands = |token: &ManageToken| {
        let secret = share.sender.secret.is_none_or(|secret| token.has_secret(&secret, now));
        token.leaked.is_none() && secret && token.refreshed.is_none_or(|refreshed| refreshed <= share.created)
    };
    let token = token.filter(stands).ok_or(Error::ShareClosed(Closed::Ended))?;
    if token.is_expired(now) {
        return Err(Error::ShareClosed(Closed::Expired));
    }
    if token.disabled {
        return Err(Error::ShareDisabled);
    }
    Ok(token)
}

/// The senders of invitations, each read once.
#[derive(Default)]
pub struct Senders {
    members: BTreeMap<TokenId, Option<Token>>,
    managers: BTreeMap<ManageTokenId, Option<ManageToken>>,
}

impl Senders {
    /// Whether an invitation has ended with its sender. One that is only paused has not.
    pub async fn have_ended(&mut self, request: &ApiRequest, share: &Share) -> Result<bool, Error> {
        let store = &request.app.store;
        let stands = match share.sender.by {
            SentBy::Token(id) => {
                if let Entry::Vacant(unread) = self.members.entry(id) {
                    unread.insert(store.token(share.project, id).await?);
                }
                let sender = self.members.get(&id).cloned().flatten();
                share_sender::standing(share, sender, request.now).map(drop)
            }
            SentBy::Manage(id) => {
                if let Entry::Vacant(unread) = self.managers.entry(id) {
                    unread.insert(store.manage_token(id).await?);
                }
                standing(share, self.managers.get(&id).cloned().flatten(), request.now).map(drop)
            }
            SentBy::Jeton => Ok(()),
        };
        Ok(matches!(stands, Err(Error::ShareClosed(_))))
    }
}

/// Errors: [`Error::ProjectClosed`] while the project of this invitation accepts no members.
pub async fn requires_open(request: &ApiRequest, share: &Share) -> Result<(), Error> {
    let project = request.app.store.project(share.project).await?;
    if project.is_some_and(|project| project.closed.is_some()) { Err(Error::ProjectClosed) } else { Ok(()) }
}
