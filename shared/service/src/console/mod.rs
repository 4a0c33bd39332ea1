//! The console: what a member does in a browser. A request comes to `operation`, which reads forms (`wire`), calls the
//! operations of the API, and shows pages (`page`).

pub mod kept_form;
pub mod operation;
pub mod page;
pub mod session;
pub mod shown_state;
pub mod wire;
