//! The cost of reading a long history.

use axum::body::Body;
use http::Request;
use jeton_core::event::first_uuid_at;
use jeton_tests::jeton::Held;
use serde_json::json;
use uuid::Uuid;

use crate::{measured, world::World};

/// The memory limit of one call about a history: a page with all its parsed events, and the answer.
const MOST: usize = 48 << 20;

/// The calls: each with a plain one that reads the same events.
const CALLS: [(&str, &str, &str); 8] = [
    ("the most terms", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/events?limit=100&q="),
    ("the longest phrase", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/events?limit=100&q=%22"),
    ("the longest list", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/events?limit=10000"),
    ("advice", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/tokens/{token}/advice"),
    ("an export", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/tokens/{token}/events?limit=10000"),
    ("a page", "/v2/storage/events?limit=100&q=nothing", "/console/projects/{project}/tokens/{token}/events"),
    (
        A_DAY,
        "/v2/storage/tokens/{one day}/events?limit=1000",
        "/v2/storage/tokens/{long}/events?limit=1000&{day}",
    ),
    (
        EXPORT_OF_A_DAY,
        "/v2/storage/tokens/{one day}/events?limit=1000",
        "/v2/storage/tokens/{long}/events/export?{day}",
    ),
];

/// A range of a day of a long history, beside a history of this day alone. `./test costs` allows it no more than twice as much.
const A_DAY: &str = "a day of six months";
const EXPORT_OF_A_DAY: &str = "an export of a day of six months";

/// The days of the long history, and the events of each.
const DAYS: u64 = 180;
const EVENTS_OF_A_DAY: u64 = 4;

/// What the calls read.
pub struct Histories {
    busy: Held,
    long: Held,
    one_day: Held,
    /// The query of the day.
    day: String,
}

pub async fn measure(world: &World, histories: &Histories, wrong: &mut Vec<String>) {
    for (kind, plain, worst) in CALLS {
        let terms = match kind {
            "the most terms" => "a+".repeat(19) + "b",
            "the longest phrase" => "a+".repeat(19) + "b%22",
            _ => String::new(),
        };
        let project = world.jeton.project.to_string();
        let named = |path: &str| {
            let path = path.replace("{token}", &histories.busy.id).replace("{project}", &project);
            path.replace("{long}", &histories.long.id)
                .replace("{one day}", &histories.one_day.id)
                .replace("{day}", &histories.day)
        };
        for (size, path) in [("plain", named(plain)), ("whole", named(worst) + &terms)] {
            let mut request = Request::get(&path);
            for (name, value) in world.credentials(&path) {
                request = request.header(name, value);
            }
            let request = request.body(Body::empty()).unwrap();
            let (status, peak) = measured(world.answer(request)).await;
            println!("GET a history\t{kind}\t{kind}\t{size}\t0\t{peak}\t{status}");
            assert_eq!(status, 200, "{path}");
            if peak > MOST {
                wrong.push(format!("{kind} of a history: {peak} bytes of memory"));
            }
        }
    }
}

pub async fn fill(world: &World) -> Histories {
    let (long, one_day, day) = fill_days(world).await;
    Histories { busy: fill_busy(world).await, long, one_day, day }
}

/// A token with some events of the largest size: of words, of the input that is most expensive to parse, and
/// of the most expensive in lines of its own.
async fn fill_busy(world: &World) -> Held {
    let held = world.jeton.create(&json!({"description": "busy"})).await;
    let words = json!({"component": "it", "message": "a ".repeat(100_000)});
    let objects = json!({"component": "it", "message": "m", "params": {"a": vec![json!({"": 0}); 28_000]}});
    let deep = (0..60).fold(json!(vec![0; 80_000]), |inner, _| json!([inner]));
    world
        .jeton
        .post_event(&held.token, &json!({"component": "it", "message": "m", "params": {"a": deep}}))
        .await;
    for _ in 0..4 {
        for event in [&words, &objects] {
            world.jeton.post_event(&held.token, event).await;
        }
    }
    held
}

/// A token with events of six months, one with those of a single day of them, and the query that asks for this day.
async fn fill_days(world: &World) -> (Held, Held, String) {
    let jeton = &world.jeton;
    let (long, one_day) = (jeton.create(&json!({})).await, jeton.create(&json!({})).await);
    let now = jeton.app.clock.now();
    let mut number = 0;
    for days in (0..DAYS).rev() {
        for seconds in 0..EVENTS_OF_A_DAY {
            let at = now.minus_seconds(days * 86_400 + seconds);
            for by in [&long.id, &one_day.id].into_iter().take(if days == DAYS / 2 { 2 } else { 1 }) {
                number += 1;
                let uuid = Uuid::from_u128(first_uuid_at(at).as_u128() + number);
                let event = json!({
                    "uuid": uuid, "project": jeton.project, "event": "ext.it.", "component": "it",
                    "message": "It ran", "type": "info", "created": at, "origin": "posted",
                    "by": {"token": by.parse::<u64>().unwrap(), "name": "it"},
                });
                jeton.app.store.append(&serde_json::from_value(event).unwrap(), 1).await.unwrap();
            }
        }
    }
    let day = now.minus_seconds(DAYS / 2 * 86_400).day();
    (long, one_day, format!("from={day}&to={}", day.next()))
}
