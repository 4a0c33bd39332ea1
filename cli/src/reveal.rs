//! Showing a secret, once: to a person on a terminal, else to a file that only its owner can read.

use std::{
    fs::OpenOptions,
    io::{self, IsTerminal as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
};

use jeton_core::secret::PlainSecret;

/// A secret to show.
pub struct Secret<'a> {
    /// What it is, for a person.
    pub name: &'static str,
    /// The name of its file, when it cannot be shown on a terminal.
    pub file: &'static str,
    /// The secret.
    pub value: &'a PlainSecret,
}

/// Where the secrets went.
pub enum Revealed {
    /// To the person at the terminal.
    OnTerminal,
    /// Into these files, in the order of the secrets.
    InFiles(Vec<PathBuf>),
}

/// Shows secrets. With output elsewhere than a terminal they go to files, so that no log keeps them.
pub fn reveal(secrets: &[Secret<'_>]) -> io::Result<Revealed> {
    if io::stdout().is_terminal() {
        println!("Keep these, they are shown this once:");
        for Secret { name, value, .. } in secrets {
            println!("  {name}: {}", value.expose());
        }
        return Ok(Revealed::OnTerminal);
    }
    println!("The secrets are in files that only you can read. Keep them, they exist nowhere else:");
    let mut files = Vec::new();
    for Secret { name, file, value } in secrets {
        let path = write(file, value)?;
        println!("  {name}: {}", path.display());
        files.push(path);
    }
    Ok(Revealed::InFiles(files))
}

/// Writes a new file, under the next free name, so that no earlier secret is overwritten.
fn write(name: &str, secret: &PlainSecret) -> io::Result<PathBuf> {
    let folder = std::env::current_dir()?;
    for number in 1.. {
        let path = match number {
            1 => folder.join(format!("jeton-{name}")),
            number => folder.join(format!("jeton-{name}-{number}")),
        };
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => {
                writeln!(file, "{}", secret.expose())?;
                file.sync_all()?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
