//! The page of an address where nothing is.

use maud::{Markup, html};

use super::layout::{self, Head};

/// Says so to a browser, and leads to where its reader most likely wants to go. Nothing of the address is repeated: it may
/// hold a secret.
pub fn missing(path: &str, exception: &str) -> Markup {
    let beneath = |root: &str| path.get(..root.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(root));
    let content = html! {
        h1 { "Page not found" }
        @if beneath("/pickup") {
            p.lead {
                "Most often the end of a link got lost on its way. Open the whole link from the mail, to its last character."
            }
        } @else {
            p.lead { "Check the address." }
        }
        @if beneath("/docs") { p { a href="/docs" { "To the API reference" } } }
        p { a href="/console" { "To the console" } }
        p.small.soft { "Error ID: " code { (exception) } }
    };
    // The style sheet of pages that need no script and no session.
    layout::document(&Head { title: "Page not found", style: "/pickup/-/pickup.css", script: None }, &content)
}
