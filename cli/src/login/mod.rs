//! `jeton login`: checks a token and keeps it.

mod link;

use std::{io::ErrorKind, path::PathBuf};

use clap::Args;
use jeton_client::{Client, Credential, Error, PlainSecret, ShareLink};
use jeton_service::{config::known_variables, runtime::StartError};

use crate::{
    browser, complete,
    connection::{self, DEFAULT_URL},
    environment::Environment,
    failure::{EXIT_CODES, Failure},
    output, presented,
    profile::{self, Folder, Kind, Name, Place, Profile, Slot},
    prompt, reveal,
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
replaced after a question, or with --yes; a new secret of the same token without either.";

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
            self.lead_to_console(Client::new(&own_url, Credential::None)?.url());
        }
        let given = self.given()?;
        let link = ShareLink::parse(given.expose());
        if link.is_none() && self.link.is_some() {
            return Err(link::not_a_link(&given));
        }
        let url = link.as_ref().map_or(own_url, |link| link.url.clone());
        let client = Client::new(&url, Credential::None)?;
        if let Some(other) = earlier.filter(|earlier| earlier.url != client.url() && !earlier.is_empty()) {
            return Err(Failure::Missing(format!(
                "profile {name} is for {}: pass --profile OTHER to log in to {}, or `jeton logout --profile {name}` first",
                other.url,
                client.url()
            )));
        }
        if let Some(earlier) = earlier {
            self.may_replace(&folder, &name, earlier, link.is_none().then_some(&given))?;
        }
        let secret = match &link {
            Some(link) => link::picked_up(&client, link).await?,
            None => given,
        };
        let kept = self.keep(&folder, &name, &client, &secret, link.is_some()).await;
        if link.is_some()
            && let Err(failure) = kept
        {
            return Err(rescued(&secret, &failure));
        }
        kept?;
        eprintln!("Profile {name} is the current one.");
        warn_of_variables(&environment);
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

    /// Asks before another token is replaced, which may be kept nowhere else. `given` is the new one; without it, it is of a link, and
    /// not picked up yet. Fails where nobody can be asked.
    fn may_replace(
        &self,
        folder: &Folder,
        name: &Name,
        earlier: &Profile,
        given: Option<&PlainSecret>,
    ) -> Result<(), Failure> {
        let kind = given.map_or(Some(Kind::Storage), presented::kind);
        let Some((kind, place)) = kind.and_then(|kind| Some((kind, earlier.place(kind)?))) else {
            return Ok(());
        };
        let slot = Slot { folder, profile: name, kind, url: &earlier.url };
        let shown = match slot.read(place) {
            Ok(kept) => presented::masked(&kept),
            // It stays in the keyring, if there is one.
            Err(_) if place == Place::Keyring => return Ok(()),
            Err(Failure::File(_, error)) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(_) => "which cannot be read".to_owned(),
        };
        if self.yes || given.is_some_and(|given| presented::masked(given) == shown) {
            return Ok(());
        }
        if !prompt::can_ask() {
            return Err(Failure::Missing(format!(
                "profile {name} keeps another {kind}, {shown}: pass --profile OTHER to keep both, or --yes to replace it"
            )));
        }
        let question =
            format!("Profile {name} keeps another {kind}, {shown}. Replace it? (--profile OTHER keeps both)");
        connection::confirm(&question, false)
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

    /// Checks a token and keeps it.
    async fn keep(
        &self,
        folder: &Folder,
        name: &Name,
        client: &Client,
        secret: &PlainSecret,
        is_only_copy: bool,
    ) -> Result<(), Failure> {
        let Some(kind) = presented::kind(secret) else {
            return Err(Failure::Missing(
                "that is not a token: one starts like 1-23-jt, or jtm-1- for a manage token, and contains no spaces"
                    .to_owned(),
            ));
        };
        let url = client.url();
        match who(&client.with(presented::credential(kind, secret.clone())), kind).await {
            Ok(who) => eprintln!("Logged in to {url} as {who}."),
            // It was right a moment ago, and nobody can show it again.
            Err(error) if is_only_copy => {
                eprintln!("jeton: warning: the token could not be checked: {error}");
            }
            Err(error) => return Err(error.into()),
        }
        let locked = folder.lock()?;
        let slot = Slot { folder, profile: name, kind, url };
        let earlier = folder.profiles()?.profiles.get(name).and_then(|profile| profile.place(kind));
        let (place, why) = slot.keep(secret, self.keep_in)?;
        if earlier == Some(Place::Keyring) && place == Place::File {
            slot.remove_or_warn(Place::Keyring)?;
        }
        let changed = folder.change(&locked, |profiles| {
            let profile =
                profiles.profiles.entry(name.clone()).or_insert_with(|| Profile::new(url.to_owned()));
            if profile.url != url {
                *profile = Profile::new(url.to_owned());
            }
            profile.set_place(kind, place);
            profiles.current = Some(name.clone());
        });
        if let Err(failure) = changed {
            // Without its profile nothing would lead to it.
            if earlier.is_none() {
                slot.remove_or_warn(place)?;
            }
            return Err(failure);
        }
        let place = slot.described(place);
        match why {
            None => eprintln!("The token is kept in {place}."),
            Some(why) => {
                eprintln!(
                    "No keyring can keep the token ({why}). It is in {place}, which only you can read."
                );
            }
        }
        Ok(())
    }
}

/// Whose token this is, by asking Jeton.
async fn who(client: &Client, kind: Kind) -> Result<String, Error> {
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

/// A token that was picked up and cannot be kept is lost, unless it is written to a file of its own.
fn rescued(secret: &PlainSecret, failure: &Failure) -> Failure {
    let outcome = match reveal::keep("token", secret) {
        Ok(path) => format!("the token was picked up and is in {}, which only you can read", path.display()),
        Err(error) => {
            format!("the token was picked up and is lost, because no file could be written either: {error}")
        }
    };
    Failure::NotKept { why: failure.to_string(), outcome }
}

fn warn_of_variables(environment: &Environment) {
    let set = [
        ("JETON_URL", &environment.url),
        ("JETON_TOKEN", &environment.token),
        ("JETON_MANAGE_TOKEN", &environment.manage_token),
    ];
    for (name, _) in set.iter().filter(|(_, value)| value.is_some()) {
        eprintln!("jeton: warning: {name} is set, and commands use it instead of the profile.");
    }
}
