//! Generated files: checks that each is current with the tables of the code. `./test --write` writes them.
//! Also checks that the files of the code do not import each other in a circle.

mod api_table;
mod configuration;
mod description;
mod errors;
mod events;
mod examples;
mod fixed_values;
mod function_alarms;
mod guide;
mod house;
mod import_circles;
mod limits;
mod metrics;
mod permissions;
mod rights;
mod router;
mod routes;
