//! The HTML document and the style sheet of all pages.

use maud::{DOCTYPE, Markup, html};

use super::asset::Asset;

/// The style sheet.
pub const STYLE: &str = include_str!("style.css");

/// The head of a page.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The title.
    pub title: &'a str,
    /// [`STYLE`], at a path that its function serves.
    pub style: &'static Asset,
    /// Its script, if it has one.
    pub script: Option<&'static Asset>,
}

/// A page. It is readable without the style sheet, and needs only files of the service, so a strict content security policy
/// applies.
pub fn document(head: &Head, content: &Markup) -> Markup {
    around(head, None, &html! { span.mark { "Jeton" } }, content)
}

/// A wide page, with content in the header.
pub fn wide(head: &Head, bar: &Markup, content: &Markup) -> Markup {
    around(head, Some("wide"), bar, content)
}

/// A wide page with its contents at its side.
pub fn reference(head: &Head, bar: &Markup, content: &Markup) -> Markup {
    around(head, Some("wide reference"), bar, content)
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
                link rel="stylesheet" href=(head.style.address());
                @if let Some(script) = head.script { script src=(script.address()) defer {} }
            }
            body class=[class] {
                header.bar { (bar) }
                main #main { (content) }
            }
        }
    }
}
