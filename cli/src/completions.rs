//! `jeton completions`: shell completion scripts.

use clap_complete::Shell;

use crate::{
    complete::{SHELLS, VARIABLE},
    failure::Failure,
    output,
};

/// Prints the script of a shell, by which it asks `jeton` for completions.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    let name = shell.to_string();
    let completer =
        SHELLS.completer(&name).ok_or_else(|| Failure::Missing(format!("unknown shell {name}")))?;
    let written = completer.write_registration(VARIABLE, "jeton", "jeton", "jeton", &mut script);
    written.map_err(|error| Failure::Output(error.to_string()))?;
    output::raw(&script);
    Ok(())
}
