//! `jeton token disable` and `enable`.

use clap::Args;
use jeton_client::TokenSettings;

use super::act::{self, Action, One, Target};
use crate::{
    connection::{Connection, confirm},
    failure::Failure,
};

/// Disables a token, or all tokens that the options name. It can be enabled again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token disable 123456
  jeton token disable --unused-for 90d --dry-run        what would be disabled
  jeton token disable --creator-gone --yes              all that have lost their creator, without a question")]
pub struct Disable {
    #[command(flatten)]
    target: Target,
}

/// Enables a token, or all tokens that the options name.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token enable 123456
  jeton token enable --disabled --creator ada@example.org")]
pub struct Enable {
    #[command(flatten)]
    target: Target,
}

impl Disable {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        switch(self.target, act::DISABLE, true, connection).await
    }
}

impl Enable {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        switch(self.target, act::ENABLE, false, connection).await
    }
}

async fn switch(
    target: Target,
    action: Action,
    disabled: bool,
    connection: &Connection,
) -> Result<(), Failure> {
    let Some(One { jeton, token, yes }) = target.one(action, connection).await? else { return Ok(()) };
    let description = crate::output::printable(&token.description);
    confirm(&format!("{} token {} \"{description}\"?", action.verb, token.id), yes)?;
    let changes = TokenSettings { is_disabled: Some(disabled), ..TokenSettings::default() };
    let answer = jeton.update(&token.id, &changes).await?;
    connection.format.print_json(&answer.json);
    eprintln!("Token {} is {}.", token.id, action.done);
    Ok(())
}
