//! The cost of reading a long history.

use axum::body::Body;
use http::Request;
use jeton_tests::jeton::Held;
use serde_json::json;

use crate::{measured, world::World};

/// The memory limit of one call about a history: a page with all its parsed events, and the answer.
const MOST: usize = 48 << 20;

/// The calls: each with a plain one that reads the same events.
const CALLS: [(&str, &str, &str); 6] = [
    ("the most terms", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/events?limit=100&q="),
    ("the longest phrase", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/events?limit=100&q=%22"),
    ("the longest list", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/events?limit=10000"),
    ("advice", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/tokens/{token}/advice"),
    ("an export", "/v2/storage/events?limit=100&q=nothing", "/v2/storage/tokens/{token}/events?limit=10000"),
    ("a page", "/v2/storage/events?limit=100&q=nothing", "/console/projects/{project}/tokens/{token}/events"),
];

pub async fn measure(world: &World, held: &Held, wrong: &mut Vec<String>) {
    for (kind, plain, worst) in CALLS {
        let terms = match kind {
            "the most terms" => "a+".repeat(19) + "b",
            "the longest phrase" => "a+".repeat(19) + "b%22",
            _ => String::new(),
        };
        let project = world.jeton.project.to_string();
        let worst = worst.replace("{token}", &held.id).replace("{project}", &project) + &terms;
        for (size, path) in [("plain", plain), ("whole", worst.as_str())] {
            let mut request = Request::get(path);
            for (name, value) in world.credentials(path) {
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

/// A token with some events of the largest size: of words, of the input that is most expensive to parse, and
/// of the most expensive in lines of its own.
pub async fn fill(world: &World) -> Held {
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
