//! `jeton token disable` and `enable`.

use clap::Args;
use jeton_client::TokenSettings;

use super::act::{self, Many};
use crate::{
    connection::{Connection, confirm},
    failure::Failure,
    id,
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
    switch: Switch,
}

/// Enables a token, or all tokens that the options name.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token enable 123456
  jeton token enable --disabled --creator ada@example.org")]
pub struct Enable {
    #[command(flatten)]
    switch: Switch,
}

#[derive(Debug, Args)]
struct Switch {
    /// The id of the token
    #[arg(value_parser = id::token)]
    id: Option<String>,
    #[command(flatten)]
    many: Many,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
}

impl Disable {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        self.switch.run(act::DISABLE, true, connection).await
    }
}

impl Enable {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        self.switch.run(act::ENABLE, false, connection).await
    }
}

impl Switch {
    async fn run(self, action: act::Action, disabled: bool, connection: &Connection) -> Result<(), Failure> {
        let Some(id) = self.id else { return self.many.run(action, self.yes, connection).await };
        self.many.not_beside_an_id()?;
        let jeton = connection.storage()?;
        let token = jeton.token(&id).await?;
        let description = crate::output::printable(&token.description);
        confirm(&format!("{} token {} \"{description}\"?", action.verb, token.id), self.yes)?;
        let changes = TokenSettings { is_disabled: Some(disabled), ..TokenSettings::default() };
        jeton.update(&token.id, &changes).await?;
        eprintln!("Token {} is {}.", token.id, action.done);
        Ok(())
    }
}
