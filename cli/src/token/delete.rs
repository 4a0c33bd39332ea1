//! `jeton token delete`: deletes a token, one copy, or many tokens.

use clap::Args;

use super::act::{self, Many};
use crate::{
    connection::{Connection, confirm},
    failure::Failure,
    id,
};

/// Deletes a token with all of its copies and open shares, one copy of it, or all tokens that the options name.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token delete 123456
  jeton token delete 123456 --copy 2 --yes              one copy alone, without a question
  jeton token delete --unused-for 90d --dry-run         what would be deleted
  jeton token delete --unused-for 90d --disabled        all of these, after a question")]
pub struct Delete {
    /// The id of the token
    #[arg(value_parser = id::token)]
    id: Option<String>,
    /// Delete only this copy, by its id in `jeton token show`
    #[arg(long, value_parser = id::copy, requires = "id")]
    copy: Option<String>,
    #[command(flatten)]
    many: Many,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
}

impl Delete {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let Some(id) = self.id else { return self.many.run(act::DELETE, self.yes, connection).await };
        self.many.not_beside_an_id()?;
        let jeton = connection.storage()?;
        let token = jeton.token(&id).await?;
        if let Some(copy) = &self.copy {
            let description = crate::output::printable(&token.description);
            confirm(&format!("Delete copy {copy} of token {} \"{description}\"?", token.id), self.yes)?;
            jeton.delete_copy(&token.id, copy).await?;
            eprintln!("Copy {copy} of token {} is deleted.", token.id);
            return Ok(());
        }
        let last_used = token.last_used.as_deref().unwrap_or("never");
        let question = format!(
            "Delete token {} \"{}\", last used {last_used}? All of its copies end immediately.",
            token.id,
            crate::output::printable(&token.description),
        );
        confirm(&question, self.yes)?;
        jeton.delete(&token.id).await?;
        eprintln!("Token {} is deleted.", token.id);
        Ok(())
    }
}
