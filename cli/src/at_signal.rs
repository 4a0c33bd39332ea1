//! What is done when a signal ends the program.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs, mem, process,
    sync::{Mutex, MutexGuard, Once, PoisonError},
};

use tokio::{
    runtime::Handle,
    signal::unix::{SignalKind, signal},
};

use crate::output;

/// What is done. Returns a sentence for people, if there is one. It must not change what other deeds there are.
pub type Deed = Box<dyn FnOnce() -> Option<String> + Send>;

/// Something that a signal does before it ends the program, until this is dropped. Its number; 0 is nothing.
#[derive(Debug)]
pub struct AtSignal(u64);

/// All deeds, in the order in which they were registered.
struct Deeds {
    last: u64,
    all: BTreeMap<u64, Deed>,
    /// Sentences for when no deed has one.
    general: BTreeMap<u64, String>,
}

static DEEDS: Mutex<Deeds> = Mutex::new(Deeds { last: 0, all: BTreeMap::new(), general: BTreeMap::new() });

/// Whether signals are handled already.
static HANDLED: Once = Once::new();

impl AtSignal {
    /// Does this.
    pub fn new(deed: impl FnOnce() -> Option<String> + Send + 'static) -> Self {
        let deed: Deed = Box::new(deed);
        let Ok(((), at_signal)) = Self::with(|| Ok::<_, Infallible>(((), deed)));
        at_signal
    }

    /// Prints this sentence.
    pub fn says(sentence: String) -> Self {
        Self::new(move || Some(sentence))
    }

    /// Prints this sentence if nothing else that is registered has one: that of a command tells more.
    pub fn unless_told(sentence: String) -> Self {
        handle();
        let mut deeds = deeds();
        let id = deeds.next();
        deeds.general.insert(id, sentence);
        Self(id)
    }

    /// Makes something, and does this with it. A signal sees neither or both.
    pub fn with<T, E>(create: impl FnOnce() -> Result<(T, Deed), E>) -> Result<(T, Self), E> {
        handle();
        let mut deeds = deeds();
        let (made, deed) = create()?;
        let id = deeds.next();
        deeds.all.insert(id, deed);
        Ok((made, Self(id)))
    }

    /// Takes the deed over.
    pub fn take(&mut self) -> Self {
        Self(mem::take(&mut self.0))
    }

    /// Does this instead. A signal finds one of them, never neither.
    pub fn change(&self, deed: impl FnOnce() -> Option<String> + Send + 'static) {
        deeds().all.insert(self.0, Box::new(deed));
    }
}

impl Drop for AtSignal {
    fn drop(&mut self) {
        let mut deeds = deeds();
        let dropped = (deeds.all.remove(&self.0), deeds.general.remove(&self.0));
        drop(deeds);
        drop(dropped);
    }
}

impl Deeds {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Does all of it, and returns the sentences.
    fn done(&mut self) -> Vec<String> {
        let told: Vec<_> = mem::take(&mut self.all).into_values().filter_map(|deed| deed()).collect();
        let general = mem::take(&mut self.general).into_values();
        if told.is_empty() { general.collect() } else { told }
    }
}

/// Leaves signals to somebody else, who ends the program in an order of its own: to the server.
pub fn leave_to_server() {
    HANDLED.call_once(|| {});
}

fn deeds() -> MutexGuard<'static, Deeds> {
    DEEDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Handles signals from now on. A handled one does not end the program by itself any more, so all of them are handled until the end.
fn handle() {
    // A unit test has no runtime.
    if Handle::try_current().is_err() {
        return;
    }
    HANDLED.call_once(|| {
        for kind in
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::quit(), SignalKind::hangup()]
        {
            if is_ignored(kind) {
                continue;
            }
            let Ok(mut signals) = signal(kind) else { continue };
            tokio::spawn(async move {
                signals.recv().await;
                end(kind);
            });
        }
    });
}

/// Does all deeds and ends the program. Meanwhile nobody changes them: the command waits before its next step, by which a sentence
/// could become wrong.
fn end(kind: SignalKind) -> ! {
    let mut deeds = deeds();
    let sentences = deeds.done();
    output::end_progress();
    for sentence in sentences {
        eprintln!("\njeton: {sentence}");
    }
    // As shells have it.
    process::exit(128 + kind.as_raw_value())
}

/// Whether the program was started with this signal ignored, as by `nohup`. It stays ignored. Only Linux says so.
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (kind.as_raw_value() - 1) & 1 == 1
}

/// What a signal would do now, for tests: all of it is done and forgotten. One test at a time.
#[cfg(test)]
pub mod tests {
    use super::*;

    static ALONE: Mutex<()> = Mutex::new(());

    /// Keeps other tests from the deeds.
    pub fn alone() -> MutexGuard<'static, ()> {
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A signal. Returns what it says.
    pub fn signalled() -> Vec<String> {
        deeds().done()
    }

    #[test]
    fn a_signal_does_what_is_registered_and_not_dropped_or_changed() {
        let _alone = alone();
        let says = |text: &str| AtSignal::says(text.to_owned());
        let (first, second, third) = (says("first"), says("second"), says("third"));
        drop(second);
        first.change(|| Some("changed".to_owned()));
        third.change(|| None);
        assert_eq!(signalled(), ["changed"]);
        let general = AtSignal::unless_told("general".to_owned());
        drop(AtSignal::unless_told("dropped".to_owned()));
        assert_eq!(signalled(), ["general"]);
        drop(general);
        let _general = AtSignal::unless_told("general".to_owned());
        let _own = says("own");
        assert_eq!(signalled(), ["own"]);
        assert!(AtSignal::with(|| Err::<((), Deed), _>("not made")).is_err());
        assert_eq!(signalled(), Vec::<String>::new());
    }
}
