//! The style sheet of all pages, before the colours and the logo of a brand are added.

/// The style sheet.
pub const STYLE: &str = include_str!("style.css");
