//! Endpoints of the service itself.

use crate::{
    endpoint::{
        handler::OpenOperation,
        row::{Endpoint, get, group, post},
    },
    function::Function,
    operation::index::{self, Health, ServiceIndex, Ticket},
};

/// The service index, the API description as JSON and as a page, health and readiness.
pub(super) const fn index(
    description: &'static dyn OpenOperation,
    reference: &'static dyn OpenOperation,
) -> [Endpoint; 7] {
    group(
        Function::Index,
        [
            get("/v2/storage", "The service index").open(&index::index).unlimited().ok::<ServiceIndex>(),
            post("/v2/storage/tickets", "Get a ticket: a unique, increasing number")
                .storage(&index::ticket)
                .reads()
                .without_branch()
                .unlimited()
                .created::<Ticket>()
                .errors(&[403]),
            get("/health", "Is the service alive?").open(&index::health).unlimited().ok::<Health>(),
            get("/ready", "Does the store answer?").open(&index::ready).unlimited().ok::<Health>(),
            get("/openapi.json", "This description").open(description).unlimited().object(),
            get("/docs", "This description as a page").open(reference).unlimited().file("text/html"),
            get("/docs/-/docs.js", "The script of that page")
                .open(&index::script)
                .unlimited()
                .file("text/javascript"),
        ],
    )
}
