//! DynamoDB when it fails: nothing is lost, nothing happens twice, and what is passing is not shown.
//!
//! Runs against DynamoDB Local behind a proxy that loses answers, throttles and conflicts on demand.

mod authority;
mod batch;
mod budgets;
mod commit;
mod contention;
mod earlier;
mod events;
mod operations;
mod scene;
mod share;
mod units;
