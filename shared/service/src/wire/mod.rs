//! How bodies come over the wire: JSON and forms as clients send them, and tables as spreadsheets read them. What is in
//! them are the types of `jeton-api`.

pub mod ask;
pub mod csv;
mod fields;
pub mod form;

pub use fields::MAX_FIELDS as MAX_FORM_FIELDS;
