//! Restoring a backup: everything is there again, and nothing of it is accepted until somebody says so.

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

/// Puts a backup in the place that the configuration names, where nothing may be yet, with all of its projects
/// closed; gives these. What stops on the way leaves nothing in that place, and
/// begins anew the next time. With a digest, only the file that has it is put there.
///
/// Errors: [`MoveError::Start`] when the place or the backup is not as it has to be.
pub async fn restore(
    config: &Config,
    backup: &Path,
    digest: Option<Digest>,
) -> Result<Vec<Project>, MoveError> {
    let restoring =
        Restoring::begin(backup, sqlite_file(config)?, digest).map_err(|error| refused(&error))?;
    let projects = close_all(config, restoring.store().map_err(|error| refused(&error))?).await?;
    restoring.finish().map_err(|error| refused(&error))?;
    Ok(projects)
}

/// The file of the store, if it is one.
///
/// Errors: [`StartError::Config`] for a table, whose backups are DynamoDB's own.
pub fn sqlite_file(config: &Config) -> Result<&Path, StartError> {
    let StoreConfig::Sqlite(path) = &config.store else {
        return Err(StartError::Config(BadConfig {
            variable: "JETON_STORE".into(),
            problem: "must be sqlite:PATH: a table is backed up and restored by DynamoDB itself".to_owned(),
        }));
    };
    Ok(path)
}

async fn close_all(config: &Config, store: Sqlite) -> Result<Vec<Project>, MoveError> {
    let (url, way) = (String::new(), OnceCell::new());
    let app = runtime::over(Arc::new(store), config, url, Telemetry::default(), &way).await?;
    let mut projects = Vec::new();
    for project in app.store.projects(usize::MAX).await.map_err(Error::from)? {
        projects.push(close(&app, project, |_| ()).await?);
    }
    Ok(projects)
}

fn refused(error: &OpenError) -> MoveError {
    StartError::Store(error.to_string()).into()
}
