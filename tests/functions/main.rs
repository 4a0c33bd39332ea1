//! The functions as Lambda runs them: each a process that asks a runtime API for its next event,
//! behind a gateway, on DynamoDB and SES.

mod console;
mod gateway;
mod policy;
mod run;
mod secrets;
mod start;
mod telemetry;
mod thread;
