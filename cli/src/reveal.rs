//! Shows new secrets once: on a terminal, else in files that only their owner can read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, IsTerminal as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use jeton_core::secret::PlainSecret;

use crate::output;

/// The bytes reserved for a secret, more than any has.
const ROOM: [u8; 256] = [b' '; 256];

/// The names of a secret.
#[derive(Clone, Copy)]
pub struct Label {
    /// The name in messages.
    pub name: &'static str,
    /// The name of its file after `jeton-`, if it cannot be shown on a terminal.
    pub file: &'static str,
}

/// The destination of secrets. Prepared before the secrets are created, so that none is created that cannot be shown.
pub enum Places {
    /// The terminal.
    Terminal(Vec<Label>),
    /// These files, with space reserved.
    Files(Vec<(Label, Reserved)>),
}

/// Where the secrets were shown.
pub enum Revealed {
    /// The terminal.
    OnTerminal,
    /// These files, in the order of the secrets.
    InFiles(Vec<PathBuf>),
}

/// A file for a secret. It is removed on drop unless the secret was written.
pub struct Reserved {
    path: PathBuf,
    file: File,
    is_written: bool,
}

impl Places {
    /// Prepares a destination for each secret. If standard output is not a terminal, these are files, so that no log captures
    /// a secret.
    pub fn prepare(labels: &[Label]) -> io::Result<Self> {
        if io::stdout().is_terminal() {
            return Ok(Self::Terminal(labels.to_vec()));
        }
        output::is_open()
            .map_err(|error| io::Error::other(format!("standard output: {error}; nothing is created")))?;
        let files = labels.iter().map(|label| Ok((*label, here(label.file)?)));
        Ok(Self::Files(files.collect::<io::Result<_>>()?))
    }

    /// Shows the secrets, in the order of their labels.
    pub fn reveal(self, secrets: &[&PlainSecret]) -> io::Result<Revealed> {
        let files = match self {
            Self::Terminal(labels) => {
                println!("Save these now: they won't be shown again:");
                for (label, secret) in labels.iter().zip(secrets) {
                    println!("  {}: {}", label.name, secret.expose());
                }
                return Ok(Revealed::OnTerminal);
            }
            Self::Files(files) => files,
        };
        let mut paths = Vec::new();
        println!("The secrets are in files that only you can read. There is no other copy of them:");
        for ((label, file), secret) in files.into_iter().zip(secrets) {
            let path = file.keep(secret)?;
            println!("  {}: {}", label.name, path.display());
            if output::may_be_missed() {
                eprintln!("The {} is in {}", label.name, path.display());
            }
            paths.push(path);
        }
        Ok(Revealed::InFiles(paths))
    }
}

/// Writes a secret that could not be printed to a file, and returns its path.
pub fn keep(file: &str, secret: &PlainSecret) -> io::Result<PathBuf> {
    here(file)?.keep(secret)
}

/// A file in the current folder.
fn here(name: &str) -> io::Result<Reserved> {
    Reserved::new(&std::env::current_dir()?, name)
}

impl Reserved {
    /// Creates a file in a folder under the next free name, so that no earlier secret is overwritten.
    pub fn new(folder: &Path, name: &str) -> io::Result<Self> {
        for number in 1.. {
            let path = match number {
                1 => folder.join(format!("jeton-{name}")),
                number => folder.join(format!("jeton-{name}-{number}")),
            };
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => {
                    let mut reserved = Self { path, file, is_written: false };
                    let room = reserved.file.write_all(&ROOM).and_then(|()| reserved.file.sync_all());
                    return room.map(|()| reserved).map_err(|error| named(folder, &error));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(named(&path, &error)),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the secret, and syncs it to disk.
    pub fn keep(mut self, secret: &PlainSecret) -> io::Result<PathBuf> {
        let line = format!("{}\n", secret.expose());
        let written = self.file.rewind().and_then(|()| {
            self.file.write_all(line.as_bytes())?;
            self.file.set_len(line.len() as u64)?;
            self.file.sync_all()
        });
        self.is_written = true;
        written.map_err(|error| named(&self.path, &error))?;
        Ok(self.path.clone())
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.is_written {
            drop(fs::remove_file(&self.path));
        }
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
