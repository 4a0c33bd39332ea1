//! `jeton completions`.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use crate::output;

/// Prints what makes a shell complete the words of this command.
pub fn completions(shell: Shell) {
    let mut script = Vec::new();
    generate(shell, &mut crate::Arguments::command(), "jeton", &mut script);
    output::raw(&script);
}
