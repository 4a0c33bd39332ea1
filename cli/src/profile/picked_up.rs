//! Files of tokens that were picked up and are not kept yet, as of a login that was interrupted.

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use jeton_private_file as private_file;

use super::Folder;
use crate::failure::Failure;

/// The name of such a file, after `jeton-`. Further ones have a number behind it.
pub const PICKED_UP: &str = "picked-up";

/// The files of logins that are not running any more.
pub fn picked_up(folder: &Folder) -> Result<Vec<PathBuf>, Failure> {
    let mut files = all(folder)?;
    files.retain(|file| !is_locked(file));
    Ok(files)
}

/// Removes these files, but for those of logins that are not done. Returns what it could not remove.
pub fn remove_picked_up(folder: &Folder) -> Vec<Failure> {
    let files = match all(folder) {
        Ok(files) => files,
        Err(failure) => return vec![failure],
    };
    let mut failed = Vec::new();
    for file in files {
        if is_locked(&file) {
            eprintln!("jeton: warning: {} is left, since a login has it that is not done.", file.display());
        } else if let Err(error) = private_file::remove(&file) {
            failed.push(Failure::File(file.display().to_string(), error));
        }
    }
    failed
}

fn all(folder: &Folder) -> Result<Vec<PathBuf>, Failure> {
    let path = folder.secrets();
    let entries = match fs::read_dir(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| Failure::File(path.display().to_string(), error))?,
    };
    let is_one = |entry: &fs::DirEntry| entry.file_name().to_str().is_some_and(is_name);
    let mut files: Vec<_> = entries.flatten().filter(is_one).map(|entry| entry.path()).collect();
    files.sort();
    Ok(files)
}

/// Whether a file has such a name. The file of a profile with a similar name has a token that is kept.
fn is_name(file: &str) -> bool {
    let number = file.strip_prefix("jeton-").and_then(|file| file.strip_prefix(PICKED_UP));
    number.is_some_and(|number| {
        number.is_empty()
            || number
                .strip_prefix('-')
                .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// Whether another process has locked a file.
fn is_locked(path: &Path) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|about| about.is_file());
    let file = is_file.then(|| File::open(path).ok()).flatten();
    file.is_some_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_profile_with_a_similar_name_is_none() {
        for file in ["jeton-picked-up", "jeton-picked-up-2", "jeton-picked-up-10"] {
            assert!(is_name(file), "{file}");
        }
        for file in
            ["jeton-picked-up.token", "jeton-picked-up-2.token.new", "jeton-picked-up-", "jeton-picked-upon"]
        {
            assert!(!is_name(file), "{file}");
        }
    }
}
