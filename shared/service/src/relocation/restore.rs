//! Restore of a backup. Its projects are closed until an operator opens them.

use std::{path::Path, sync::Arc};

use jeton_core::{Error, project::Project, seal::Digest};
use jeton_store_sqlite::{OpenError, Restoring, Sqlite};
use tokio::sync::OnceCell;

use super::{MoveError, close::close};
use crate::{
    config::{BadConfig, Config, StoreConfig},
    runtime::{self, StartError},
    telemetry::Telemetry,
};

/// Where a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreProgress {
    /// The number of bytes copied.
    Copied(u64),
    /// The number of tokens closed.
    Closed(u64),
}

/// Copies a backup to the configured path, which must be free, and closes its projects. Returns them. An interrupted restore
/// leaves no file, and can be repeated. With a digest, a file with another digest is rejected. Reports how far it is.
///
/// Errors: [`MoveError::Start`] if the path or the backup is not usable.
pub async fn restore(
    config: &Config,
    backup: &Path,
    digest: Option<Digest>,
    mut progress: impl FnMut(RestoreProgress),
) -> Result<Vec<Project>, MoveError> {
    let copied = |bytes| progress(RestoreProgress::Copied(bytes));
    let restoring = Restoring::begin(backup, sqlite_file(config)?, digest, copied)
        .map_err(|error| not_restored(&error))?;
    let store = restoring.store().map_err(|error| not_restored(&error))?;
    let projects = close_all(config, store, |tokens| progress(RestoreProgress::Closed(tokens))).await?;
    restoring.finish().map_err(|error| not_restored(&error))?;
    Ok(projects)
}

/// The file of the configured store.
///
/// Errors: [`StartError::Config`] for a DynamoDB table, which has backups of its own.
pub fn sqlite_file(config: &Config) -> Result<&Path, StartError> {
    let StoreConfig::Sqlite(path) = &config.store else {
        return Err(StartError::Config(BadConfig {
            variable: "JETON_STORE".into(),
            problem: "must be sqlite:PATH; back up and restore a table with DynamoDB itself".to_owned(),
        }));
    };
    Ok(path)
}

async fn close_all(
    config: &Config,
    store: Sqlite,
    mut progress: impl FnMut(u64),
) -> Result<Vec<Project>, MoveError> {
    let (url, way) = (String::new(), OnceCell::new());
    let app = runtime::over(Arc::new(store), config, url, Telemetry::default(), &way).await?;
    let (mut projects, mut before, mut closed) = (Vec::new(), 0, 0);
    for project in app.store.projects(usize::MAX).await.map_err(Error::from)? {
        let count = |tokens| {
            closed = before + tokens;
            progress(closed);
        };
        projects.push(close(&app, project, count).await?);
        before = closed;
    }
    Ok(projects)
}

fn not_restored(error: &OpenError) -> MoveError {
    StartError::Store(error.to_string()).into()
}
