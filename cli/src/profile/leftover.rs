//! Tokens that no profile names, as after a profile was renamed or removed by hand, or logged out of where no keyring could be reached.

use std::{collections::BTreeSet, fs, io::ErrorKind, path::PathBuf};

use super::{Folder, Kind, Name, Place, Profiles, in_keyring::InKeyring, picked_up::picked_up};
use crate::{failure::Failure, shell::quoted};

/// How many names are listed.
const LISTED: usize = 20;

/// Tokens that are kept here and that no profile names.
#[derive(Debug, Default)]
pub struct Leftovers {
    /// Whether some of these are in the keyring.
    are_in_keyring: bool,
    /// The names of their profiles, which are not in the configuration.
    pub profiles: BTreeSet<Name>,
    /// Those in the keyring whose profiles are in the configuration, and use others.
    unused: Vec<InKeyring>,
    /// Those in files whose profiles are in the configuration, and keep none there: the name of the profile, and the file.
    unused_files: Vec<(Name, PathBuf)>,
    /// Tokens that were picked up and not kept: their files.
    picked_up: Vec<PathBuf>,
}

/// What is left in files, and among these tokens of the keyring.
pub fn leftovers<'a>(
    folder: &Folder,
    profiles: &Profiles,
    in_keyring: impl IntoIterator<Item = &'a InKeyring>,
) -> Result<Leftovers, Failure> {
    let mut left = Leftovers { picked_up: picked_up(folder)?, ..Leftovers::default() };
    for (file, name, kind) in in_files(folder)? {
        match profiles.profiles.get(&name) {
            None => drop(left.profiles.insert(name)),
            Some(profile) if profile.place(kind) == Some(Place::File) => {}
            Some(_) => left.unused_files.push((name, folder.secret(&file))),
        }
    }
    for token in in_keyring.into_iter().filter(|token| !token.is_used(profiles)) {
        left.are_in_keyring |= !profiles.profiles.contains_key(&token.profile);
        left.profiles.insert(token.profile.clone());
        left.unused.push(token.clone());
    }
    left.profiles.retain(|name| !profiles.profiles.contains_key(name));
    left.unused.retain(|token| profiles.profiles.contains_key(&token.profile));
    Ok(left)
}

/// Files of tokens, with the names of their profiles.
fn in_files(folder: &Folder) -> Result<BTreeSet<(String, Name, Kind)>, Failure> {
    let path = folder.secrets();
    let failed = |error| Failure::File(path.display().to_string(), error);
    let entries = match fs::read_dir(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        entries => entries.map_err(failed)?,
    };
    let mut files = BTreeSet::new();
    for entry in entries {
        let file = entry.map_err(failed)?.file_name();
        files.extend(file.to_str().and_then(|file| {
            let (name, kind) = profile_of(file)?;
            Some((file.to_owned(), name, kind))
        }));
    }
    Ok(files)
}

/// What is left, and what removes it, for people. `None` if nothing is.
pub fn told(left: &Leftovers) -> Option<(String, String)> {
    let sentences: Vec<_> = [
        told_of_profiles(&left.profiles, left.are_in_keyring),
        told_of_unused(&left.unused),
        told_of_unused_files(&left.unused_files),
        told_of_picked_up(&left.picked_up),
    ]
    .into_iter()
    .flatten()
    .collect();
    let joined =
        |part: fn(&(String, String)) -> &str| sentences.iter().map(part).collect::<Vec<_>>().join(", and ");
    (!sentences.is_empty()).then(|| (joined(|(found, _)| found), joined(|(_, advice)| advice)))
}

fn told_of_profiles(names: &BTreeSet<Name>, are_in_keyring: bool) -> Option<(String, String)> {
    let first = names.first()?;
    let found = format!(
        "tokens are kept here of profiles that are not in the configuration: {}{}",
        few(names.iter().map(ToString::to_string)),
        if are_in_keyring {
            " (another configuration of this user may use those in the keyring)"
        } else {
            ""
        }
    );
    let others = if names.len() > 1 { ", and --all those of all profiles" } else { "" };
    Some((found, format!("`jeton logout --profile {first}` removes them from this machine{others}")))
}

fn told_of_unused(tokens: &[InKeyring]) -> Option<(String, String)> {
    let profile = &tokens.first()?.profile;
    let entries = few(tokens.iter().map(|token| format!("\"{}\"", token.entry())));
    let found = format!(
        "there are tokens in the keyring that no profile uses, and another configuration of this user may use: {entries}"
    );
    Some((found, format!("`jeton logout --profile {profile}` removes all tokens of this profile")))
}

fn told_of_unused_files(files: &[(Name, PathBuf)]) -> Option<(String, String)> {
    let (profile, _) = files.first()?;
    let paths = few(files.iter().map(|(_, path)| path.display().to_string()));
    let found = format!("there are files of tokens that no profile uses: {paths}");
    Some((found, format!("`jeton logout --profile {profile}` removes all tokens of this profile")))
}

fn told_of_picked_up(files: &[PathBuf]) -> Option<(String, String)> {
    let first = quoted(files.first()?);
    let paths = few(files.iter().map(|path| path.display().to_string()));
    let found = format!("a login that was interrupted left a token that it had picked up: {paths}");
    // The file has no address, and a token goes to its own Jeton only.
    let advice = format!(
        "`jeton login --url ADDRESS --profile NAME < {first}` keeps it if it has one, with the address of its link and a new name, and then \
         remove this file"
    );
    Some((found, advice))
}

/// The first of many.
fn few(shown: impl ExactSizeIterator<Item = String>) -> String {
    let more = shown.len().saturating_sub(LISTED);
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{and_more}", shown.take(LISTED).collect::<Vec<_>>().join(", "))
}

/// The profile whose token a file has, and its kind, by its name. A write that was interrupted leaves an unfinished one.
fn profile_of(file: &str) -> Option<(Name, Kind)> {
    let file = file.strip_suffix(Folder::UNFINISHED).unwrap_or(file);
    Kind::ALL.into_iter().find_map(|kind| Some((file.strip_suffix(kind.file_end())?.parse().ok()?, kind)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Profile, in_keyring::of_names};

    #[test]
    fn a_file_of_a_token_names_its_profile() {
        let of = |file| profile_of(file).map(|(name, _)| name.to_string());
        for file in ["a.b.token", "a.b.manage-token", "a.b.token.new", "a.b.manage-token.new"] {
            assert_eq!(of(file).as_deref(), Some("a.b"), "{file}");
        }
        assert_eq!(of("x.manage-token.token").as_deref(), Some("x.manage-token"));
        for file in ["lock", "jeton-picked-up", ".token", "a.token.old", "A.token", "../a.token", "token"] {
            assert_eq!(of(file), None, "{file}");
        }
    }

    #[test]
    fn many_are_counted() {
        let left = |count: usize| Leftovers {
            profiles: (0..count).map(|n| format!("p{n:02}").parse().unwrap()).collect(),
            ..Leftovers::default()
        };
        assert_eq!(told(&left(0)), None);
        let (found, advice) = told(&left(1)).unwrap();
        assert!(found.ends_with(": p00") && !advice.contains("--all"), "{found} {advice}");
        let (found, advice) = told(&left(22)).unwrap();
        assert!(found.ends_with("p19 and 2 more") && advice.contains("--profile p00"), "{found} {advice}");
        assert!(advice.contains("--all"), "{advice}");
    }

    #[test]
    fn a_token_in_the_keyring_is_left_over_if_its_profile_is_not_there_or_uses_another() {
        let folder = Folder::new("/nonexistent".into());
        let mut work = Profile::new("http://h".to_owned());
        work.set_place(Kind::Storage, Place::Keyring);
        let profiles = Profiles { current: None, profiles: [("work".parse().unwrap(), work)].into() };
        let used = "storage token of profile work at http://h";
        let (other, gone) =
            ("manage token of profile work at http://h", "storage token of profile x at http://h");
        let told = |names: &[&str]| told(&leftovers(&folder, &profiles, &of_names(names)).unwrap());
        assert_eq!(told(&[used]), None);
        let (found, advice) = told(&[used, other, gone]).unwrap();
        let expected = format!(
            "tokens are kept here of profiles that are not in the configuration: x (another configuration of this user may use those in the keyring), \
             and there are tokens in the keyring that no profile uses, and another configuration of this user may use: \"{other}\""
        );
        assert_eq!(found, expected);
        assert!(advice.contains("--profile x`") && advice.contains("--profile work`"), "{advice}");
    }
}
