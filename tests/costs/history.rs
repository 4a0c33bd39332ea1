//! What reading a long history costs.

use axum::body::Body;
use http::Request;
use jeton_tests::jeton::Held;
use serde_json::json;

use crate::{measured, world::World};

/// What one call holds of a history in memory, at most: a page of it with all that its events are parsed to, and the
/// answer.
const MOST: usize = 48 << 20;

/// The calls: each with a plain one that reads the same events.
const CALLS: [(&str, &str, &str); 5] = [
    ("the most terms", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/events?limit=100&q="),
    ("the longest phrase", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/events?limit=100&q=%22"),
    ("the longest list", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/events?limit=10000"),
    ("advice", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/tokens/{token}/advice"),
    ("an export", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/tokens/{token}/events?limit=10000"),
];

pub async fn measure(world: &World, wrong: &mut Vec<String>) {
    let held = fill(world).await;
    crate::cost_boundary_reached();
    for (kind, plain, worst) in CALLS {
        let terms = match kind {
            "the most terms" => "a+".repeat(19) + "b",
            "the longest phrase" => "a+".repeat(19) + "b%22",
            _ => String::new(),
        };
        let worst = format!("{}{terms}", worst.replace("{token}", &held.id));
        for (size, path) in [("plain", plain), ("whole", worst.as_str())] {
            let request = Request::get(path).header("x-storageapi-token", &world.jeton.master);
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

/// A token with some events as large as they may be: of words, and of what takes most when it is parsed.
async fn fill(world: &World) -> Held {
    let held = world.jeton.create(&json!({"description": "busy"})).await;
    let words = json!({"component": "it", "message": "a ".repeat(100_000)});
    let objects = json!({"component": "it", "message": "m", "params": {"a": vec![json!({"": 0}); 28_000]}});
    for _ in 0..4 {
        for event in [&words, &objects] {
            world.jeton.post_event(&held.token, event).await;
        }
    }
    held
}
