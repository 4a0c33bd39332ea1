//! `JETON_STORE`, read once.

use std::{fmt, path::PathBuf};

use super::{bad_config::BadConfig, path::plain};

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    /// In a SQLite file.
    Sqlite(PathBuf),
    /// In a DynamoDB table.
    DynamoDb(String),
}

impl StoreConfig {
    /// Reads `JETON_STORE`: the name of a store, and where in it.
    pub(super) fn parse(text: &str) -> Result<Self, BadConfig> {
        let bad =
            |problem: &str| Err(BadConfig { variable: "JETON_STORE".into(), problem: problem.to_owned() });
        match text.split_once(':') {
            // Two slashes are the habit of URLs; three are a path from the root, which is what they say.
            Some(("sqlite", path)) if path.starts_with("//") && !path.starts_with("///") => bad(
                "must be sqlite:PATH without slashes in between, as sqlite:jeton.db or sqlite:/var/lib/jeton.db",
            ),
            // SQLite would take these for something else than a file of that name.
            Some(("sqlite", path)) if path.starts_with(':') || path.starts_with("file:") => bad(
                "must be sqlite: and the path of a file; a database that is in memory only, or a URI, cannot be served",
            ),
            Some(("sqlite", path)) if path.contains('?') => bad(
                "must be sqlite: and the path of a file, without a ? and settings behind it: there are none",
            ),
            Some(("sqlite", path)) if path.ends_with('/') => bad(
                "must be sqlite: and the path of a file, as sqlite:/var/lib/jeton/jeton.db; this ends as a folder does",
            ),
            Some(("sqlite", path)) if !path.is_empty() && !plain(path) => {
                bad("must be sqlite: and the path of a file, without space in front of it")
            }
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("dynamodb", table)) if is_table(table) => Ok(Self::DynamoDb(table.to_owned())),
            Some(("dynamodb", _)) => bad("must be dynamodb: and the name of a table, as dynamodb:jeton"),
            _ => bad("must be sqlite:PATH or dynamodb:TABLE"),
        }
    }
}

/// As messages name it.
impl fmt::Display for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::DynamoDb(table) => write!(f, "table {table}"),
        }
    }
}

/// Whether a table of DynamoDB can be called so: by its name, or by its ARN.
fn is_table(text: &str) -> bool {
    let plain =
        |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    match text.strip_prefix("arn:") {
        Some(arn) => arn.split_once('/').is_some_and(|(_, name)| plain(name) && !name.is_empty()),
        None => (3..=255).contains(&text.len()) && plain(text),
    }
}
