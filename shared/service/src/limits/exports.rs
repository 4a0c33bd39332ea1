//! The limit of concurrent streamed exports. Each holds a connection and reads a whole range, so a caller may run a few.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use jeton_core::{
    Error,
    id::{ProjectId, TokenId},
};

use super::changes::locked;

/// The most exports of one token.
pub const OF_A_TOKEN: usize = 2;
/// The most exports of one project.
pub const OF_A_PROJECT: usize = 4;
/// The most exports of this process.
pub const OF_ALL: usize = 16;

/// The running exports, by whose they are.
#[derive(Debug, Default)]
pub struct Exports(Mutex<HashMap<Whose, usize>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    All,
    Project(ProjectId),
    Token(ProjectId, TokenId),
}

/// A running export, counted until this is dropped.
#[derive(Debug)]
pub struct RunningExport {
    exports: Arc<Exports>,
    project: ProjectId,
    token: TokenId,
}

/// Whose exports an export counts among, each with the limit.
const fn counted(project: ProjectId, token: TokenId) -> [(Whose, usize); 3] {
    [
        (Whose::Token(project, token), OF_A_TOKEN),
        (Whose::Project(project), OF_A_PROJECT),
        (Whose::All, OF_ALL),
    ]
}

impl Exports {
    /// Counts an export of this token.
    ///
    /// Errors: [`Error::Overloaded`] if there are too many.
    pub fn begin(self: &Arc<Self>, project: ProjectId, token: TokenId) -> Result<RunningExport, Error> {
        let of = counted(project, token);
        let mut running = locked(&self.0);
        if of.iter().any(|(of, most)| running.get(of).is_some_and(|count| count >= most)) {
            return Err(Error::Overloaded);
        }
        for (of, _) in of {
            *running.entry(of).or_default() += 1;
        }
        Ok(RunningExport { exports: Arc::clone(self), project, token })
    }
}

impl RunningExport {
    /// The token whose export it is.
    pub const fn of(&self) -> (ProjectId, TokenId) {
        (self.project, self.token)
    }
}

impl Drop for RunningExport {
    fn drop(&mut self) {
        let mut running = locked(&self.exports.0);
        for (of, _) in counted(self.project, self.token) {
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
    fn a_token_and_a_project_run_a_few_exports_and_what_ended_counts_no_more() {
        let exports = Arc::new(Exports::default());
        let begin = |project, token| {
            exports.begin(ProjectId::new(project).unwrap(), TokenId::new(token).unwrap()).ok()
        };
        let one: Vec<_> = (0..OF_A_TOKEN).map(|_| begin(1, 1).unwrap()).collect();
        assert!(begin(1, 1).is_none());
        let other: Vec<_> = (0..OF_A_PROJECT - OF_A_TOKEN).map(|_| begin(1, 2).unwrap()).collect();
        assert!(begin(1, 3).is_none(), "the project has all of its own");
        let rest: Vec<_> = (2..).take(OF_ALL - OF_A_PROJECT).map(|n| begin(n, 1).unwrap()).collect();
        assert!(begin(100, 1).is_none());
        drop(one);
        assert!(begin(1, 1).is_some());
        drop((other, rest));
        assert!(locked(&exports.0).is_empty());
    }
}
