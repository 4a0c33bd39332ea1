//! `jeton man`: manual pages.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, Command};

use crate::failure::Failure;

/// Writes a manual page for each command.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  jeton man /usr/local/share/man/man1")]
pub struct Man {
    /// The folder to write them to
    folder: PathBuf,
}

impl Man {
    /// Runs the command.
    pub fn run(&self, command: Command) -> Result<(), Failure> {
        let failed = |error| Failure::File(self.folder.display().to_string(), error);
        fs::create_dir_all(&self.folder).map_err(failed)?;
        write(&self.folder, command).map_err(failed)
    }
}

fn write(folder: &Path, command: Command) -> std::io::Result<()> {
    clap_mangen::generate_to(command, folder)
}
