//! Calls and answers as code on pages.

use http::StatusCode;
use maud::{Markup, html};

use crate::endpoint::examples::{Answered, Example};

/// An answer, with its status.
pub fn answer(answered: &Answered) -> Markup {
    let reason = StatusCode::from_u16(answered.status).ok().and_then(|status| status.canonical_reason());
    html! {
        pre.answer tabindex="0" {
            code {
                (answered.status) " " (reason.unwrap_or_default())
                @if let Some(content_type) = &answered.content_type { "\nContent-Type: " (content_type) }
                @if let Some(body) = &answered.answer { "\n\n" (body) }
            }
        }
    }
}

/// A command that sends the call of an example to a service at this address.
pub fn command(method: &str, address: &str, example: &Example) -> String {
    let method = match (method, &example.request) {
        // As curl does by itself.
        ("GET", None) | ("POST", Some(_)) => String::new(),
        _ => format!(" -X {method}"),
    };
    let credential = example.credential.as_ref().map(|(name, value)| format!(" -H '{name}: {value}'"));
    let body = example.request.as_ref().map(|body| {
        // In a shell, a single quote ends the text in single quotes.
        format!(" -H 'Content-Type: application/json' \\\n  -d '{}'", body.replace('\'', r"'\''"))
    });
    let (credential, body) = (credential.unwrap_or_default(), body.unwrap_or_default());
    format!("curl{method}{credential}{body} \\\n  '{address}{}'", example.path)
}
