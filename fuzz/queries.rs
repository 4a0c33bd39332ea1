//! The `q` of an event list.

use bolero::check;
use jeton_core::event::{Event, Query};
use serde_json::json;

use crate::text;

#[test]
fn event_queries() {
    let event: Event = serde_json::from_value(json!({
        "uuid": "018bcfe5-6800-7000-8000-000000000001", "project": 7, "event": "storage.tableImported",
        "component": "storage", "message": "Imported 5 rows", "type": "info", "created": 1_700_000_000_000_u64,
        "by": {"token": 9, "name": "x"}, "origin": "question",
    }))
    .unwrap();
    check!().for_each(|bytes: &[u8]| {
        let text = text(bytes);
        match Query::parse(&text) {
            Ok(query) => {
                // Too long or too deep, if it does not parse.
                if let Ok(not) = Query::parse(&format!("NOT ({text})")) {
                    assert_ne!(query.matches(&event), not.matches(&event));
                }
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    });
}
