//! The static files of the console.

use crate::page::{asset::Asset, layout};

/// The script of the pages.
pub static SCRIPT: Asset = Asset::new(
    "/console/-/console.js",
    "text/javascript; charset=utf-8",
    concat!(
        include_str!("../../page/time.js"),
        include_str!("../../page/page.js"),
        include_str!("console.js"),
        include_str!("token_form.js"),
        include_str!("tokens.js"),
        include_str!("chart.js")
    ),
);

/// The style sheet of the pages.
pub static STYLE: Asset = Asset::new("/console/-/console.css", "text/css; charset=utf-8", layout::STYLE);
