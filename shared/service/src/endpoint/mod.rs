//! The endpoint table: every route with its function, credential and handler.
//!
//! All lists of routes derive from it: the routers of functions and of `jeton serve`, the API description, and the
//! tests.

mod description_cache;
mod effect;
pub mod examples;
mod handler;
pub mod openapi;
mod parameters;
mod route;
mod row;
mod shape;
pub mod table;

pub use self::{
    description_cache::DescriptionCache,
    effect::Effect,
    handler::{Answer, Handler},
    route::{Route, routes},
    row::{Endpoint, Repeated, Site, owner},
    shape::{Content, SchemaOf, Shape},
    table::{GROUPS, endpoints},
};
