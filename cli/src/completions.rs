//! `jeton completions`.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

/// Prints what makes a shell complete the words of this command.
pub fn completions(shell: Shell) {
    generate(shell, &mut crate::Arguments::command(), "jeton", &mut std::io::stdout());
}
