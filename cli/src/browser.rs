//! Opens a page in the browser of this machine.

use std::process::{Command, Stdio};

use crate::environment;

/// The program that opens what the desktop has a program for.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Opens a page. It is not waited for: some browsers go on until they are closed.
///
/// Errors: there is no desktop, as in a session of ssh, or nothing that opens pages.
pub fn open(url: &str) -> Result<(), String> {
    if !environment::has_desktop() {
        return Err("this session has no desktop".to_owned());
    }
    let mut command = Command::new(OPENER);
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop).map_err(|error| format!("{OPENER}: {error}"))
}
