//! A project with a day of many events, half of them of one token.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jeton_core::{
    event::{Event, EventRange, Feed, Order, Origin, WrittenEvent, first_uuid_at},
    event_context::Actor,
    id::{NewTokenIds, ProjectId, TokenId},
    permission::Permissions,
    store::{Commit, Store, Write},
    time::{Day, Timestamp},
    token::{Kind, NewToken, Settings},
};
use jeton_service::{
    app::{App, Outcome},
    clock::{Clock, entropy},
    history::{SealKey, Sealer},
    mail::{Mailer, Outbox},
    operation::{seal, setup},
};
use jeton_store_sqlite::Sqlite;
use jeton_tests::{jeton::START, store::fresh_folder};

const KEY: &str = "4f8f0f4d1b4c9e6a6c5b2f7d5a1e3c9b8d7f6e5a4b3c2d1e0f9a8b7c6d5e4f30";

/// Writes that are under way at a time.
const FILLING: usize = 512;

/// Tokens that are created in a second of the time of the test.
const A_SECOND: usize = 100;

const HOUR: i64 = 3_600_000;

pub struct LongDay {
    pub store: Arc<dyn Store>,
    pub time: Arc<AtomicI64>,
    pub project: ProjectId,
    pub day: Day,
    /// The stored size of an event, at least.
    pub bytes: usize,
}

pub fn key() -> Arc<SealKey> {
    Arc::new(SealKey::parse(KEY).unwrap())
}

impl LongDay {
    /// So many events: each second one of the first of the tokens, the others of the rest in turn. The day before has the creation of
    /// the tokens, and is sealed. It is a quarter of an hour after midnight.
    pub async fn with(events: usize, tokens: usize) -> Self {
        let store: Arc<dyn Store> = Arc::new(Sqlite::open_alone(&fresh_folder().join("jeton.db")).unwrap());
        let time = Arc::new(AtomicI64::new(START));
        let app = app(Arc::clone(&store), &time);
        let project = setup::project(&app, "Measured", 1).await.unwrap();
        let tokens = create(&app, &time, project.id, tokens).await;
        let day = Timestamp::from_millis(START).day().next();
        let (start, length) = (day.start().millis(), day.next().start().millis() - day.start().millis());
        time.store(start + HOUR / 4, Ordering::SeqCst);
        assert_eq!(seal::seal(&app).await.unwrap().sealed, 1, "the day before");

        let like = like(&app, project.id).await;
        let (count, of_rest) = (i64::try_from(events).unwrap(), &tokens[1..]);
        let event = |number: usize| {
            let by = if number.is_multiple_of(2) { tokens[0] } else { of_rest[number / 2 % of_rest.len()] };
            let created = start + i64::try_from(number).unwrap() * length / count;
            let mut event = Event { created: Timestamp::from_millis(created), ..like.clone() };
            // Several may have one millisecond.
            event.uuid = uuid::Uuid::from_u128(first_uuid_at(event.created).as_u128() + number as u128);
            event.by.token = Some(by);
            let written = WrittenEvent::new(&event).unwrap();
            assert!(written.json.len() < 512, "500 of them are a page");
            written
        };
        let bytes = event(0).json.len();
        let append = |number| {
            if number % 1_000_000 == 0 && number > 0 {
                println!("{number} events are stored");
            }
            store.append_written(event(number), 1)
        };
        stream::iter(0..events).map(append).buffer_unordered(FILLING).try_collect::<()>().await.unwrap();
        time.store(start + length + HOUR / 4, Ordering::SeqCst);
        Self { store, time, project: project.id, day, bytes }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.time.load(Ordering::SeqCst))
    }
}

/// A function after a cold start.
pub fn app(store: Arc<dyn Store>, time: &Arc<AtomicI64>) -> App {
    let mailer = Mailer::Outbox(Outbox::new(fresh_folder()));
    let app = App::new(store, mailer, Clock::Manual(Arc::clone(time)), "https://jeton.example.org");
    App { sealer: Some(Sealer::new(key(), None)), ..app }
}

async fn create(app: &App, time: &AtomicI64, project: ProjectId, count: usize) -> Vec<TokenId> {
    let owner = app.store.project(project).await.unwrap().unwrap().owner();
    let new = NewToken {
        settings: Settings {
            description: "made to be sealed".to_owned(),
            expires_in: None,
            permissions: Permissions::default(),
        },
        creator_ends: None,
        kind: Kind::Limited,
        creator: None,
        member: None,
        owner,
    };
    let one = |number: usize| {
        // Few ids have the same second.
        if number.is_multiple_of(A_SECOND) {
            time.fetch_add(1000, Ordering::SeqCst);
        }
        let event_context = app.event_context(app.clock.now(), Actor::Jeton);
        let id = NewTokenIds::new(event_context.now).draw(&mut entropy());
        let (change, _) = new.clone().create(project, id, &event_context, &mut entropy()).unwrap();
        let commit = Commit { writes: vec![Write::InsertToken(change.token)], events: vec![change.event] };
        async move { matches!(app.commit(&commit).await.unwrap(), Outcome::Stored).then_some(id) }
    };
    let mut tokens = Vec::new();
    while tokens.len() < count {
        // One whose id was drawn before is made again.
        let made = stream::iter(tokens.len()..count).map(one).buffer_unordered(FILLING);
        tokens.extend(made.filter_map(std::future::ready).collect::<Vec<_>>().await);
    }
    tokens
}

/// An event as a token posts it.
async fn like(app: &App, project: ProjectId) -> Event {
    let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Ascending, 1) };
    let mut event = app.store.events(&Feed::Project(project), range).await.unwrap().events.remove(0);
    (event.origin, event.about, event.object) = (Origin::Posted, None, None);
    event.params = serde_json::Map::new();
    (event.component, event.message) = ("acme.importer".to_owned(), "A table was imported".to_owned());
    event
}
