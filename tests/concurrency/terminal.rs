//! Commands of the terminal beside a server: each opens the database by itself, as a process of its own does.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jeton_core::event::{Event, EventRange, Feed, Order, names};
use jeton_service::{
    app::App,
    mail::{Mailer, Outbox},
    operation::expiry_sweep,
    relocation::{self, Read, Target},
};
use jeton_store_sqlite::Sqlite;
use jeton_tests::{
    jeton::{Held, Jeton},
    store::fresh_folder,
};
use serde_json::json;

/// The commands that may run on one database.
pub struct Terminal {
    path: PathBuf,
    /// The file of another project, which is imported.
    file: Read,
}

impl Terminal {
    /// Commands on the database in a folder.
    pub async fn new(folder: &Path) -> Self {
        let store = Sqlite::open_alone(&fresh_folder().join("jeton.db")).unwrap();
        let elsewhere = Jeton::start_on(Arc::new(store)).await;
        for number in 0..3 {
            elsewhere.create(&json!({"description": format!("moved {number}")})).await;
        }
        let project = relocation::close(&elsewhere.app, elsewhere.project, |_| ()).await.unwrap();
        let path = fresh_folder().join("moved");
        let target = Target::prepare(&path).unwrap();
        let exported = relocation::export(&elsewhere.app, &project, true, target, |_| ()).await.unwrap();
        Self { path: folder.join("jeton.db"), file: relocation::read(&path, exported.digest).unwrap() }
    }

    /// `jeton sweep`. Returns how many tokens it removed.
    pub async fn sweep(&self, server: &Jeton) -> u64 {
        expiry_sweep::sweep(&self.begin(server).await, 1000).await.unwrap().removed
    }

    /// `jeton import`, also again, and the comparison that follows.
    pub async fn import(&self, server: &Jeton) {
        let app = self.begin(server).await;
        relocation::import(&app, &self.file, |_| ()).await.unwrap();
        relocation::compare(&app, &self.file, |_| ()).await.unwrap();
    }

    /// How often a token was updated, as a command that reads histories sees it.
    pub async fn updates(&self, server: &Jeton, token: &Held) -> usize {
        let app = self.begin(server).await;
        let feed = Feed::Token(server.project, token.id.parse().unwrap());
        let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Ascending, 10_000) };
        let events = app.store.events(&feed, range).await.unwrap().events;
        events.iter().filter(|event: &&Event| event.event == names::TOKEN_UPDATED).count()
    }

    /// The parts of a command, which has ended when they are dropped.
    async fn begin(&self, server: &Jeton) -> App {
        let path = self.path.clone();
        let open = tokio::task::spawn_blocking(move || Sqlite::open_beside(&path).unwrap());
        let mailer = Mailer::Outbox(Outbox::new(&server.outbox));
        App::new(Arc::new(open.await.unwrap()), mailer, server.app.clock.clone(), server.url.clone())
    }
}
