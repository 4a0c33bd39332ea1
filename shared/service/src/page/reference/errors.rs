//! All errors in the API reference, once: by status, with when each is answered and whether to retry.

use http::StatusCode;
use maud::{Markup, html};

use super::{find::also, text::in_code};
use crate::http::code::{CODES, Code, Retry};

/// The statuses of errors.
pub fn statuses() -> Vec<StatusCode> {
    let mut statuses: Vec<StatusCode> = CODES.iter().map(|code| code.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// A status in words, such as `404 Not Found`.
pub fn status_name(status: StatusCode) -> String {
    format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default())
}

/// The part of the page.
pub fn errors() -> Markup {
    html! {
        h2 #errors { "Errors" }
        p {
            "Every error has the same body, " a href="#schema-ErrorBody" { "ErrorBody" } ". Its field " code { "code" }
            " is for programs, and stays; its field " code { "error" } " is a sentence for people, and may change."
        }
        @for status in statuses() {
            h3 id={ "errors-" (status.as_u16()) } { (status_name(status)) }
            div.scroll tabindex="0" role="region" aria-label={ "Errors with status " (status.as_u16()) } {
                table {
                    thead { tr { th { "Code" } th { "When" } th { "Retry" } } }
                    tbody { @for code in CODES.iter().filter(|code| code.status == status) { (row(code)) } }
                }
            }
        }
    }
}

fn row(code: &Code) -> Markup {
    let status = status_name(code.status);
    let name = if code.name.is_empty() { "no code" } else { code.name };
    html! {
        tr.error id={ "error-" (code.status.as_u16()) "-" (code.name) } data-find="error" data-title={ (name) ", " (status) }
            data-also=(also(&status)) {
            td { @if code.name.is_empty() { "(empty)" } @else { code { (code.name) } } }
            td { (in_code(code.meaning)) }
            td {
                @match code.retry {
                    Retry::No => "no",
                    Retry::Later => "later",
                    Retry::WithNewKey => { "later, with a new " code { "Idempotency-Key" } }
                    Retry::After => { "after " code { "Retry-After" } }
                }
            }
        }
    }
}
