//! `jeton man`: manual pages.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Args, Command};
use clap_mangen::Man as Page;

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
        let mut command = command.disable_help_subcommand(true);
        command.build();
        write(&self.folder, command).map_err(failed)
    }
}

/// Writes the pages of a command and of those below it.
fn write(folder: &Path, command: Command) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()).cloned() {
        write(folder, below)?;
    }
    let page = Page::new(command);
    let (mut whole, mut notes) = (Vec::new(), Vec::new());
    page.render(&mut whole)?;
    page.render_extra_section(&mut notes)?;
    fs::write(folder.join(page.get_filename()), as_typed(&text(whole), &text(notes)))
}

/// The page with its section of examples and notes in the lines in which they are written: they have columns.
fn as_typed(page: &str, notes: &str) -> String {
    let preamble = notes.find(".SH EXTRA\n").unwrap_or_default();
    let notes = &notes[preamble..];
    let lines = notes.replacen(".SH EXTRA\n", ".SH EXAMPLES AND NOTES\n.nf\n", 1);
    page.replacen(notes, &format!("{}\n.fi\n", lines.trim_end()), 1)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
