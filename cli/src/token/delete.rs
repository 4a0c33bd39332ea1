//! `jeton token delete`: deletes a token, one copy, or many tokens.

use clap::Args;
use jeton_client::Copy;

use super::{
    act::{self, One, Target},
    picked_up::{STAYS, picked_up},
};
use crate::{
    complete,
    connection::{Connection, confirm},
    failure::Failure,
    id,
};

/// Deletes a token with all of its copies and pending shares, one copy of it, or all tokens that the options name. A copy that was
/// picked up from a share deletes only itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token delete 123456
  jeton token delete 123456 --copy 2 --yes              one copy alone, without a question
  jeton token delete --unused-for 90d --dry-run         what would be deleted
  jeton token delete --unused-for 90d --disabled        all of these, after a question")]
pub struct Delete {
    #[command(flatten)]
    target: Target,
    /// Delete only this copy, by its id in `jeton token show`
    #[arg(long, value_parser = id::copy, requires = "id", add = complete::copies())]
    copy: Option<String>,
}

impl Delete {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let one = self.target.one(act::DELETE, connection).await?;
        let Some(One { jeton, token, yes }) = one else { return Ok(()) };
        let is_meant = |own: &&Copy| self.copy.as_ref().is_none_or(|copy| *copy == own.id);
        if let Some(copy) = picked_up(&token).filter(is_meant) {
            let (id, description) = (&copy.id, crate::output::printable(&token.description));
            let question = format!("Delete copy {id} of token {} \"{description}\"? {STAYS}", token.id);
            confirm(&question, yes)?;
            jeton.delete(&token.id).await?;
            connection.format.print_empty();
            eprintln!(
                "Copy {id} of token {} is deleted, and the pending shares that it sent have ended. The token and its other copies stay valid.",
                token.id
            );
            return Ok(());
        }
        if let Some(copy) = &self.copy {
            let description = crate::output::printable(&token.description);
            confirm(&format!("Delete copy {copy} of token {} \"{description}\"?", token.id), yes)?;
            jeton.delete_copy(&token.id, copy).await?;
            connection.format.print_empty();
            eprintln!("Copy {copy} of token {} is deleted.", token.id);
            return Ok(());
        }
        let last_used = token.last_used.as_deref().unwrap_or("never");
        let question = format!(
            "Delete token {} \"{}\", last used {last_used}? All of its copies end immediately.",
            token.id,
            crate::output::printable(&token.description),
        );
        confirm(&question, yes)?;
        jeton.delete(&token.id).await?;
        connection.format.print_empty();
        eprintln!("Token {} is deleted.", token.id);
        Ok(())
    }
}
