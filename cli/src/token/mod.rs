//! `jeton token`: one file for each command.

pub mod capabilities;
mod create;
mod delete;
mod edit;
pub mod event_lines;
mod events;
mod follow;
mod list;
pub mod named;
mod refresh;
mod rights;
pub mod secret;
mod share;
mod shares;
mod show;
mod update;
mod verify;

use clap::Subcommand;
pub use edit::Edit;

use crate::{connection::Connection, failure::Failure};

/// Tokens of a project. By the token in `JETON_TOKEN`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a token, and print its secret this once
    Create(create::Create),
    /// List the tokens of the project
    List(list::List),
    /// Show a token: what it may do, its copies and open shares
    Show(show::Show),
    /// Change what a token is for, or what it may do
    Update(update::Update),
    /// Delete a token
    Delete(delete::Delete),
    /// Give a token a new secret, and print that; older copies end
    Refresh(refresh::Refresh),
    /// Mail somebody an invitation to pick up a copy of a token
    Share(share::Share),
    /// List the open shares of a token
    Shares(shares::List),
    /// Withdraw an open share: nobody picks it up any more
    WithdrawShare(shares::Withdraw),
    /// Send an open share again: a new link and code, and the older ones open nothing
    SendShare(shares::Send),
    /// Say who the token is; or ask whether it may do something
    Verify(verify::Verify),
    /// List what a token did, and what was done to it
    Events(events::Events),
}

/// Does it.
pub async fn run(command: Command, connection: &Connection) -> Result<(), Failure> {
    match command {
        Command::Create(create) => create.run(connection).await,
        Command::List(list) => list.run(connection).await,
        Command::Show(show) => show.run(connection).await,
        Command::Update(update) => update.run(connection).await,
        Command::Delete(delete) => delete.run(connection).await,
        Command::Refresh(refresh) => refresh.run(connection).await,
        Command::Share(share) => share.run(connection).await,
        Command::Shares(list) => list.run(connection).await,
        Command::WithdrawShare(withdraw) => withdraw.run(connection).await,
        Command::SendShare(send) => send.run(connection).await,
        Command::Verify(verify) => verify.run(connection).await,
        Command::Events(events) => events.run(connection).await,
    }
}
