//! The functions as in Lambda: each a process that polls a runtime API for its events, behind a gateway, on
//! DynamoDB and SES.

mod bounces;
mod console;
mod edge;
mod first_call;
mod gateway;
mod policy;
mod run;
mod secrets;
mod start;
mod stored;
mod telemetry;
mod thread;
