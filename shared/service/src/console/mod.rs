//! The console: web pages for members. `operation` handles requests: it reads forms (`wire`), calls the operations of the API,
//! and renders pages (`page`).

pub mod kept_form;
pub mod operation;
pub mod page;
pub mod session;
pub mod shown_state;
pub mod wire;
