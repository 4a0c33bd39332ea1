//! Who is at a page of the console, and what is kept for them.

pub mod kept_form;
pub mod session;
pub mod shown_state;
