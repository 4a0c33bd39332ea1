//! The endpoint table, a file for each part of the API.

mod console;
mod events;
mod manage;
mod pickup;
mod service;
mod tokens;

pub use self::{
    console::CONSOLE,
    events::EVENTS,
    manage::MANAGE,
    pickup::PICKUP,
    tokens::{COMPONENT_TOKEN, CREATE, DELETE, DETAIL, LIST, REFRESH, SHARE, UPDATE, VERIFY, VERIFY_ALONE},
};
use jeton_core::Error;

use super::row::Endpoint;
use crate::{
    http::{ApiRequest, Reply},
    operation::index,
};

/// The service index, the API description, health and readiness.
pub static INDEX: &[Endpoint] = &service::index(&description, &reference);

/// The rows of every function with endpoints.
pub static GROUPS: &[&[Endpoint]] = &[
    INDEX,
    CREATE,
    LIST,
    VERIFY,
    DETAIL,
    UPDATE,
    DELETE,
    REFRESH,
    SHARE,
    EVENTS,
    COMPONENT_TOKEN,
    MANAGE,
    PICKUP,
    CONSOLE,
];

/// All endpoints.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    GROUPS.iter().copied().flatten()
}

/// The API description of all endpoints.
async fn description(request: &ApiRequest) -> Result<Reply, Error> {
    index::description(request, endpoints())
}

async fn reference(request: &ApiRequest) -> Result<Reply, Error> {
    index::reference(request, endpoints())
}
