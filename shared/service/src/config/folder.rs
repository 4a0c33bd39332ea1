//! Checks of folders in the configuration.

use std::path::Path;

use rustix::fs::{Access, access};

/// Checks that a folder is writable, or can be created. Errors: what is wrong with it.
pub fn check(folder: &Path) -> Result<(), &'static str> {
    let there =
        folder.ancestors().find(|part| part.as_os_str().is_empty() || part.symlink_metadata().is_ok());
    let there = there.filter(|part| !part.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let takes = there.is_dir() && access(there, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    if takes { Ok(()) } else { Err("must name a directory that is writable, or can be created") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_for_mails_is_one_or_can_be_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("text"), "").unwrap();
        std::os::unix::fs::symlink("nowhere", path("link")).unwrap();
        for good in [folder.path(), &path("new"), &path("new/deep"), Path::new("new"), Path::new(".")] {
            assert_eq!(check(good), Ok(()), "{}", good.display());
        }
        for bad in [&path("text"), &path("text/new"), &path("link"), Path::new("/proc/version/new")] {
            assert!(check(bad).is_err(), "{}", bad.display());
        }
        assert!(!path("new").exists(), "nothing is made");
    }
}
