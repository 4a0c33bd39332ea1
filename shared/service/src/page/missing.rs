//! The page of a 404.

use maud::{Markup, html};

use super::layout::{self, Head};
use crate::brand::Brand;

/// The 404 page, with links to likely targets. It does not repeat the address, which may contain a secret.
pub fn missing(brand: &Brand, path: &str, exception: &str) -> Markup {
    let beneath = |root: &str| path.get(..root.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(root));
    let content = html! {
        h1 { "Page not found" }
        @if beneath("/pickup") {
            p.lead {
                "Often the end of a link was lost. Open the whole link from the email, to its last character."
            }
        } @else {
            p.lead { "Check the address." }
        }
        @if beneath("/docs") { p { a href="/docs" { "To the API reference" } } }
        p { a href="/console" { "To the console" } }
        p.small.soft { "Error ID: " code { (exception) } }
    };
    // The style sheet of pages that need no script and no session.
    let head = Head { brand, title: "Page not found", style: brand.pickup_style(), script: None };
    layout::document(&head, &content)
}
