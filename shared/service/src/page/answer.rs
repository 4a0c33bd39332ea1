//! Calls and answers as code on pages.

use maud::{Markup, html};

use crate::endpoint::examples::Example;

/// The answer of an example, with its status.
pub fn answer(example: &Example) -> Markup {
    html! {
        pre.answer tabindex="0" {
            code {
                (example.status)
                @if let Some(content_type) = &example.content_type { " " (content_type) }
                @if let Some(body) = &example.answer { "\n\n" (body) }
            }
        }
    }
}

/// A command that sends the call of an example to a service at this address.
pub fn command(method: &str, address: &str, example: &Example) -> String {
    let mut command = match (method, &example.request) {
        // As curl does by itself.
        ("GET", None) | ("POST", Some(_)) => "curl".to_owned(),
        _ => format!("curl -X {method}"),
    };
    if let Some((name, value)) = &example.credential {
        command += &format!(" -H '{name}: {value}'");
    }
    if let Some(body) = &example.request {
        // In a shell, a single quote ends the text in single quotes.
        command +=
            &format!(" -H 'Content-Type: application/json' \\\n  -d '{}'", body.replace('\'', r"'\''"));
    }
    format!("{command} \\\n  '{address}{}'", example.path)
}
