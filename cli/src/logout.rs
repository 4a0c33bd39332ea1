//! `jeton logout`: forgets a profile and its tokens.

use clap::Args;

use crate::{
    complete,
    environment::Environment,
    failure::Failure,
    profile::{self, Kind, Name, Place, Slot},
};

/// Removes a profile and its tokens from this machine. The tokens themselves keep working.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton logout                      the current profile
  jeton logout --profile work

Tokens that are not needed any more are ended by `jeton token delete`, before.")]
pub struct Logout {
    /// The profile (default: the current one)
    #[arg(long, value_name = "NAME", add = complete::profiles())]
    profile: Option<Name>,
}

impl Logout {
    /// Runs the command.
    pub fn run(self) -> Result<(), Failure> {
        let environment = Environment::read();
        let folder = profile::folder_of(&environment)?;
        let chosen = profile::chosen(self.profile.as_ref(), &environment, &folder.profiles()?)?;
        let Some(name) = chosen else {
            return Err(Failure::Missing("nobody is logged in: there is no current profile".to_owned()));
        };
        let locked = folder.lock()?;
        let profiles = folder.profiles()?;
        let profile = profile::get(&profiles, &name)?;
        for kind in Kind::ALL {
            let slot = Slot { folder: &folder, profile: &name, kind, url: &profile.url };
            // Also where the configuration file was edited.
            slot.remove(Place::File)?;
            if profile.place(kind) == Some(Place::Keyring) {
                slot.remove_or_warn(Place::Keyring)?;
            }
        }
        folder.change(&locked, |profiles| {
            profiles.profiles.remove(&name);
            profiles.current.take_if(|current| *current == name);
        })?;
        eprintln!("Profile {name} is removed from this machine. Its tokens keep working elsewhere.");
        Ok(())
    }
}
