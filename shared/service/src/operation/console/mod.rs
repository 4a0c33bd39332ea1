//! The console: what members do in a browser.
//!
//! A visitor acts with their own master token, by the operations of the API. What is here reads forms,
//! calls these, and shows pages.

mod history;
mod home;
mod members;
mod sign_in;
mod token;
mod tokens;
mod usage;

pub use history::{export_of_project, export_of_token, of_project, of_token};
pub use home::{ask_end, end_session, home, projects, script, sessions, sign_out, style};
pub use members::{ask_remove, invite, members, remove, send_invitation, withdraw_invitation};
pub use sign_in::{answer, ask, page};
pub use token::{
    ask_delete, ask_refresh, ask_revoke, ask_share, ask_switch, delete, edit, overview, refresh, revoke,
    send_share, share, switch, withdraw_share,
};
pub use tokens::{create, new, tokens};
pub use usage::{dry_run, usage};

use std::future::Future;

use jeton_core::{Error, secret};

use crate::{
    http::{ApiRequest, problem},
    idempotency::{self, Earlier},
};

/// Makes something by a form, once: a form that is sent again, as by a page that is loaded again, gets what it made
/// the first time from `again`.
async fn once<T, A: Future<Output = Result<T, Error>>>(
    request: &ApiRequest,
    first: impl Future<Output = Result<T, Error>>,
    again: impl FnOnce(Earlier) -> A,
) -> Result<T, Error> {
    if let Some(earlier) = idempotency::made_before(request).await? {
        return again(earlier).await;
    }
    match first.await {
        // The same form was sent twice at the same time.
        Err(error) => match idempotency::earlier(request, &error).await? {
            Some(earlier) => again(earlier).await,
            None => Err(error),
        },
        outcome => outcome,
    }
}

/// What to say beside a form that was not filled in right; anything else is an error.
fn mistake(error: Error) -> Result<String, Error> {
    match error {
        _ if idempotency::key_is_taken(&error) => {
            Ok("This form was sent before. Nothing was done this time; send it again if you mean it."
                .to_owned())
        }
        Error::BadField { .. }
        | Error::InvalidPermissions(_)
        | Error::MinimalExpiration
        | Error::QueryNotParsed(_)
        | Error::TooManyCopies
        | Error::MailNotSent
        | Error::Conflict(_) => Ok(secret::masked(&problem(&error).message).into_owned()),
        other => Err(other),
    }
}
