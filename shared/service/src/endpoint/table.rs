//! Every endpoint, a file for each part of the API.

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
    service::INDEX,
    tokens::{COMPONENT_TOKEN, CREATE, DELETE, DETAIL, LIST, REFRESH, SHARE, UPDATE, VERIFY},
};
use super::row::Endpoint;

/// The rows of every function that has some.
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

/// Every endpoint.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    GROUPS.iter().copied().flatten()
}
