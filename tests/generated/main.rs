//! What is made from the tables of the code and stands in files of its own: that each is current. `./test --write` makes them.
//! And that the files of the code do not import each other in a circle.

mod api_table;
mod configuration;
mod errors;
mod events;
mod examples;
mod import_circles;
mod limits;
mod metrics;
mod permissions;
mod rights;
mod router;
mod routes;
