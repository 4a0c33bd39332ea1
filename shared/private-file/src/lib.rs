//! Private files: readable by their owner only, and never opened through a link.

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

/// Creates a file that only its owner can read and write.
///
/// Errors: [`io::ErrorKind::AlreadyExists`] if the name exists, even as a dangling link.
pub fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Opens a regular file for reading and writing.
///
/// Errors: [`io::ErrorKind::NotFound`]; it is a link or not a regular file.
pub fn open_plain(path: &Path) -> io::Result<File> {
    let file = match OpenOptions::new().read(true).write(true).custom_flags(NO_LINK).open(path) {
        Ok(file) => file,
        Err(_) if is_link(path) => return Err(not_private("it is a link")),
        Err(error) => return Err(error),
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_private("it is not a regular file")) }
}

/// Opens a private file of the current user for reading and writing.
///
/// Errors: [`io::ErrorKind::NotFound`]; it is a link or not a regular file, belongs to another user, has another hard link, or
/// others can access it.
pub fn open(path: &Path) -> io::Result<File> {
    let file = open_plain(path)?;
    let found = file.metadata()?;
    check_owner(&found)?;
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(not_private(&format!(
            "others than its owner can access it (its mode is {mode:04o}, not 0600)"
        )));
    }
    Ok(file)
}

/// Removes a leftover file of the current user.
///
/// Errors: the name is something else, which is kept.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_symlink() => Err(not_private("it is a link")),
        Ok(found) => check_owner(&found).and_then(|()| fs::remove_file(path)),
    }
}

/// Renames a finished file, unless the name exists.
///
/// Errors: [`io::ErrorKind::AlreadyExists`].
pub fn publish(unfinished: &Path, path: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    match rustix::fs::renameat_with(CWD, unfinished, CWD, path, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
        done => return Ok(done?),
    }
    // A hard link never replaces an existing file, unlike a rename.
    fs::hard_link(unfinished, path)?;
    fs::remove_file(unfinished)
}

/// Does not follow links, and does not block on special files.
const NO_LINK: i32 = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits().cast_signed();

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

fn check_owner(found: &Metadata) -> io::Result<()> {
    if !found.is_file() {
        return Err(not_private("it is not a regular file"));
    }
    if found.uid() != geteuid().as_raw() {
        return Err(not_private("it belongs to another user"));
    }
    if found.nlink() > 1 {
        return Err(not_private("it has another hard link"));
    }
    Ok(())
}

fn not_private(why: &str) -> io::Error {
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
