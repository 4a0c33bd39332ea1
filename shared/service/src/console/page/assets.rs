//! The static files of the console. Its style sheet is in `brand/`.

use crate::page::asset::Asset;

/// The script of the pages.
pub static SCRIPT: Asset = Asset::new(
    "/console/-/console.js",
    "text/javascript; charset=utf-8",
    concat!(
        include_str!("../../page/time.js"),
        include_str!("../../page/page.js"),
        include_str!("console.js"),
        include_str!("focus.js"),
        include_str!("passkey.js"),
        include_str!("token_form.js"),
        include_str!("tokens.js"),
        include_str!("steps.js"),
        include_str!("chart.js")
    ),
);
