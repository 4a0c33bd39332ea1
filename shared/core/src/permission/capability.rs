//! The table of capabilities: the rights of a token that are a yes or a no, each on one row.
//!
//! To add one is to add a variant and its row. What reads and writes rights goes through [`TABLE`]: the stored record,
//! bodies and schemas of the API, questions, advice, what a gateway is told, the pages, the mails, the client, the
//! command line and the tables of the documents.
//!
//! Not in the table, since they are no yes or no: the access to single buckets (`bucketPermissions`), single components
//! (`componentAccess`), and the end of a token (`expires`). Nor is `canManageProtectedDefaultBranch`, which nobody has,
//! and that a token is switched off, which takes no right away. What two of the capabilities mean beyond their row is
//! said where it counts: [`Capability::ManageBuckets`] opens all buckets and components ([`super::Permissions`]), and
//! [`Capability::ManageTokens`] makes a manager ([`super::Rank`]).

use std::fmt;

use serde::{Serialize, Serializer};

/// A right beside single buckets and components. A token does not have it unless it was granted; a master token has all.
///
/// They order as questions and advice list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Create and drop buckets; all buckets and components, future ones too.
    ManageBuckets,
    /// Read files that other tokens uploaded.
    ReadAllFileUploads,
    /// Empty the trash.
    PurgeTrash,
    /// Create and manage other tokens.
    ManageTokens,
    /// Start jobs.
    CreateJobs,
}

/// All there is to know about a capability.
#[derive(Debug)]
pub struct Row {
    /// Which one it is.
    pub capability: Capability,
    /// The field of a token on the wire, such as `canCreateJobs`.
    pub flag: &'static str,
    /// The word for it in questions, rules and advice, and the field of the stored record, such as `createJobs`.
    pub word: &'static str,
    /// What it lets a token do, as a verb and its object in answers, such as `create jobs`.
    pub act: &'static str,
    /// What it lets a token do, as descriptions of the API and the command line say it, without a full stop.
    pub about: &'static str,
    /// What it lets a token do, as a sentence in pages and mails for people who have never heard of Jeton.
    pub sentence: &'static str,
    /// The option of the command line that grants it, without its dashes.
    pub option: &'static str,
    /// How the command line lists it among the rights of a token.
    pub short: &'static str,
    /// What grants it in a form of the console.
    pub control: Control,
    /// Who may grant it.
    pub granted_by: GrantedBy,
    /// Whether it can be given and taken away after a token was made.
    pub editable: bool,
}

/// Who may give a capability to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantedBy {
    /// Who may make or change tokens and has it: nobody gives more than they have.
    Holder,
    /// A manage token alone.
    ManageToken {
        /// What anybody else is told.
        refusal: &'static str,
    },
}

/// What of a form grants a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Nothing: no member grants it.
    None,
    /// A box to be ticked.
    Checkbox {
        /// The field of the form, which is there when it is ticked.
        field: &'static str,
        /// What stands beside it.
        label: &'static str,
    },
    /// A choice of two.
    Choice {
        /// The field of the form.
        field: &'static str,
        /// What is chosen.
        legend: &'static str,
        /// The value that does not grant it, and what stands beside it.
        without: (&'static str, &'static str),
        /// The value that grants it, and what stands beside it.
        with: (&'static str, &'static str),
    },
}

/// The capabilities, in the order in which they are stored and sent.
pub const TABLE: [Row; 5] = [
    Row {
        capability: Capability::ManageBuckets,
        flag: "canManageBuckets",
        word: "manageBuckets",
        act: "manage buckets",
        about: "All buckets and components, future ones too",
        sentence: "Read, write, create and drop every bucket, and run every component.",
        option: "all-buckets",
        short: "all buckets and components",
        control: Control::Choice {
            field: "access",
            legend: "Buckets and components",
            without: ("custom", "Only these"),
            with: ("full", "All of them, future ones too"),
        },
        granted_by: GrantedBy::Holder,
        editable: false,
    },
    Row {
        capability: Capability::ManageTokens,
        flag: "canManageTokens",
        word: "manageTokens",
        act: "manage tokens",
        about: "Create and manage other tokens",
        sentence: "Create and manage other tokens.",
        option: "manage-tokens",
        short: "tokens",
        control: Control::None,
        granted_by: GrantedBy::ManageToken { refusal: "only a manage token makes managers" },
        editable: false,
    },
    Row {
        capability: Capability::ReadAllFileUploads,
        flag: "canReadAllFileUploads",
        word: "readAllFileUploads",
        act: "read all file uploads",
        about: "Read files that other tokens uploaded",
        sentence: "Read all uploaded files.",
        option: "files",
        short: "files",
        control: Control::Choice {
            field: "files",
            legend: "Files",
            without: ("own", "Only those it uploaded"),
            with: ("full", "All files of the project"),
        },
        granted_by: GrantedBy::Holder,
        editable: true,
    },
    Row {
        capability: Capability::PurgeTrash,
        flag: "canPurgeTrash",
        word: "purgeTrash",
        act: "purge the trash",
        about: "Empty the trash",
        sentence: "Empty the trash.",
        option: "trash",
        short: "trash",
        control: Control::Checkbox { field: "trash", label: "Empty the trash" },
        granted_by: GrantedBy::Holder,
        editable: true,
    },
    Row {
        capability: Capability::CreateJobs,
        flag: "canCreateJobs",
        word: "createJobs",
        act: "create jobs",
        about: "Start jobs",
        sentence: "Start jobs.",
        option: "jobs",
        short: "jobs",
        control: Control::Checkbox { field: "jobs", label: "Start jobs" },
        granted_by: GrantedBy::Holder,
        editable: true,
    },
];

/// Where the row of each capability is. Two rows of one capability do not compile.
const PLACES: [usize; TABLE.len()] = {
    let mut places = [usize::MAX; TABLE.len()];
    let mut place = 0;
    while place < TABLE.len() {
        let capability = TABLE[place].capability as usize;
        assert!(places[capability] == usize::MAX, "a capability has two rows");
        places[capability] = place;
        place += 1;
    }
    places
};

impl Capability {
    /// All of them, in the order of questions.
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::ManageBuckets; TABLE.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = TABLE[PLACES[at]].capability;
            at += 1;
        }
        all
    };

    /// The fields on the wire, in their order there.
    pub const FLAGS: [&'static str; TABLE.len()] = {
        let mut flags = [""; TABLE.len()];
        let mut at = 0;
        while at < flags.len() {
            flags[at] = TABLE[at].flag;
            at += 1;
        }
        flags
    };

    /// Their rows, in the order of the table.
    pub fn rows() -> impl Iterator<Item = &'static Row> {
        ROWS.iter()
    }

    /// Its row.
    pub fn row(self) -> &'static Row {
        &ROWS[PLACES[self as usize]]
    }

    /// The capability that a question or a stored record calls so.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::rows().find(|row| row.word == word).map(|row| row.capability)
    }

    /// The capability of a field on the wire.
    pub fn of_flag(flag: &str) -> Option<Self> {
        Self::rows().find(|row| row.flag == flag).map(|row| row.capability)
    }

    /// The words of all, for a sentence, such as `a, b or c`, each between two of these.
    pub fn listed(quote: &str) -> String {
        let words = Self::ALL.map(|capability| format!("{quote}{}{quote}", capability.row().word));
        let [before @ .., last] = words.as_slice() else { return String::new() };
        format!("{} or {last}", before.join(", "))
    }
}

/// The same as [`TABLE`], at one place in memory.
static ROWS: [Row; TABLE.len()] = TABLE;

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().act)
    }
}

/// As its word.
impl Serialize for Capability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.row().word)
    }
}

impl Control {
    /// The field of the form; none when it is on no form.
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Checkbox { field, .. } | Self::Choice { field, .. } => Some(field),
        }
    }

    /// Whether this value of its field grants the capability.
    pub fn grants(self, value: &str) -> bool {
        match self {
            Self::None => false,
            Self::Checkbox { .. } => true,
            Self::Choice { with: (with, _), .. } => value == with,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_capabilities_share_a_name() {
        let names: [fn(&Row) -> &str; 6] = [
            |row| row.flag,
            |row| row.word,
            |row| row.act,
            |row| row.sentence,
            |row| row.option,
            |row| row.short,
        ];
        for name in names {
            assert_eq!(TABLE.iter().map(name).collect::<BTreeSet<_>>().len(), TABLE.len());
        }
        let fields: Vec<_> = TABLE.iter().filter_map(|row| row.control.field()).collect();
        assert_eq!(fields.iter().collect::<BTreeSet<_>>().len(), fields.len());
    }

    #[test]
    fn the_field_on_the_wire_is_can_and_the_word() {
        for row in &TABLE {
            let (first, rest) = row.word.split_at(1);
            assert_eq!(row.flag, format!("can{}{rest}", first.to_uppercase()));
            assert_eq!(Capability::of_flag(row.flag), Some(row.capability));
            assert_eq!(Capability::of_word(row.word), Some(row.capability));
        }
    }
}
