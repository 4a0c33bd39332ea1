//! A secret on a page: hidden at first, with buttons to copy it and snippets to try it.

use maud::{Markup, html};

use super::snippets::snippets;

/// The secret, hidden from onlookers. It can be copied without showing it.
pub fn secret(name: &str, token: &str) -> Markup {
    html! {
        code #secret .secret data-name=(name) data-plain=(token) data-once { (hidden(token)) }
        div.actions {
            button.primary type="button" data-copy="secret" { "Copy the " (name) }
            button #toggle type="button" { "Show" }
            span #told .soft role="status" {}
        }
    }
}

/// A first call with the token, in several languages.
pub fn try_it(token: &str, public_url: &str) -> Markup {
    let masked = snippets(public_url, &hidden(token));
    html! {
        h2 { "Try it" }
        p { "A call that shows the token and its rights. The lines for a file keep the token out of your code; the login asks for it." }
        @for (snippet, masked) in snippets(public_url, token).iter().zip(&masked) {
            h3 { (snippet.place) }
            pre { code id=(snippet.id) data-name=(snippet.name) data-plain=(snippet.text) { (masked.text) } }
            div.actions { button type="button" data-copy=(snippet.id) { "Copy the " (snippet.name) } }
        }
    }
}

/// The first characters of a token.
fn hidden(token: &str) -> String {
    let address = token.rsplit_once('-').map_or("", |(address, _)| address);
    format!("{address}-••••••••••••")
}
