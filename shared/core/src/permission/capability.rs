//! The table of capabilities: the boolean rights of a token, one row each.
//!
//! To add a capability, add a variant and its row. All other code iterates [`TABLE`]: stored records, bodies and schemas of
//! the API, questions, advice, gateways, pages, mails, the client, the command line and the generated documents.
//!
//! Not in the table, because they are not boolean rights: access to buckets (`bucketPermissions`), access to components
//! (`componentAccess`), the expiry (`expires`), the disabled state, and `canManageProtectedDefaultBranch`, which no token
//! has. Two capabilities have effects beyond their row: [`Capability::ManageBuckets`] grants all buckets and components
//! ([`super::Permissions`]), and [`Capability::ManageTokens`] makes a manager ([`super::Rank`]).

use std::fmt;

use serde::{Serialize, Serializer};

/// A boolean right. A token has it only if it was granted; a master token has all.
///
/// Ordered as in questions and advice.
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

/// A row of the table: the names and rules of a capability.
#[derive(Debug)]
pub struct Row {
    /// The capability.
    pub capability: Capability,
    /// The wire field, such as `canCreateJobs`.
    pub flag: &'static str,
    /// The name in questions, rules and advice, and the stored field, such as `createJobs`.
    pub word: &'static str,
    /// The action, as a phrase for answers, such as `create jobs`.
    pub act: &'static str,
    /// The description in the API and the command line, without a full stop.
    pub about: &'static str,
    /// The description in pages and mails, a sentence for people who do not know Jeton.
    pub sentence: &'static str,
    /// The command-line option that grants it, without dashes.
    pub option: &'static str,
    /// The short name in lists of the command line.
    pub short: &'static str,
    /// The form control in the console.
    pub control: Control,
    /// Who may grant it.
    pub granted_by: GrantedBy,
    /// Whether an update can change it.
    pub editable: bool,
    /// Whether a token that is for running a component mostly needs it, so that a form for that proposes it.
    pub with_components: bool,
}

/// Who may grant a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantedBy {
    /// A manager that has it: nobody grants more than they have.
    Holder,
    /// Only a manage token.
    ManageToken {
        /// The error message for other callers.
        denial: &'static str,
    },
}

/// The form control of a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// None: a member cannot grant it.
    None,
    /// A checkbox.
    Checkbox {
        /// The form field.
        field: &'static str,
        /// The label.
        label: &'static str,
    },
    /// Two radio buttons.
    Choice {
        /// The form field.
        field: &'static str,
        /// The legend.
        legend: &'static str,
        /// The value and label of the choice that does not grant it.
        without: (&'static str, &'static str),
        /// The value and label of the choice that grants it.
        with: (&'static str, &'static str),
    },
}

/// The capabilities, in the order of stored and wire fields.
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
        with_components: false,
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
        granted_by: GrantedBy::ManageToken { denial: "only a manage token may grant canManageTokens" },
        editable: false,
        with_components: false,
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
        with_components: false,
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
        with_components: false,
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
        with_components: true,
    },
];

/// The index of each capability in the table. Duplicate rows do not compile.
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
    /// All capabilities, in the order of questions.
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::ManageBuckets; TABLE.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = TABLE[PLACES[at]].capability;
            at += 1;
        }
        all
    };

    /// The wire fields, in their order.
    pub const FLAGS: [&'static str; TABLE.len()] = {
        let mut flags = [""; TABLE.len()];
        let mut at = 0;
        while at < flags.len() {
            flags[at] = TABLE[at].flag;
            at += 1;
        }
        flags
    };

    /// The rows, in the order of the table.
    pub fn rows() -> impl Iterator<Item = &'static Row> {
        ROWS.iter()
    }

    /// Its row.
    pub fn row(self) -> &'static Row {
        &ROWS[PLACES[self as usize]]
    }

    /// Finds a capability by its name in questions and stored records.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::rows().find(|row| row.word == word).map(|row| row.capability)
    }

    /// Finds a capability by its wire field.
    pub fn of_flag(flag: &str) -> Option<Self> {
        Self::rows().find(|row| row.flag == flag).map(|row| row.capability)
    }

    /// The names of all in a sentence, such as `a, b or c`, each between two of these quotes.
    pub fn listed(quote: &str) -> String {
        let words = Self::ALL.map(|capability| format!("{quote}{}{quote}", capability.row().word));
        let [before @ .., last] = words.as_slice() else { return String::new() };
        format!("{} or {last}", before.join(", "))
    }
}

/// [`TABLE`] as a static.
static ROWS: [Row; TABLE.len()] = TABLE;

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().act)
    }
}

/// Displayed as its name.
impl Serialize for Capability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.row().word)
    }
}

impl Control {
    /// The form field; `None` if it has no control.
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Checkbox { field, .. } | Self::Choice { field, .. } => Some(field),
        }
    }

    /// Whether this value of the form field grants the capability.
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
