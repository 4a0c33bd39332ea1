//! What all pages have in common: the document around them, and how they look.

use maud::{DOCTYPE, Markup, html};

/// How all pages look.
pub const STYLE: &str = include_str!("style.css");

/// What a page needs beside its content.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// What the browser calls it.
    pub title: &'a str,
    /// Where [`STYLE`] is served.
    pub style: &'a str,
    /// Where its script is served, if it has one.
    pub script: Option<&'a str>,
}

/// A whole page. A page without its style sheet still reads from top to bottom, and nothing in it
/// needs a policy that allows more than the service's own files.
pub fn document(head: &Head, content: &Markup) -> Markup {
    around(head, None, &html! { span.mark { "Jeton" } }, content)
}

/// A whole page with something of its own in the bar on top, and with room for lists and tables.
pub fn wide(head: &Head, bar: &Markup, content: &Markup) -> Markup {
    around(head, Some("wide"), bar, content)
}

fn around(head: &Head, class: Option<&str>, bar: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (head.title) " · Jeton" }
                link rel="stylesheet" href=(head.style);
                @if let Some(script) = head.script { script src=(script) defer {} }
            }
            body class=[class] {
                header.bar { (bar) }
                main #main { (content) }
            }
        }
    }
}
