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
    proposed: Proposed,
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
        proposed: Proposed::Nothing,
    },
    Purpose {
        word: "load",
        title: "Load data",
        about: "For a program that writes to some buckets.",
        lists: &["write"],
        proposed: Proposed::Nothing,
    },
    Purpose {
        word: "run",
        title: "Run one component",
        about: "For a schedule that starts its jobs.",
        lists: &["components", "read", "write"],
        proposed: Proposed::WithComponents,
    },
    Purpose {
        word: "everything",
        title: "Everything",
        about: "For an administrator. A leak of it is a leak of the project.",
        lists: &[],
        proposed: Proposed::All,
    },
    Purpose {
        word: LIKE,
        title: "Like an existing token",
        about: "With the rights that another token has now.",
        lists: &[],
        proposed: Proposed::Nothing,
    },
];

impl Purpose {
    /// Finds a purpose by its name.
    pub fn of(word: &str) -> Option<&'static Self> {
        PURPOSES.iter().find(|purpose| purpose.word == word)
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
