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
pub use members::{ask_remove, invite, members, remove};
pub use sign_in::{answer, ask, page};
pub use token::{
    ask_delete, ask_refresh, ask_revoke, ask_share, ask_switch, delete, edit, overview, refresh, revoke,
    share, switch,
};
pub use tokens::{create, new, tokens};
pub use usage::{dry_run, usage};

use jeton_core::{Error, secret};

use crate::http::problem;

/// What to say beside a form that was not filled in right; anything else is an error.
fn mistake(error: Error) -> Result<String, Error> {
    match error {
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
