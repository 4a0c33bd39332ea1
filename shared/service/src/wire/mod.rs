//! The wire formats: JSON and forms as clients send them, and CSV for spreadsheets. The types are in
//! `jeton-api`.

pub mod ask;
pub mod csv;
mod fields;
pub mod form;
pub(crate) mod object;

pub use fields::MAX_FIELDS as MAX_FORM_FIELDS;
