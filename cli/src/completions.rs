//! `jeton completions`: shell completion scripts.

use clap::Command;
use clap_complete::{Shell, generate};

use crate::output;

/// Prints the completion script of a shell.
pub fn completions(shell: Shell, command: &mut Command) {
    let mut script = Vec::new();
    generate(shell, command, "jeton", &mut script);
    output::raw(&script);
}
