//! The authorizer, given what gateways send.

mod answers;
mod credentials;
mod documentation;
mod routes;
mod scene;
