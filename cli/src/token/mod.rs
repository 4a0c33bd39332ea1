//! `jeton token`: one file per subcommand.

mod act;
pub mod capabilities;
mod create;
mod delete;
mod edit;
mod events;
mod filter;
mod list;
pub mod named;
mod parts;
mod picked_up;
mod refresh;
pub mod rights;
mod settings;
mod share;
mod shares;
pub mod show;
mod switch;
mod update;
mod verify;

use clap::Subcommand;
pub use edit::Edit;
pub use list::orders;

use crate::{connection::Connection, failure::Failure};

/// Tokens of a project. Calls Jeton with the token in `JETON_TOKEN`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a token and print its secret, once
    Create(create::Create),
    /// List the tokens of the project, or find some
    List(list::List),
    /// Show a token: its rights, copies and pending shares
    Show(show::Show),
    /// Change the description, rights or expiry of a token, or disable it
    Update(update::Update),
    /// Disable a token, or all tokens that options name; it is refused until it is enabled
    Disable(switch::Disable),
    /// Enable a token, or all tokens that options name
    Enable(switch::Enable),
    /// Delete a token, or all tokens that options name
    Delete(delete::Delete),
    /// Replace the secret of a token and print the new one; older copies end
    Refresh(refresh::Refresh),
    /// Share a token: mail a link and a code by which the recipient picks up a copy
    Share(share::Share),
    /// List the pending shares of a token
    Shares(shares::List),
    /// Withdraw a pending share, so that it can no longer be picked up
    WithdrawShare(shares::Withdraw),
    /// Send a pending share again with a new link and code; the older ones stop working
    SendShare(shares::Send),
    /// Show the token that makes the call, or ask whether it may do something
    Verify(verify::Verify),
    /// List the events of a token: what it did, and changes of it
    Events(events::Events),
}

/// Runs the command.
pub async fn run(command: Command, connection: &Connection) -> Result<(), Failure> {
    match command {
        Command::Create(create) => create.run(connection).await,
        Command::List(list) => list.run(connection).await,
        Command::Show(show) => show.run(connection).await,
        Command::Update(update) => update.run(connection).await,
        Command::Disable(disable) => disable.run(connection).await,
        Command::Enable(enable) => enable.run(connection).await,
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
