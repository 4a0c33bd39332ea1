//! Endpoints of events and advice.

use jeton_api::{
    advice::{AdviceBody, AdviceQuery},
    event::{EventBody, ExportEvents, ListEvents, PostEvent, PostedEvent},
    settings::TokenSettings,
};
use jeton_core::Error;

use crate::{
    endpoint::row::{Endpoint, get, group, post},
    function::Function,
    operation::{advice, event_export, events, post_event},
};

/// The media types of an export.
pub(super) const EXPORTS: &[&str] = &["application/x-ndjson", "text/csv"];

/// List, read, export and post events; advice.
pub static EVENTS: &[Endpoint] = &group(
    Function::Events,
    [
        get("/v2/storage/tokens/{token}/events", "List events by or about a token")
            .storage(&events::of_token)
            .reads()
            .query::<ListEvents>()
            .list::<EventBody>()
            .errors(&[403, 404]),
        get("/v2/storage/tokens/{token}/events/export", "Export events by or about a token")
            .storage(&event_export::of_token)
            .reads()
            .query::<ExportEvents>()
            .either_file(EXPORTS)
            .errors(&[403, 404]),
        get("/v2/storage/tokens/{token}/events/{uuid}", "Read an event by or about a token")
            .storage(&events::detail_of_token)
            .reads()
            .ok::<EventBody>()
            .errors(&[403, 404]),
        get("/v2/storage/tokens/{token}/advice", "List the rights that a token has used")
            .storage(&advice::advice)
            .reads()
            .query::<AdviceQuery>()
            .ok::<AdviceBody>()
            .errors(&[403, 404]),
        post("/v2/storage/tokens/{token}/advice", "Test an update of a token against its recorded questions")
            .storage(&advice::dry_run)
            .reads()
            .takes::<TokenSettings>()
            .query::<AdviceQuery>()
            .ok::<AdviceBody>()
            .errors(&[403, 404]),
        get("/v2/storage/events", "List events: all of the project for masters, else the caller's own")
            .storage(&events::list)
            .reads()
            .query::<ListEvents>()
            .list::<EventBody>()
            .errors(&[403]),
        post("/v2/storage/events", "Post an event")
            .storage(&post_event::post)
            .takes::<PostEvent>()
            .at_most(post_event::MAX_EVENT, || Error::EventTooLarge)
            .created::<PostedEvent>()
            .errors(&[403, 429]),
        get(
            "/v2/storage/events/export",
            "Export events: all of the project for masters, else the caller's own",
        )
        .storage(&event_export::of_project)
        .reads()
        .query::<ExportEvents>()
        .either_file(EXPORTS)
        .errors(&[403]),
        get("/v2/storage/events/{uuid}", "Read an event")
            .storage(&events::detail)
            .reads()
            .ok::<EventBody>()
            .errors(&[403, 404]),
        get("/v2/storage/buckets/{object}/events", "List events of a bucket")
            .storage(&events::of_bucket)
            .reads()
            .query::<ListEvents>()
            .list::<EventBody>()
            .errors(&[403]),
        get("/v2/storage/tables/{object}/events", "List events of a table")
            .storage(&events::of_table)
            .reads()
            .query::<ListEvents>()
            .list::<EventBody>()
            .errors(&[403]),
    ],
);
