//! Files of tokens that no profile names, as after a profile was renamed or removed by hand.

use std::{
    collections::BTreeSet,
    fs::{self, File, TryLockError},
    io::ErrorKind,
    path::Path,
};

use jeton_private_file as private_file;

use super::{Folder, Kind, Name, Profiles};
use crate::failure::Failure;

/// The name of a file of a token that was picked up and is not kept yet, after `jeton-`.
pub const PICKED_UP: &str = "picked-up";

/// How many names are listed.
const LISTED: usize = 20;

/// The names of profiles that are not in the configuration, and whose tokens are in files here.
pub fn leftovers(folder: &Folder, profiles: &Profiles) -> Result<BTreeSet<Name>, Failure> {
    let path = folder.secrets();
    let failed = |error| Failure::File(path.display().to_string(), error);
    let entries = match fs::read_dir(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        entries => entries.map_err(failed)?,
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let file = entry.map_err(failed)?.file_name();
        names.extend(file.to_str().and_then(profile_of).filter(|name| !profiles.profiles.contains_key(name)));
    }
    Ok(names)
}

/// Removes the files of tokens that were picked up and not kept, but for those of logins that are not done. Returns what it could not remove.
pub fn remove_picked_up(folder: &Folder) -> Vec<Failure> {
    let path = folder.secrets();
    let mut failed = Vec::new();
    let entries = match fs::read_dir(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return failed,
        Err(error) => return vec![Failure::File(path.display().to_string(), error)],
        Ok(entries) => entries,
    };
    for entry in entries.flatten() {
        if !entry.file_name().to_str().is_some_and(|file| file.starts_with(&format!("jeton-{PICKED_UP}"))) {
            continue;
        }
        let file = entry.path();
        if is_locked(&file) {
            eprintln!("jeton: warning: {} is left, since a login has it that is not done.", file.display());
        } else if let Err(error) = private_file::remove(&file) {
            failed.push(Failure::File(file.display().to_string(), error));
        }
    }
    failed
}

/// Whether another process has locked a file.
fn is_locked(path: &Path) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|about| about.is_file());
    let file = is_file.then(|| File::open(path).ok()).flatten();
    file.is_some_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// What is left, and what removes it, for people. `None` if nothing is.
pub fn told(names: &BTreeSet<Name>) -> Option<(String, String)> {
    let first = names.first()?;
    let shown: Vec<_> = names.iter().take(LISTED).map(ToString::to_string).collect();
    let more = names.len().saturating_sub(LISTED);
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let found = format!(
        "tokens are kept here of profiles that are not in the configuration: {}{and_more}",
        shown.join(", ")
    );
    let others = if names.len() > 1 { ", and --all those of all profiles" } else { "" };
    Some((found, format!("`jeton logout --profile {first}` removes them from this machine{others}")))
}

/// The profile whose token a file has, by its name. A write that was interrupted leaves an unfinished one.
fn profile_of(file: &str) -> Option<Name> {
    let file = file.strip_suffix(Folder::UNFINISHED).unwrap_or(file);
    Kind::ALL.into_iter().find_map(|kind| file.strip_suffix(kind.file_end())?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_token_names_its_profile() {
        let of = |file| profile_of(file).map(|name| name.to_string());
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
        let names = |count: usize| (0..count).map(|n| format!("p{n:02}").parse().unwrap()).collect();
        assert_eq!(told(&names(0)), None);
        let (found, advice) = told(&names(1)).unwrap();
        assert!(found.ends_with(": p00") && !advice.contains("--all"), "{found} {advice}");
        let (found, advice) = told(&names(22)).unwrap();
        assert!(found.ends_with("p19 and 2 more") && advice.contains("--profile p00"), "{found} {advice}");
        assert!(advice.contains("--all"), "{advice}");
    }
}
