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

/// The heading of what stands behind the options.
const HEADING: &str = ".SH EXTRA\n";

/// Writes the pages of a command and of those below it.
fn write(folder: &Path, command: Command) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()).cloned() {
        write(folder, below)?;
    }
    let page = Page::new(command);
    let (mut whole, mut notes) = (Vec::new(), Vec::new());
    page.render(&mut whole)?;
    page.render_extra_section(&mut notes)?;
    let typed = as_typed(&String::from_utf8_lossy(&whole), &String::from_utf8_lossy(&notes));
    fs::write(folder.join(page.get_filename()), typed)
}

/// The page with its section of examples and notes in the lines in which they are written: they have columns.
fn as_typed(page: &str, notes: &str) -> String {
    // Behind definitions for the page.
    let Some((_, section)) = notes.split_once(HEADING) else { return page.to_owned() };
    let lines = format!(".SH EXAMPLES AND NOTES\n.nf\n{}\n.fi\n", section.trim_end());
    page.replacen(&format!("{HEADING}{section}"), &lines, 1)
}
