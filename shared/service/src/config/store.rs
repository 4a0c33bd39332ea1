//! `JETON_STORE`, read once.

use std::{fmt, path::PathBuf};

use super::{bad_config::BadConfig, path::plain};

/// The kind of store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A DynamoDB table.
    DynamoDb(String),
}

impl StoreConfig {
    /// Reads `JETON_STORE`: the name of a store, and where in it.
    pub(super) fn parse(text: &str) -> Result<Self, BadConfig> {
        let bad =
            |problem: &str| Err(BadConfig { variable: "JETON_STORE".into(), problem: problem.to_owned() });
        match text.split_once(':') {
            // Two slashes are a mistake from URLs. Three are an absolute path.
            Some(("sqlite", path)) if path.starts_with("//") && !path.starts_with("///") => bad(
                "must be sqlite:PATH without extra slashes, such as sqlite:jeton.db or sqlite:/var/lib/jeton.db",
            ),
            // SQLite gives these names a special meaning.
            Some(("sqlite", path)) if path.starts_with(':') || path.starts_with("file:") => {
                bad("must be sqlite: and the path of a file; in-memory databases and URIs are not supported")
            }
            Some(("sqlite", path)) if path.contains('?') => {
                bad("must be sqlite: and the path of a file, without `?` and parameters")
            }
            Some(("sqlite", path)) if path.ends_with('/') => bad(
                "must be sqlite: and the path of a file, such as sqlite:/var/lib/jeton/jeton.db, not of a folder",
            ),
            Some(("sqlite", path)) if !path.is_empty() && !plain(path) => {
                bad("must be sqlite: and the path of a file, without a space before it")
            }
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("dynamodb", table)) if is_table(table) => Ok(Self::DynamoDb(table.to_owned())),
            Some(("dynamodb", _)) => bad("must be dynamodb: and the name of a table, such as dynamodb:jeton"),
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

/// Whether this is a valid name or ARN of a DynamoDB table.
fn is_table(text: &str) -> bool {
    let plain =
        |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    match text.strip_prefix("arn:") {
        Some(arn) => arn.split_once('/').is_some_and(|(_, name)| plain(name) && !name.is_empty()),
        None => (3..=255).contains(&text.len()) && plain(text),
    }
}
