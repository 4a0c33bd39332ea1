//! `jeton completions`.

use clap::Command;
use clap_complete::{Shell, generate};

use crate::output;

/// Prints what makes a shell complete the words of this command.
pub fn completions(shell: Shell, command: &mut Command) {
    let mut script = Vec::new();
    generate(shell, command, "jeton", &mut script);
    output::raw(&script);
}
