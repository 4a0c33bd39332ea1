//! Unreadable records: each is logged once.

use std::{
    collections::BTreeSet,
    fmt::Display,
    sync::{Mutex, PoisonError},
};

/// How many are remembered. Further ones are logged each time.
const REMEMBERED: usize = 10_000;

static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Logs that a record cannot be read, the first time that this process meets it in this state.
pub fn tell(what: &'static str, which: impl Display, error: impl Display) {
    let (which, error) = (which.to_string(), error.to_string());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    let is_new = remember(&mut told, format!("{what} {which}: {error}"));
    drop(told);
    if is_new {
        tracing::error!(id = which, error, "{what} cannot be read");
    }
}

/// Whether it was not logged yet, as far as is remembered.
fn remember(told: &mut BTreeSet<String>, record: String) -> bool {
    if told.contains(&record) {
        return false;
    }
    if told.len() < REMEMBERED {
        told.insert(record);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_told_once_and_again_when_something_else_is_wrong_with_it() {
        let mut told = BTreeSet::new();
        let mut tell = |record: &str| remember(&mut told, record.to_owned());
        assert!(tell("a member 1-2: no JSON") && !tell("a member 1-2: no JSON"));
        assert!(tell("a member 1-2: no name") && tell("a member 1-3: no JSON"));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_nothing_stays_untold() {
        let mut told = BTreeSet::new();
        for record in 0..REMEMBERED + 10 {
            assert!(remember(&mut told, record.to_string()));
        }
        assert_eq!(told.len(), REMEMBERED);
    }
}
