//! Shows new secrets once: on a terminal, else in files that only their owner can read.

use std::{
    collections::VecDeque,
    io::{self, IsTerminal as _},
    path::PathBuf,
};

use jeton_core::secret::PlainSecret;

use crate::{
    at_signal::AtSignal,
    handed_out::{HandedOut, Reserved},
    output,
};

/// The names of a secret.
#[derive(Debug, Clone, Copy)]
pub struct Label {
    /// The name in messages.
    pub name: &'static str,
    /// The name of its file after `jeton-`, if it cannot be shown on a terminal.
    pub file: &'static str,
}

/// The destination of secrets. Prepared before the secrets are created, so that none is created that cannot be shown.
#[derive(Debug)]
pub struct Places {
    /// Those of secrets that are not created yet: on the terminal, or in these files, with space reserved.
    waiting: VecDeque<(Label, Option<Reserved>)>,
    taken: Vec<(Label, HandedOut)>,
    on_terminal: bool,
}

/// Where the secrets were shown.
pub enum Revealed {
    /// The terminal.
    OnTerminal,
    /// These files, in the order of the secrets.
    InFiles(Vec<PathBuf>),
}

impl Places {
    /// Prepares a destination for each secret. If standard output is not a terminal, these are files, so that no log captures
    /// a secret.
    pub fn prepare(labels: &[Label]) -> io::Result<Self> {
        let on_terminal = io::stdout().is_terminal();
        if !on_terminal {
            output::is_open()
                .map_err(|error| io::Error::other(format!("standard output: {error}; nothing is created")))?;
        }
        let place =
            |label: &Label| Ok((*label, (!on_terminal).then(|| Reserved::here(label.file)).transpose()?));
        let waiting = labels.iter().map(place).collect::<io::Result<_>>()?;
        Ok(Self { waiting, taken: Vec::new(), on_terminal })
    }

    /// Takes a secret as soon as it is created, in the order of the labels.
    pub fn take(&mut self, secret: PlainSecret) {
        let Some((label, reserved)) = self.waiting.pop_front() else { return };
        let what = format!("the {}", label.name);
        self.taken.push((
            label,
            match reserved {
                Some(reserved) => reserved.takes(what, secret),
                None => HandedOut::here(what, label.file, secret, AtSignal::new(|| None)),
            },
        ));
    }

    /// Shows the secrets.
    pub fn reveal(self) -> io::Result<Revealed> {
        if self.on_terminal {
            println!("Save these now: they won't be shown again:");
            for (label, secret) in self.taken {
                println!("  {}: {}", label.name, secret.secret().expose());
                if output::lost().is_none() {
                    secret.done();
                }
            }
            return Ok(Revealed::OnTerminal);
        }
        let mut paths = Vec::new();
        println!("The secrets are in files that only you can read. There is no other copy of them:");
        for (label, secret) in self.taken {
            let kept =
                secret.keep().map_err(|(why, outcome)| io::Error::other(format!("{why}; {outcome}")))?;
            println!("  {}: {}", label.name, kept.path().display());
            if output::may_be_missed() {
                eprintln!("The {} is in {}", label.name, kept.path().display());
            }
            paths.push(kept.left().0);
        }
        Ok(Revealed::InFiles(paths))
    }
}
