//! The console: web pages for members. `operation` handles requests: it reads forms (`wire`, `token_form`), calls the operations
//! of the API, and renders pages (`page`).

pub mod action_run;
pub mod again;
pub mod back;
pub mod expiry;
pub mod flash;
pub mod kept_form;
pub mod operation;
pub mod page;
pub mod problems;
pub mod purpose;
pub mod session;
pub mod shown_state;
pub mod token_form;
pub mod token_list;
pub mod tried_rights;
pub mod usage_range;
pub mod way_out;
pub mod ways;
pub mod wire;
