//! The projects whose tokens a guard accepts.

use std::collections::BTreeSet;

use jeton_core::secret::{PlainSecret, token_address};

/// The message for a token of another project.
pub const FOREIGN: &str = "This token belongs to another project.";

/// The projects whose tokens a guard accepts. The rights of a token hold in its own project only: a token of another project
/// may have write access to a bucket of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tokens {
    /// Tokens of this project.
    OfProject(u64),
    /// Tokens of these projects. The service must compare [`Owner::id`](crate::Owner::id) with the project of the data.
    OfProjects(BTreeSet<u64>),
    /// Tokens of all projects, future ones too. The service must compare [`Owner::id`](crate::Owner::id) with the project
    /// of the data.
    OfAnyProject,
}

impl Tokens {
    /// Whether tokens of this project are accepted.
    pub fn include(&self, project: u64) -> bool {
        match self {
            Self::OfProject(own) => *own == project,
            Self::OfProjects(own) => own.contains(&project),
            Self::OfAnyProject => true,
        }
    }

    /// Whether a token may belong to an accepted project, judged by its string. Jeton rejects strings that are not tokens.
    pub(super) fn may_hold(&self, token: &PlainSecret) -> bool {
        token_address(token.expose()).is_none_or(|address| self.include(address.project.number().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_of_the_projects_that_are_named_are_included() {
        assert!(Tokens::OfProject(5).include(5) && !Tokens::OfProject(5).include(6));
        let both = Tokens::OfProjects([5, 7].into());
        assert!(both.include(5) && both.include(7) && !both.include(6));
        assert!(!Tokens::OfProjects(BTreeSet::new()).include(5));
        assert!(Tokens::OfAnyProject.include(5));
    }
}
