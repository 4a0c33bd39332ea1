//! The limit of concurrent streamed exports. Each holds a connection and reads a whole range, so a caller may run a few.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use jeton_core::{
    Error,
    id::{ManageTokenId, ProjectId, TokenId},
};

use super::changes::locked;

/// The most exports of one token.
pub const OF_A_TOKEN: usize = 2;
/// The most exports of one project, and of all manage tokens.
pub const OF_A_PROJECT: usize = 4;
/// The most exports of this process.
pub const OF_ALL: usize = 16;

/// The running exports, by whose they are.
#[derive(Debug, Default)]
pub struct Exports(Mutex<HashMap<Whose, usize>>);

/// Who exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exporter {
    /// A storage token.
    Token(ProjectId, TokenId),
    /// A manage token.
    Manage(ManageTokenId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    All,
    Project(ProjectId),
    ManageTokens,
    One(Exporter),
}

/// A running export, counted until this is dropped.
#[derive(Debug)]
pub struct RunningExport {
    exports: Arc<Exports>,
    by: Exporter,
}

/// Whose exports an export counts among, each with the limit.
const fn counted(by: Exporter) -> [(Whose, usize); 3] {
    let group = match by {
        Exporter::Token(project, _) => Whose::Project(project),
        Exporter::Manage(_) => Whose::ManageTokens,
    };
    [(Whose::One(by), OF_A_TOKEN), (group, OF_A_PROJECT), (Whose::All, OF_ALL)]
}

impl Exports {
    /// Counts an export of this token.
    ///
    /// Errors: [`Error::Overloaded`] if there are too many.
    pub fn begin(self: &Arc<Self>, by: Exporter) -> Result<RunningExport, Error> {
        let of = counted(by);
        let mut running = locked(&self.0);
        if of.iter().any(|(of, most)| running.get(of).is_some_and(|count| count >= most)) {
            return Err(Error::Overloaded);
        }
        for (of, _) in of {
            *running.entry(of).or_default() += 1;
        }
        Ok(RunningExport { exports: Arc::clone(self), by })
    }
}

impl RunningExport {
    /// The token whose export it is.
    pub const fn by(&self) -> Exporter {
        self.by
    }
}

impl Drop for RunningExport {
    fn drop(&mut self) {
        let mut running = locked(&self.exports.0);
        for (of, _) in counted(self.by) {
            if let Some(count) = running.get_mut(&of) {
                *count -= 1;
                if *count == 0 {
                    running.remove(&of);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_a_project_and_manage_tokens_run_a_few_exports_and_what_ended_counts_no_more() {
        let exports = Arc::new(Exports::default());
        let begin = |project, token| {
            let by = Exporter::Token(ProjectId::new(project).unwrap(), TokenId::new(token).unwrap());
            exports.begin(by).ok()
        };
        let by_manage = |id| exports.begin(Exporter::Manage(ManageTokenId::new(id).unwrap())).ok();
        let one: Vec<_> = (0..OF_A_TOKEN).map(|_| begin(1, 1).unwrap()).collect();
        assert!(begin(1, 1).is_none());
        let other: Vec<_> = (0..OF_A_PROJECT - OF_A_TOKEN).map(|_| begin(1, 2).unwrap()).collect();
        assert!(begin(1, 3).is_none(), "the project has all of its own");
        let managed: Vec<_> = [1, 1, 2, 2].map(|id| by_manage(id).unwrap()).into();
        assert!(by_manage(3).is_none(), "manage tokens together run as many as a project");
        let rest: Vec<_> = (2..).take(OF_ALL - 2 * OF_A_PROJECT).map(|n| begin(n, 1).unwrap()).collect();
        assert!(begin(100, 1).is_none());
        drop(one);
        assert!(begin(1, 1).is_some());
        drop(managed);
        let managed: Vec<_> = [1, 1].map(|id| by_manage(id).unwrap()).into();
        assert!(by_manage(1).is_none() && by_manage(2).is_some());
        drop((other, managed, rest));
        assert!(locked(&exports.0).is_empty());
    }
}
