//! `jeton token delete`: deletes a token or one copy.

use clap::Args;

use crate::{
    connection::{Connection, confirm},
    failure::Failure,
    id,
};

/// Deletes a token with all of its copies and open shares, or one copy of it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token delete 123456
  jeton token delete 123456 --copy 2 --yes              one copy alone, without a question")]
pub struct Delete {
    /// The id of the token
    #[arg(value_parser = id::token)]
    id: String,
    /// Delete only this copy, by its id in `jeton token show`
    #[arg(long, value_parser = id::copy)]
    copy: Option<String>,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
}

impl Delete {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let jeton = connection.storage()?;
        let token = jeton.token(&self.id).await?;
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
