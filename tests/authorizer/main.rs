//! The authorizer with events of gateways.

mod answers;
mod credentials;
mod documentation;
mod routes;
mod scene;
