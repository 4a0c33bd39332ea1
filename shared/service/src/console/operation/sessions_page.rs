//! The page of sessions and passkeys.

use std::cmp::Reverse;

use http::StatusCode;
use jeton_core::Error;

use super::{own_projects::own_projects, passkey_section::section};
use crate::{
    console::{page as pages, session::ConsoleSession},
    http::{ApiRequest, Reply},
};

/// The sessions and passkeys of an address, and what is wrong with a form.
pub(super) async fn sessions_page(
    request: &ApiRequest,
    signed_in: &ConsoleSession,
    status: StatusCode,
    problem: Option<&str>,
) -> Result<Reply, Error> {
    let mut sessions = request.app.store.sessions(&signed_in.session.email).await?;
    sessions.retain(|session| request.now < session.expires);
    sessions.sort_by_key(|session| Reverse(session.created));
    let is_member = !own_projects(request, signed_in).await?.open.is_empty();
    let passkeys = section(request, signed_in, is_member).await?;
    let ways = &request.app.ways;
    let page = pages::sessions::sessions(ways, signed_in, &sessions, passkeys.as_ref(), problem, request.now);
    let reply = Reply::page(status, page);
    let asks_again = passkeys.is_some_and(|section| section.asks_again());
    Ok(if asks_again { pages::sign_in::keeping(ways, &pages::passkeys::back(), reply) } else { reply })
}
