//! The groups of the API reference: calls by what they are for, the most used first.

use crate::{
    endpoint::{Endpoint, Site},
    function::Function,
};

/// A group of calls.
#[derive(Debug)]
pub struct Group {
    /// Its anchor.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// The functions whose calls it has, in this order, and how the paths of these begin.
    of: &'static [(Function, &'static str)],
}

/// The groups, in the order of the page.
pub const GROUPS: [Group; 7] = [
    Group {
        id: "tokens",
        title: "Tokens",
        of: &[
            (Function::Create, ""),
            (Function::Verify, ""),
            (Function::List, ""),
            (Function::Detail, ""),
            (Function::Update, ""),
            (Function::Refresh, ""),
            (Function::Delete, ""),
        ],
    },
    Group { id: "shares", title: "Shares", of: &[(Function::Share, ""), (Function::Pickup, "")] },
    Group { id: "events", title: "Events and the use of rights", of: &[(Function::Events, "")] },
    Group { id: "configurations", title: "Tokens of configurations", of: &[(Function::ComponentToken, "")] },
    Group {
        id: "projects",
        title: "Projects and members",
        of: &[(Function::Manage, "/manage/organizations"), (Function::Manage, "/manage/projects")],
    },
    Group { id: "manage-tokens", title: "Manage tokens", of: &[(Function::Manage, "/manage/tokens")] },
    Group { id: "service", title: "The service", of: &[(Function::Index, "")] },
];

impl Group {
    /// Its rows of these endpoints, in the order of its functions and of the table.
    pub fn rows(&self, endpoints: &[&'static Endpoint]) -> Vec<&'static Endpoint> {
        let of = |function, path| {
            let fits = move |row: &&&Endpoint| {
                row.site != Site::Console && row.function == function && row.path.starts_with(path)
            };
            endpoints.iter().filter(fits).copied()
        };
        self.of.iter().flat_map(|(function, path)| of(*function, *path)).collect()
    }
}
