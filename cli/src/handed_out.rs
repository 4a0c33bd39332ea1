//! Secrets that were handed out, until they are printed or kept. Nobody can show them again. So an error or a signal meanwhile leads
//! to a private file that has the secret, and to a sentence that says where it is.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, Write as _},
    mem,
    path::{Path, PathBuf},
};

use jeton_core::secret::PlainSecret;
use jeton_private_file as private_file;

use crate::{at_signal::AtSignal, unfinished::Unfinished};

/// The bytes reserved for a secret, more than any has.
const ROOM: [u8; 256] = [b' '; 256];

/// A file for a secret, with space reserved. It is removed on drop, and by a signal, unless a secret was handed out for it.
#[derive(Debug)]
pub struct Reserved(Unfinished);

/// A secret that was handed out. It is written to its file on drop, and by a signal.
#[derive(Debug)]
pub struct HandedOut {
    /// What it is, as the beginning of a sentence.
    what: String,
    secret: PlainSecret,
    place: Place,
}

/// Where a secret is kept that is not printed.
#[derive(Debug)]
enum Place {
    /// In its file.
    Reserved(Reserved),
    /// In a new file of the current folder, whose name begins so.
    Here(&'static str, AtSignal),
    /// It needs none any more.
    Done,
}

/// A file that has a secret, until somebody was told of it. A signal does that.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    /// Its file, which is locked.
    _locked: Reserved,
    sentence: String,
    at_signal: AtSignal,
}

impl Reserved {
    /// Creates a file in a folder under the next free name, so that no earlier secret is overwritten.
    pub fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let mut file = under_free_name(folder, name, Unfinished::create)?;
        // Others leave it alone as long as it is locked. Where files have no locks, nothing keeps them from it.
        drop(file.file().try_lock());
        let room = file.file().write_all(&ROOM).and_then(|()| file.file().sync_all());
        room.map(|()| Self(file)).map_err(|error| named(folder, &error))
    }

    /// A file in the current folder.
    pub fn here(name: &str) -> io::Result<Self> {
        Self::new(&env::current_dir()?, name)
    }

    /// What a signal says from now on, besides that it removes the file: that a call on its way may have handed the secret out.
    pub fn awaits(&self, maybe: Option<&str>) {
        self.0.removed_saying(maybe.map(str::to_owned));
    }

    /// Takes a secret that was handed out.
    pub fn takes(self, what: String, secret: PlainSecret) -> HandedOut {
        self.will_have(&what, &secret);
        HandedOut { what, secret, place: Place::Reserved(self) }
    }

    fn will_have(&self, what: &str, secret: &PlainSecret) {
        let (path, what, secret) = (self.0.path().to_owned(), what.to_owned(), secret.clone());
        self.0.at_signal().change(move || {
            let file = OpenOptions::new().write(true).open(&path);
            Some(match file.and_then(|mut file| written(&mut file, &secret)) {
                Ok(()) => is_in(&what, &path),
                Err(error) => shown(&what, &secret, &error),
            })
        });
    }
}

impl HandedOut {
    /// A secret that is to be printed. In place of what a signal did up to now, it is kept in a file of the current folder.
    pub fn here(what: String, name: &'static str, secret: PlainSecret, at_signal: AtSignal) -> Self {
        let (told, kept) = (what.clone(), secret.clone());
        at_signal.change(move || {
            let folder = env::current_dir();
            let path = folder.and_then(|folder| {
                under_free_name(&folder, name, |path| {
                    let mut file = private_file::create(&path)?;
                    written(&mut file, &kept).map(|()| path)
                })
            });
            Some(match path {
                Ok(path) => is_in(&told, &path),
                Err(error) => shown(&told, &kept, &error),
            })
        });
        Self { what, secret, place: Place::Here(name, at_signal) }
    }

    /// The secret.
    pub fn secret(&self) -> &PlainSecret {
        &self.secret
    }

    /// The same, in its file already now, for an end of the program that no signal announces. The file is removed once it is done. It is in the folder
    /// for temporary files if the current one takes none.
    pub fn written_ahead(mut self) -> Self {
        if let Place::Here(name, _) = &self.place
            && let Ok(reserved) =
                self.ahead_in(env::current_dir(), name).or_else(|_| self.ahead_in(Ok(env::temp_dir()), name))
        {
            self.place = Place::Reserved(reserved);
        }
        self
    }

    fn ahead_in(&self, folder: io::Result<PathBuf>, name: &str) -> io::Result<Reserved> {
        let mut reserved = Reserved::new(&folder?, name)?;
        written(reserved.0.file(), &self.secret)?;
        reserved.will_have(&self.what, &self.secret);
        Ok(reserved)
    }

    /// Ends the care for it: it is printed, or of no use any more.
    pub fn done(mut self) {
        self.place = Place::Done;
    }

    /// Writes it to a file, or shows it on standard error if that fails. Returns a sentence that says where it is.
    pub fn rescued(self) -> String {
        match self.keep() {
            Ok(kept) => kept.left().1,
            Err((_, outcome)) => outcome,
        }
    }

    /// Writes it to its file.
    ///
    /// Errors: why it could not, and a sentence that says where the secret is, which is then shown on standard error.
    pub fn keep(mut self) -> Result<Kept, (io::Error, String)> {
        self.kept().map_err(|error| {
            let outcome = shown(&self.what, &self.secret, &error);
            (error, outcome)
        })
    }

    fn kept(&mut self) -> io::Result<Kept> {
        let mut reserved = match mem::replace(&mut self.place, Place::Done) {
            Place::Reserved(reserved) => reserved,
            Place::Here(name, _at_signal) => {
                let reserved = Reserved::here(name)?;
                reserved.will_have(&self.what, &self.secret);
                reserved
            }
            Place::Done => return Err(io::ErrorKind::NotFound.into()),
        };
        let path = reserved.0.path().to_owned();
        written(reserved.0.file(), &self.secret).map_err(|error| named(&path, &error))?;
        let (path, at_signal) = reserved.0.leave();
        let sentence = is_in(&self.what, &path);
        let told = sentence.clone();
        at_signal.change(move || Some(told));
        Ok(Kept { path, _locked: reserved, sentence, at_signal })
    }
}

impl Drop for HandedOut {
    fn drop(&mut self) {
        if matches!(self.place, Place::Done) {
            return;
        }
        let sentence = match self.kept() {
            Ok(kept) => kept.left().1,
            Err(error) => shown(&self.what, &self.secret, &error),
        };
        eprintln!("jeton: {sentence}");
    }
}

impl Kept {
    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the file. Returns its path, and a sentence that says where it is.
    pub fn left(self) -> (PathBuf, String) {
        (self.path, self.sentence)
    }

    /// Removes the file: the secret is kept elsewhere.
    pub fn remove(self) -> io::Result<()> {
        let path = self.path.clone();
        self.at_signal.change(move || {
            drop(fs::remove_file(path));
            None
        });
        private_file::remove(&self.path)
    }
}

/// Creates a file under the next free name.
fn under_free_name<T>(folder: &Path, name: &str, create: impl Fn(PathBuf) -> io::Result<T>) -> io::Result<T> {
    for number in 1.. {
        let path = match number {
            1 => folder.join(format!("jeton-{name}")),
            number => folder.join(format!("jeton-{name}-{number}")),
        };
        match create(path.clone()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(named(&path, &error)),
            created => return created,
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Writes a secret over what was reserved for it, and syncs it to disk. Twice at once it is the same.
fn written(file: &mut File, secret: &PlainSecret) -> io::Result<()> {
    let line = format!("{}\n", secret.expose());
    file.rewind()?;
    file.write_all(line.as_bytes())?;
    file.set_len(line.len() as u64)?;
    file.sync_all()
}

fn is_in(what: &str, path: &Path) -> String {
    format!("{what} is in {}, which only you can read", path.display())
}

/// Shows a secret that no file can take. Not at first: a log may capture standard error.
fn shown(what: &str, secret: &PlainSecret, error: &io::Error) -> String {
    eprintln!("jeton: warning: no file can take the secret ({error}). It is");
    eprintln!("{}", secret.expose());
    format!("{what} is shown above")
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use jeton_tests::store::fresh_folder;

    use super::*;
    use crate::at_signal::tests::{alone, signalled};

    fn secret() -> PlainSecret {
        PlainSecret::new("1-2-jtabc".to_owned())
    }

    #[test]
    fn a_signal_finds_a_secret_at_each_moment_between_its_call_and_its_end() {
        let _alone = alone();
        let folder = fresh_folder();
        let path = folder.join("jeton-x");
        let reserved = || Reserved::new(&folder, "x").unwrap();
        let text = || fs::read_to_string(&path).ok();
        let says = |what: &str| vec![what.replace("PATH", path.to_str().unwrap())];
        let is_in = || says("it is in PATH, which only you can read");
        let handed_out = || reserved().takes("it".to_owned(), secret());

        let waiting = reserved();
        waiting.awaits(Some("it may be lost"));
        assert_eq!((signalled(), text()), (says("it may be lost"), None));
        drop(waiting);
        let waiting = reserved();
        waiting.awaits(Some("it may be lost"));
        waiting.awaits(None);
        assert_eq!((signalled(), text()), (Vec::new(), None));
        drop(waiting);

        let secret = handed_out();
        assert_eq!(text().unwrap().trim_end(), "");
        assert_eq!((signalled(), text()), (is_in(), Some("1-2-jtabc\n".to_owned())));
        secret.done();
        assert_eq!(text(), None);

        let kept = handed_out().keep().unwrap();
        assert_eq!((signalled(), text()), (is_in(), Some("1-2-jtabc\n".to_owned())));
        kept.remove().unwrap();
        assert_eq!((signalled(), text()), (Vec::new(), None));

        assert_eq!(handed_out().keep().unwrap().left().0, path);
        assert_eq!((signalled(), text()), (Vec::new(), Some("1-2-jtabc\n".to_owned())));
    }

    #[test]
    fn a_secret_that_an_error_drops_is_in_its_file() {
        let _alone = alone();
        let folder = fresh_folder();
        drop(Reserved::new(&folder, "x").unwrap().takes("it".to_owned(), secret()));
        assert_eq!(fs::read_to_string(folder.join("jeton-x")).unwrap(), "1-2-jtabc\n");
        assert_eq!(signalled(), Vec::<String>::new());
    }
}
