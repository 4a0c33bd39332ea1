//! The endpoint table: every route, the function it belongs to, who may call it, and its handler.
//!
//! Everything that lists routes comes from here: the router of each function and of `jeton serve`,
//! the API description, and the matrices of the tests.

mod described;
mod handler;
pub mod openapi;
mod route;
mod row;
mod shape;
pub mod table;

pub use self::{
    described::Described,
    handler::{Answer, Handler},
    route::{Route, routes},
    row::{Endpoint, Site, owner},
    shape::{Content, SchemaOf, Shape},
    table::{GROUPS, endpoints},
};
