//! Of which projects a guard lets tokens in.

use std::collections::BTreeSet;

use jeton_core::secret::{PlainSecret, token_address};

/// What the bearer of a token of another project reads.
pub const FOREIGN: &str = "This token belongs to another project.";

/// Of which projects a guard lets tokens in. The rights of a token are those in its own project: a token of
/// another one may well write a bucket of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tokens {
    /// Tokens of this project.
    OfProject(u64),
    /// Tokens of these projects. The service compares [`Owner::id`](crate::Owner::id) with the project that it
    /// reaches.
    OfProjects(BTreeSet<u64>),
    /// Tokens of any project that there is or ever will be. The service compares
    /// [`Owner::id`](crate::Owner::id) with the project that it reaches.
    OfAnyProject,
}

impl Tokens {
    /// Whether tokens of this project are let in.
    pub fn include(&self, project: u64) -> bool {
        match self {
            Self::OfProject(own) => *own == project,
            Self::OfProjects(own) => own.contains(&project),
            Self::OfAnyProject => true,
        }
    }

    /// Whether a token may be of such a project, as far as its string tells. What is no token is Jeton's to refuse.
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
