//! Empty stores, of whatever kind `JETON_TEST_STORE` asks for.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jeton_core::store::Store;
use jeton_service::store::sqlite::Sqlite;

/// An empty store: SQLite, unless `JETON_TEST_STORE` is `dynamodb`.
pub async fn open_store() -> Arc<dyn Store> {
    #[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
    let kind = std::env::var("JETON_TEST_STORE");
    match kind.as_deref() {
        Err(_) | Ok("sqlite") => Arc::new(Sqlite::open(&fresh_folder().join("jeton.db")).unwrap()),
        Ok("dynamodb") => crate::dynamodb::fresh_table().await,
        Ok(other) => panic!("JETON_TEST_STORE is {other:?}; it can be sqlite or dynamodb"),
    }
}

/// An empty folder. It stays for an hour or more, so that what a failed test left can be looked at.
pub fn fresh_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let folders = std::env::temp_dir().join("jeton-tests");
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    if number == 0 {
        remove_old(&folders);
    }
    let folder = folders.join(format!("{}-{number}", std::process::id()));
    // Another process may have had the same id once.
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Whatever cannot be removed is another run's to remove.
fn remove_old(folders: &Path) {
    for folder in fs::read_dir(folders).into_iter().flatten().flatten() {
        let modified = folder.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = modified.and_then(|modified| modified.elapsed().ok());
        if age.is_some_and(|age| age > Duration::from_hours(1)) {
            drop(fs::remove_dir_all(folder.path()));
        }
    }
}
