//! Endpoints of the service itself.

use crate::{
    endpoint::{
        handler::OpenOperation,
        row::{Endpoint, get, group, post},
    },
    function::Function,
    operation::index::{self, Health, ServiceIndex, Ticket},
};

/// The media types of the icon.
const ICONS: &[&str] = &["image/svg+xml", "image/png"];

/// The service index, the API description as JSON and as a page, health and readiness.
pub(super) const fn index(
    description: &'static dyn OpenOperation,
    reference: &'static dyn OpenOperation,
) -> [Endpoint; 8] {
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
            get("/health", "Health: is the service alive?").open(&index::health).unlimited().ok::<Health>(),
            get("/ready", "Readiness: does the store answer?").open(&index::ready).unlimited().ok::<Health>(),
            get("/openapi.json", "The API description: for programs").open(description).unlimited().object(),
            get("/docs", "The API reference: the description as a page")
                .open(reference)
                .unlimited()
                .file("text/html"),
            get("/docs/-/docs.js", "The script of the API reference")
                .open(&index::script)
                .unlimited()
                .file("text/javascript"),
            get("/favicon.ico", "The icon of pages: the logo, or a ring")
                .open(&index::icon)
                .page()
                .unlimited()
                .either_file(ICONS),
        ],
    )
}
