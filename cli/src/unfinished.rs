//! Private files that are written and not finished.

use std::{
    fs::{self, File},
    io, mem,
    path::{Path, PathBuf},
};

use jeton_private_file as private_file;

use crate::at_signal::AtSignal;

/// A new private file. It is removed on drop, and by a signal that ends the program, unless it was finished.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    file: File,
    at_signal: AtSignal,
    is_finished: bool,
}

impl Unfinished {
    /// Creates it.
    ///
    /// Errors: [`io::ErrorKind::AlreadyExists`].
    pub fn create(path: PathBuf) -> io::Result<Self> {
        let (file, at_signal) = AtSignal::with(|| {
            let file = private_file::create(&path)?;
            let path = path.clone();
            Ok::<_, io::Error>((file, Box::new(move || removed(&path))))
        })?;
        Ok(Self { path, file, at_signal, is_finished: false })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// What a signal does with it, in place of removing it.
    pub fn at_signal(&self) -> &AtSignal {
        &self.at_signal
    }

    /// From now on a signal removes it and says this.
    pub fn removed_saying(&self, sentence: Option<String>) {
        let path = self.path.clone();
        self.at_signal.change(move || removed(&path).or(sentence));
    }

    /// Puts it in place of a file. A crash leaves either of them.
    pub fn put(mut self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, path)?;
        self.is_finished = true;
        Ok(())
    }

    /// Leaves it under its name. Returns also what a signal does.
    pub fn leave(&mut self) -> (PathBuf, AtSignal) {
        self.is_finished = true;
        (mem::take(&mut self.path), self.at_signal.take())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_finished {
            removed(&self.path);
        }
    }
}

/// Removes the file. There is nothing to say of it.
fn removed(path: &Path) -> Option<String> {
    drop(fs::remove_file(path));
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use jeton_tests::store::fresh_folder;

    use super::*;
    use crate::at_signal::tests::{alone, signalled};

    #[test]
    fn a_file_that_is_not_finished_is_removed_by_an_error_and_by_a_signal() {
        let _alone = alone();
        let folder = fresh_folder();
        let (new, path) = (folder.join("file.new"), folder.join("file"));
        let create = || {
            let mut made = Unfinished::create(new.clone()).unwrap();
            made.file().write_all(b"text").unwrap();
            made
        };
        drop(create());
        assert!(!new.exists());
        let made = create();
        assert_eq!((signalled(), new.exists()), (Vec::new(), false));
        drop(made);
        let made = create();
        made.removed_saying(Some("it is gone".to_owned()));
        assert_eq!((signalled(), new.exists()), (vec!["it is gone".to_owned()], false));
        drop(made);
        create().put(&path).unwrap();
        assert_eq!((fs::read(&path).unwrap(), new.exists()), (b"text".to_vec(), false));
        assert_eq!(create().leave().0, new);
        assert_eq!((signalled(), new.exists()), (Vec::new(), true));
        assert!(Unfinished::create(new.clone()).is_err() && new.exists());
    }
}
