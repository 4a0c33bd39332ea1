//! Files that hold hashes, rights or secrets: for their owner alone, and never reached through a link.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use rustix::{fs::OFlags, process::geteuid};
#[cfg(target_os = "linux")]
use rustix::{
    fs::{CWD, RenameFlags},
    io::Errno,
};

/// Makes a new file, which only its owner can read and write.
///
/// Errors: [`io::ErrorKind::AlreadyExists`] when there is anything of that name, a link that leads nowhere included.
pub fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Opens a file, to read and to write it, and no link.
///
/// Errors: [`io::ErrorKind::NotFound`] when there is none; it is a link or no plain file.
pub fn open_plain(path: &Path) -> io::Result<File> {
    let file = match OpenOptions::new().read(true).write(true).custom_flags(NO_LINK).open(path) {
        Ok(file) => file,
        Err(_) if is_link(path) => return Err(not_own("it is a link")),
        Err(error) => return Err(error),
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_own("it is no plain file")) }
}

/// Opens a file of this process's own user, to read and to write it.
///
/// Errors: [`io::ErrorKind::NotFound`] when there is none; it is a link or no plain file, it is somebody else's or has another
/// name, or others than its owner can reach it.
pub fn open(path: &Path) -> io::Result<File> {
    let file = open_plain(path)?;
    let found = file.metadata()?;
    own(&found)?;
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(not_own(&format!(
            "others than its owner can reach it (its mode is {mode:04o}, not 0600)"
        )));
    }
    Ok(file)
}

/// Removes what an earlier attempt has left under a name, when it is a file of this process's own user.
///
/// Errors: there is something else under that name, which stays.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_symlink() => Err(not_own("it is a link")),
        Ok(found) => own(&found).and_then(|()| fs::remove_file(path)),
    }
}

/// Gives a finished file its name, if nothing has that name.
///
/// Errors: [`io::ErrorKind::AlreadyExists`].
pub fn publish(unfinished: &Path, path: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    match rustix::fs::renameat_with(CWD, unfinished, CWD, path, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
        done => return Ok(done?),
    }
    // A hard link never replaces what is there, as a plain renaming would.
    fs::hard_link(unfinished, path)?;
    fs::remove_file(unfinished)
}

/// A link is not followed, and what is no plain file is not waited for.
const NO_LINK: i32 = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits().cast_signed();

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

fn own(found: &Metadata) -> io::Result<()> {
    if !found.is_file() {
        return Err(not_own("it is no plain file"));
    }
    if found.uid() != geteuid().as_raw() {
        return Err(not_own("it belongs to another user"));
    }
    if found.nlink() > 1 {
        return Err(not_own("it has another name, by a hard link"));
    }
    Ok(())
}

fn not_own(why: &str) -> io::Error {
    io::Error::other(why.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_made_and_opened_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(create(&path).unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        open(&path).unwrap();
        assert_eq!(create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(open(&path).unwrap_err().to_string().contains("0666"));
        remove(&path).unwrap();
        assert_eq!(open(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        remove(&path).unwrap();
    }

    #[test]
    fn links_and_folders_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("file"), folder.path().join("other"));
        drop(create(&other).unwrap());
        symlink(&other, &path).unwrap();
        assert!(create(&path).is_err() && open(&path).is_err() && remove(&path).is_err());
        fs::remove_file(&path).unwrap();
        symlink(folder.path().join("nowhere"), &path).unwrap();
        assert!(create(&path).is_err() && open(&path).is_err() && remove(&path).is_err());
        fs::remove_file(&path).unwrap();
        fs::hard_link(&other, &path).unwrap();
        assert!(open(&path).is_err() && remove(&path).is_err());
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(create(&path).is_err() && open(&path).is_err() && remove(&path).is_err());
        assert!(other.exists());
    }

    #[test]
    fn a_name_that_is_taken_is_not_given_twice() {
        let folder = tempfile::tempdir().unwrap();
        let (unfinished, path) = (folder.path().join("unfinished"), folder.path().join("file"));
        drop(create(&unfinished).unwrap());
        publish(&unfinished, &path).unwrap();
        assert!(path.exists() && !unfinished.exists());
        drop(create(&unfinished).unwrap());
        assert_eq!(publish(&unfinished, &path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(unfinished.exists());
    }
}
