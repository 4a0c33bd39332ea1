//! Who is invited to a project.

use serde::{Deserialize, Serialize};

use crate::role::Role;

/// The offered membership: a name and a role.
///
/// One of an admin is stored as the name alone, as by earlier builds. An earlier build cannot read any other, so it makes nobody an
/// admin by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Invitee {
    /// The name of the new member.
    pub name: String,
    /// The role of the new member.
    pub role: Role,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Admin(String),
    WithRole { name: String, role: Role },
}

impl From<Stored> for Invitee {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Admin(name) => Self { name, role: Role::Admin },
            Stored::WithRole { name, role } => Self { name, role },
        }
    }
}

impl From<Invitee> for Stored {
    fn from(Invitee { name, role }: Invitee) -> Self {
        match role {
            Role::Admin => Self::Admin(name),
            Role::ReadOnly => Self::WithRole { name, role },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_of_an_admin_is_stored_as_before_and_another_is_unreadable_to_earlier_builds() {
        let stored = |role| serde_json::to_string(&Invitee { name: "Eve".to_owned(), role }).unwrap();
        assert_eq!(stored(Role::Admin), r#""Eve""#);
        assert_eq!(stored(Role::ReadOnly), r#"{"name":"Eve","role":"readOnly"}"#);
        for role in Role::ALL {
            let read: Invitee = serde_json::from_str(&stored(role)).unwrap();
            assert_eq!(read.role, role);
        }
        assert!(serde_json::from_str::<Invitee>(r#"{"name":"Eve","role":"owner"}"#).is_err());
        assert!(serde_json::from_str::<String>(&stored(Role::ReadOnly)).is_err());
    }
}
