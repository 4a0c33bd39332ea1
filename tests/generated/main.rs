//! What is made from the tables of the code and stands in files of its own: that each is current. `./test --write` makes them.

mod configuration;
mod errors;
mod events;
mod examples;
mod limits;
mod metrics;
mod permissions;
mod rights;
mod router;
mod routes;
