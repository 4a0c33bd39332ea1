//! DynamoDB with failures: nothing is lost, nothing happens twice, and passing failures are hidden.
//!
//! Runs against DynamoDB Local behind a proxy that loses answers, throttles and conflicts as configured.

mod authority;
mod batch;
mod budgets;
mod commit;
mod contention;
mod earlier;
mod events;
mod guards;
mod last_use;
mod manage_guards;
mod operations;
mod parsed;
mod priority;
mod replicas;
mod reservations;
mod revoker;
mod role;
mod scene;
mod sealing;
mod share;
mod units;
