//! Sealed history: changes of a past day are always detected.

mod cut_off;
mod files;
mod meeting;
mod sealing;
mod verification;

use std::{path::Path, sync::Arc};

use jeton_core::{
    event::{EventRange, Feed, Order, Origin, first_uuid_at},
    id::TokenId,
    project::Project,
    seal::{Digest, Sealed},
    store::{Commit, Write},
    time::{Day, Timestamp},
};
use jeton_service::{
    app::App,
    history::{self, AnchorPlace, Expected, HistoryError, Report, SealKey, SealOutcome, Sealer},
};
use jeton_tests::{
    jeton::{Held, Jeton},
    store::{Place, open_store_at},
};
use serde_json::json;

const KEY: &str = "4f8f0f4d1b4c9e6a6c5b2f7d5a1e3c9b8d7f6e5a4b3c2d1e0f9a8b7c6d5e4f30";

pub const DAY: i64 = 86_400;

/// A Jeton with sealing, and the location of its data. Its first day is 15 January 2026.
pub struct Scene {
    pub jeton: Jeton,
    pub place: Place,
    pub token: Held,
}

impl Scene {
    /// A token has done three things on the first day, which was sealed after midnight. It is noon of the second.
    pub async fn sealed() -> Self {
        let scene = Self::unsealed().await;
        assert_eq!(scene.swept_after_midnight().await, 1);
        scene
    }

    /// A token has done three things on the first day, and it is noon.
    pub async fn unsealed() -> Self {
        let (store, place) = open_store_at().await;
        let jeton =
            Jeton::start_on_as(store, |app| App { sealer: Some(Sealer::new(key(), None)), ..app }).await;
        let token = jeton.create(&json!({"description": "writes"})).await;
        let scene = Self { jeton, place, token };
        for message in ["one", "two", "three"] {
            scene.post(message).await;
        }
        scene
    }

    pub async fn post(&self, message: &str) {
        let event = json!({"component": "acme.importer", "message": message, "params": {"rows": 1.5}});
        self.jeton.post("/v2/storage/events").token(&self.token.token).json(&event).send().await.expect(201);
    }

    pub fn now(&self) -> Timestamp {
        self.jeton.app.clock.now()
    }

    pub async fn verified(&self) -> Report {
        self.verified_as(&expected()).await
    }

    pub async fn verified_as(&self, expected: &Expected) -> Report {
        let store = self.jeton.app.store.as_ref();
        history::verify(store, self.jeton.project, expected, self.now(), &|_, _| ()).await.unwrap()
    }

    /// Advances some days, with an event on each of them, and seals after each midnight.
    pub async fn live(&self, days: usize) {
        for _ in 0..days {
            self.post("daily").await;
            self.swept_after_midnight().await;
        }
    }

    /// Seals a quarter of an hour after midnight, and advances to noon. Returns how many days it has sealed.
    pub async fn swept_after_midnight(&self) -> u64 {
        self.jeton.pass_seconds(DAY / 2 + 900);
        let sealed = self.jeton.sealed().await.sealed;
        self.jeton.pass_seconds(DAY / 2 - 900);
        sealed
    }

    /// Seals like a Jeton after a restart.
    pub async fn sealed_anew(&self) -> u64 {
        self.sealed_anew_to(None).await.days
    }

    /// The same with a place for anchors.
    pub async fn sealed_anew_to(&self, place: Option<&AnchorPlace>) -> SealOutcome {
        let now = self.now();
        let sealer = Sealer::new(key(), place.cloned());
        sealer.seal(self.jeton.app.store.as_ref(), || (now, now.millis())).await
    }

    /// The digest of the head of a day.
    pub async fn head(&self, day: Day) -> Digest {
        self.jeton.app.store.heads(self.jeton.project, day, 1).await.unwrap()[0].head.digest()
    }

    /// Replaces the creation time of the project, like somebody with write access to the store.
    pub async fn made_at(&self, created: Timestamp) {
        let store = &self.jeton.app.store;
        let project = store.project(self.jeton.project).await.unwrap().unwrap();
        let changed = Project { created, ..project };
        store.commit(&Commit { writes: vec![Write::ReplaceProject(changed)], events: vec![] }).await.unwrap();
    }

    /// Removes the head and the seals of a day.
    pub async fn without_day(&self, day: &str) {
        let gone = self.place.tamper(&format!(r#""day":"{day}""#), None).await;
        assert!(gone > 0, "{day} was not sealed");
    }

    /// Adds a question of a token at six in the morning of a day, like somebody with write access to the store.
    pub async fn with_question(&self, at: Day, by: TokenId) {
        let store = &self.jeton.app.store;
        let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Ascending, 1) };
        let mut forged =
            store.events(&Feed::Project(self.jeton.project), range).await.unwrap().events.remove(0);
        forged.created = at.start().plus_seconds(DAY.cast_unsigned() / 4);
        forged.uuid = first_uuid_at(forged.created);
        (forged.origin, forged.in_project_feed) = (Origin::Question, false);
        (forged.about, forged.by.token) = (None, Some(by));
        store.append(&forged, 1).await.unwrap();
    }

    /// Seals all days, for an operator who knows that the clock is right.
    pub async fn sealed_all(&self) -> u64 {
        Sealer::new(key(), None).seal_all(self.jeton.app.store.as_ref(), || (self.now(), 0)).await.days
    }

    /// Removes every head and seal, and every event that is not a question.
    pub async fn with_nothing_but_questions(&self) {
        for origin in ["system", "posted"] {
            self.place.tamper(&format!(r#""origin":"{origin}""#), None).await;
        }
        self.place.tamper(r#""day":""#, None).await;
    }

    pub async fn export(&self, path: &Path) -> Result<u64, HistoryError> {
        history::export(self.jeton.app.store.as_ref(), self.jeton.project, path, self.now(), |_| ()).await
    }

    pub fn of_token(&self) -> Sealed {
        Sealed::Token(self.token.id.parse::<TokenId>().unwrap())
    }
}

/// The expectations of somebody with the public key alone.
pub fn expected() -> Expected {
    Expected { keys: vec![key().public()], ..Expected::default() }
}

/// The same by somebody who knows why days are late.
pub fn late_is_known() -> Expected {
    Expected { late: vec![(day(FIRST), day("2026-12-31"))], ..expected() }
}

pub fn key() -> Arc<SealKey> {
    Arc::new(SealKey::parse(KEY).unwrap())
}

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub const FIRST: &str = "2026-01-15";
pub const SECOND: &str = "2026-01-16";
