//! Sending a token to somebody.

use jeton_core::token::Token;
use maud::{Markup, html};

use super::{Tab, csrf_field_once, frame, token, token_form::problem_note};
use crate::{console::session::ConsoleMember, console::wire::ShareForm, operation::share::Sent};

/// How long a link may be open: seconds, and what a person reads.
const OPEN: [(&str, &str); 3] = [("3600", "for an hour"), ("86400", "for a day"), ("604800", "for a week")];

/// Asks whom to send it, with what was typed before.
pub fn form(viewer: &ConsoleMember, of: &Token, typed: &ShareForm, problem: Option<&str>) -> Markup {
    let value = |field: &Option<String>| field.clone().unwrap_or_default();
    let open = typed.expires_in.as_deref().unwrap_or("86400");
    let content = html! {
        h1 { "Share “" (of.identity.description) "”" }
        p {
            "They get a link and a code by mail, and pick up a copy of their own. The token itself is in no mail, and "
            "nobody's copy stops working."
        }
        (problem_note(problem))
        form.stacked method="post" action={ (token::path(viewer, of)) "/share" } {
            (csrf_field_once(&viewer.signed_in))
            div.field {
                label for="recipient" { "Their e-mail address" }
                input #recipient name="recipientEmail" type="email" required maxlength="254"
                    value=(value(&typed.recipient_email));
            }
            div.field {
                label for="message" { "Message " span.soft { "(optional)" } }
                textarea #message name="message" rows="3" maxlength="1000" { (value(&typed.message)) }
            }
            div.field {
                label for="open" { "The link works" }
                select #open name="expiresIn" {
                    @for (seconds, words) in OPEN {
                        option value=(seconds) selected[open == seconds] { (words) }
                    }
                }
            }
            div.field {
                label {
                    input type="checkbox" name="separateCode" value="1" checked[typed.separate_code.is_some()];
                    " Show me the code, and leave it out of the mail"
                }
                p.hint { "Tell it to them in another way. Whoever can read their mail then has no use of it." }
            }
            (token::decide(viewer, of, "Send", false))
        }
    };
    frame(viewer, Tab::Tokens, "Share", &content)
}

/// It is on its way.
pub fn sent(viewer: &ConsoleMember, of: &Token, sent: &Sent) -> Markup {
    let content = html! {
        h1 { "A link was sent" }
        p.lead { "Mailed to " strong { (sent.share.recipient) } ", good until " (sent.share.expires.for_people()) "." }
        @if let Some(code) = &sent.code {
            p { "The page that it opens asks for this code, which is not in the mail:" }
            p { code.secret { (code.expose()) } }
        }
        div.actions { a.button.primary href=(token::path(viewer, of)) { "Done" } }
    };
    frame(viewer, Tab::Tokens, "Shared", &content)
}
