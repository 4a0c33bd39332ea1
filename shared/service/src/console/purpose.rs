//! The purposes that a new token starts from.

use jeton_core::permission::{
    Capabilities, Capability,
    capability::{Control, Row},
};

/// The purpose whose rights are those of another token.
pub const LIKE: &str = "like";

/// A purpose: what its form proposes and shows first. Everything can be changed in the form.
#[derive(Debug)]
pub struct Purpose {
    /// Its name in queries and forms.
    pub word: &'static str,
    /// The link to it.
    pub title: &'static str,
    /// What it is good for.
    pub about: &'static str,
    /// The lists of ids that its form shows first, before the other rights. None shows all rights at once.
    pub lists: &'static [&'static str],
    /// What its form asks for, unless access to all buckets and components is chosen.
    needs: Needs,
    proposed: Proposed,
}

/// What a token of a purpose cannot do without.
#[derive(Debug)]
enum Needs {
    /// Nothing.
    Nothing,
    /// An id in one of these lists, and the error at the first of them.
    One(&'static [&'static str], &'static str),
}

/// The capabilities that a purpose proposes.
#[derive(Debug)]
enum Proposed {
    /// None.
    Nothing,
    /// Those that a token needs beside components.
    WithComponents,
    /// All that the form has.
    All,
}

/// The purposes, in their order on the page.
pub static PURPOSES: [Purpose; 5] = [
    Purpose {
        word: "read",
        title: "Read some buckets",
        about: "For a report, a dashboard or an export.",
        lists: &["read"],
        needs: Needs::One(&["read", "write"], "Name at least one bucket to read."),
        proposed: Proposed::Nothing,
    },
    Purpose {
        word: "load",
        title: "Load data",
        about: "For a program that writes to some buckets.",
        lists: &["write"],
        needs: Needs::One(&["write"], "Name at least one bucket to write."),
        proposed: Proposed::Nothing,
    },
    Purpose {
        word: "run",
        title: "Run one component",
        about: "For a schedule that starts its jobs.",
        lists: &["components", "read", "write"],
        needs: Needs::One(&["components"], "Name the component to run."),
        proposed: Proposed::WithComponents,
    },
    Purpose {
        word: "everything",
        title: "Everything",
        about: "For an administrator. A leak of it is a leak of the project.",
        lists: &[],
        needs: Needs::Nothing,
        proposed: Proposed::All,
    },
    Purpose {
        word: LIKE,
        title: "Like an existing token",
        about: "With the rights that another token has now.",
        lists: &[],
        needs: Needs::Nothing,
        proposed: Proposed::Nothing,
    },
];

impl Purpose {
    /// Finds a purpose by its name.
    pub fn of(word: &str) -> Option<&'static Self> {
        PURPOSES.iter().find(|purpose| purpose.word == word)
    }

    /// The field that lacks what the purpose needs, and the error there.
    pub fn lacks(&self, is_filled: impl Fn(&str) -> bool) -> Option<(&'static str, &'static str)> {
        match self.needs {
            Needs::One(lists, error) if !lists.iter().any(|list| is_filled(list)) => Some((lists[0], error)),
            Needs::One(..) | Needs::Nothing => None,
        }
    }

    /// The capabilities that it proposes.
    pub fn capabilities(&self) -> Capabilities {
        match self.proposed {
            Proposed::Nothing => Capabilities::NONE,
            Proposed::WithComponents => among_grantable(|row| row.with_components),
            Proposed::All => grantable(),
        }
    }
}

/// The capabilities that a form of the console can grant.
pub fn grantable() -> Capabilities {
    among_grantable(|_| true)
}

fn among_grantable(wanted: impl Fn(&Row) -> bool) -> Capabilities {
    let rows = Capability::rows().filter(|row| row.control != Control::None && wanted(row));
    rows.fold(Capabilities::NONE, |these, row| these.with(row.capability))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_purpose_proposes_all_buckets_and_none_the_managing_of_tokens() {
        let full = |purpose: &&Purpose| purpose.capabilities().contains(Capability::ManageBuckets);
        assert_eq!(
            PURPOSES.iter().filter(full).map(|purpose| purpose.word).collect::<Vec<_>>(),
            ["everything"]
        );
        assert!(PURPOSES.iter().all(|purpose| !purpose.capabilities().contains(Capability::ManageTokens)));
    }
}
