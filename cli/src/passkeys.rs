//! `jeton passkeys`: what an operator does for somebody who has lost their passkeys.

use clap::{Args, Subcommand};
use jeton_core::{Error, email::Email};
use jeton_service::{
    config::Config,
    notices,
    operation::passkeys::{self, Removed},
};

use crate::{connection::confirm, failure::Failure, relocate::open_copy};

const REMOVE_EXAMPLES: &str = "\
Examples:
  jeton passkeys remove ann@example.org
  export JETON_STORE=dynamodb:jeton JETON_MAIL=ses:jeton@example.org JETON_PUBLIC_URL=https://tokens.example.org
  jeton passkeys remove ann@example.org --yes

First make sure, by another way than mail, who asks: from then on whoever can read the mail of the address signs in with it.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Remove all passkeys of an address, so that it signs in by mail again.
    Remove(Remove),
}

/// Removes all passkeys of an address, so that it signs in to the console with a link by mail again. Each of its projects gets an
/// event, and the address a mail. A server may be running. Sessions stay signed in.
#[derive(Debug, Args)]
#[command(after_help = REMOVE_EXAMPLES)]
pub struct Remove {
    /// The e-mail address
    email: String,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
}

impl Command {
    /// Runs the command.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let Self::Remove(Remove { email, yes }) = self;
        let email = Email::parse(&email)
            .ok_or_else(|| Error::bad_field("email", format!("{email:?} is not an e-mail address")))?;
        let (app, copy) = open_copy(config).await?;
        if let Some(sentence) = &copy {
            eprintln!("{sentence}");
        }
        let which = match app.store.found_passkeys(&email).await.map_err(Error::from)? {
            None => {
                eprintln!("{email} has no passkeys.");
                return Ok(());
            }
            Some(Ok(found)) if found.passkeys.len() == 1 => "the passkey".to_owned(),
            Some(Ok(found)) => format!("all {} passkeys", found.passkeys.len()),
            Some(Err(_)) => "the unreadable record of the passkeys".to_owned(),
        };
        let question = format!(
            "Remove {which} of {email}? From then on whoever can read the mail of this address can sign in with it."
        );
        confirm(&question, yes)?;
        let removed = passkeys::remove_all(&app, &email).await?;
        notices::end(&app).await;
        match removed {
            Removed::Nothing => eprintln!("{email} has no passkeys any more."),
            Removed::Passkeys(count) => eprintln!("Removed passkeys of {email}: {count}."),
            Removed::Unreadable => {
                eprintln!("Removed the passkeys of {email}, whose record could not be read.");
            }
        }
        Ok(())
    }
}
