//! `jeton login`: checks a token and keeps it.

mod keep;
mod link;
mod other;
mod replace;

use std::{path::PathBuf, sync::OnceLock};

use clap::Args;
use jeton_client::{Client, Error, PlainSecret, ShareLink};
use jeton_service::{config::known_variables, runtime::StartError};

use self::other::Tokens;
use crate::{
    address, browser, complete,
    connection::{self, DEFAULT_URL},
    environment::Environment,
    failure::{EXIT_CODES, Failure},
    handed_out::Reserved,
    output, presented,
    profile::{self, Kind, Name, Place, Slot},
    prompt,
};

const EXAMPLES: &str = "\
Examples:
  jeton login                                            asks for the token
  jeton login --url https://tokens.example.org --profile work
  jeton login --browser                                  opens the console, where a token is created
  jeton login --token-file /run/secrets/jeton
  pass show jeton | jeton login                          from another program
  jeton login 'https://tokens.example.org/pickup/…#…'    asks for the code, and picks the token up
  jeton login --profile other                            beside the token that the current profile keeps

The token is asked of Jeton before it is kept. It is kept in the keyring of the system if there is one, else in a file that
only you can read, and it is sent to no other address than this one. Of both kinds of tokens a profile keeps one. Another one is
replaced after a question, or with --yes; a secret that a refresh has ended without either.";

/// Keeps a token for later commands. It comes from the terminal, a file or standard input, never from an argument: everyone on
/// the machine can see those.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Login {
    /// The link of a share or an invitation, from its mail
    link: Option<String>,
    /// The profile that keeps it (default: the current one; the first is `default`)
    #[arg(long, value_name = "NAME", add = complete::profiles())]
    profile: Option<Name>,
    /// The address of Jeton (default: `JETON_URL`, or that of the profile)
    #[arg(long, value_name = "URL", conflicts_with = "link")]
    url: Option<String>,
    /// Read the token from this file, or from standard input if it is -
    #[arg(long, value_name = "FILE", conflicts_with = "link")]
    token_file: Option<PathBuf>,
    /// Where it is kept (default: in the keyring if there is one, else in a file)
    #[arg(long, value_name = "PLACE", value_enum)]
    keep_in: Option<Place>,
    /// Open the console in a browser, where a token is created
    #[arg(long, conflicts_with_all = ["link", "token_file"])]
    browser: bool,
    /// Replace another token that the profile keeps, without a question
    #[arg(long)]
    yes: bool,
    /// Why the keyring cannot be used, once that is known
    #[arg(skip)]
    keyring_fails: OnceLock<String>,
}

impl Login {
    /// Runs the command.
    pub async fn run(self) -> Result<(), Failure> {
        known_variables().map_err(StartError::from)?;
        let environment = Environment::read();
        let folder = profile::folder_of(&environment)?;
        let profiles = folder.profiles()?;
        let name =
            profile::chosen(self.profile.as_ref(), &environment, &profiles)?.unwrap_or_else(Name::first);
        let earlier = profiles.profiles.get(&name);
        // A token that is shown once must not meet a folder that cannot be written.
        drop(folder.lock()?);
        let own_url = self.url.clone().or_else(|| environment.url.clone());
        let own_url =
            own_url.or_else(|| Some(earlier?.url.clone())).unwrap_or_else(|| DEFAULT_URL.to_owned());
        if self.link.is_none() && self.token_file.is_none() {
            self.lead_to_console(connection::client(&own_url, &environment)?.url());
        }
        let given = self.given()?;
        let link = ShareLink::parse(given.expose());
        if link.is_none() && self.link.is_some() {
            return Err(link::not_a_link(&given));
        }
        let url = link.as_ref().map_or(own_url, |link| link.url.clone());
        let client = connection::client(&url, &environment)?;
        if address::is_unencrypted(client.url()) {
            eprintln!("jeton: warning: tokens go to {} unencrypted: use https://", client.url());
        }
        let kind = if link.is_some() { Some(Kind::Storage) } else { presented::kind(&given) };
        let slot =
            Slot { folder: &folder, profile: &name, kind: kind.ok_or_else(not_a_token)?, url: client.url() };
        if let Some(link) = &link {
            let replaced = self.may_replace(&slot, &client, None, Tokens::new()).await?;
            self.pick_up(&slot, &client, link, replaced).await?;
        } else {
            // First: the use of a new secret can end older ones.
            let who = who(&client, slot.kind, &given).await?;
            let replaced = self.may_replace(&slot, &client, Some(&given), Tokens::new()).await?;
            let kept = self.keep(&slot, &client, &given, replaced).await?;
            eprintln!("Logged in to {} as {who}.", slot.url);
            eprintln!("{kept}");
        }
        eprintln!("Profile {name} is the current one.");
        profile::warn_of_variables(&environment, &name);
        Ok(())
    }

    /// Says where a token is created, if it is asked for one, and opens that page if this is wanted.
    fn lead_to_console(&self, url: &str) {
        let console = format!("{url}/console");
        if prompt::can_ask() || self.browser {
            eprintln!("A token is created in the console: {console}");
        }
        if self.browser
            && let Err(why) = browser::open(&console)
        {
            eprintln!("jeton: warning: it cannot be opened from here: {why}.");
        }
    }

    /// Picks a token up and keeps it. It is shown once, so it is in a file until it is kept.
    async fn pick_up(
        &self,
        slot: &Slot<'_>,
        client: &Client,
        link: &ShareLink,
        replaced: Tokens,
    ) -> Result<(), Failure> {
        let folder = slot.folder.secrets();
        let spare = Reserved::new(&folder, profile::PICKED_UP)
            .map_err(|error| Failure::File(folder.display().to_string(), error))?;
        if self.keep_in == Some(Place::Keyring) {
            profile::keyring_is_there()
                .map_err(|why| Failure::Missing(format!("the keyring cannot keep the token: {why}")))?;
        }
        let picked_up = link::picked_up(client, link, spare).await?;
        let secret = picked_up.secret().clone();
        let spare =
            picked_up.keep().map_err(|(why, outcome)| Failure::NotKept { why: why.to_string(), outcome })?;
        let kind = presented::kind(&secret);
        let kept = if kind == Some(slot.kind) {
            self.keep(slot, client, &secret, replaced).await
        } else {
            Err(not_a_token())
        };
        match kept {
            Ok(kept) => {
                eprintln!("{kept}");
                let path = spare.path().display().to_string();
                spare.remove().map_err(|error| Failure::File(path, error))?;
            }
            Err(failure) => {
                return Err(Failure::NotKept { why: failure.to_string(), outcome: spare.left().1 });
            }
        }
        match who(client, slot.kind, &secret).await {
            Ok(who) => eprintln!("Logged in to {} as {who}.", slot.url),
            Err(error) => eprintln!("jeton: warning: the token could not be checked: {error}"),
        }
        Ok(())
    }

    /// What was given: a token or a link.
    fn given(&self) -> Result<PlainSecret, Failure> {
        let text = match (&self.link, &self.token_file) {
            (Some(link), _) => link.clone(),
            (None, Some(file)) => connection::from(file)?,
            (None, None) => prompt::hidden("Paste a token, or the link of a share (it is not shown): ")?,
        };
        let given = presented::pasted(&text);
        if given.expose().is_empty() {
            return Err(Failure::Missing("there is no token on standard input".to_owned()));
        }
        Ok(given)
    }
}

fn not_a_token() -> Failure {
    Failure::Missing(
        "that is not a token: one starts like 1-23-jt, or jtm-1- for a manage token, and contains no spaces"
            .to_owned(),
    )
}

/// Whose token this is, by asking Jeton.
async fn who(client: &Client, kind: Kind, secret: &PlainSecret) -> Result<String, Error> {
    let client = client.with(presented::credential(kind, secret.clone()));
    Ok(match kind {
        Kind::Storage => {
            let token = client.verify().await?;
            let (description, project) =
                (output::printable(&token.description), output::printable(&token.owner.name));
            format!("token {} \"{description}\" of project {project} ({})", token.id, token.owner.id)
        }
        Kind::Manage => {
            let token = client.verify_manage_token().await?;
            format!("manage token {} \"{}\"", token.id, output::printable(&token.description))
        }
    })
}
