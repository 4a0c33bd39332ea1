//! Console pages for sharing a token.

use jeton_core::token::Token;
use maud::{Markup, html};

use super::{Tab, csrf_field_once, frame, token, token_form::problem_note};
use crate::{
    console::session::ConsoleMember, console::wire::ShareForm, operation::share::Sent, page::time::time,
};

/// The lifetimes of a link: seconds and label.
const OPEN: [(&str, &str); 3] = [("3600", "for an hour"), ("86400", "for a day"), ("604800", "for a week")];

/// The share form, with the fields entered before.
pub fn form(viewer: &ConsoleMember, of: &Token, typed: &ShareForm, problem: Option<&str>) -> Markup {
    let value = |field: &Option<String>| field.clone().unwrap_or_default();
    let open = typed.expires_in.as_deref().unwrap_or("86400");
    let content = html! {
        h1 { "Share “" (of.identity.description) "”" }
        p {
            "They get an email with a link and a code, and pick up a copy of their own. The email does not contain the token. "
            "Existing copies keep working."
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
                    " Show me the code instead of mailing it"
                }
                p.hint { "Give it to them another way, so that someone who can read their email cannot pick up the token." }
            }
            (token::decide(viewer, of, "Send", false))
        }
    };
    frame(viewer, Tab::Tokens, "Share", &content)
}

/// The page after the mail was sent.
pub fn sent(viewer: &ConsoleMember, of: &Token, sent: &Sent) -> Markup {
    let content = html! {
        h1 { "A link was sent" }
        p.lead { "Mailed to " strong { (sent.share.recipient) } ". The link works until " (time(sent.share.expires)) "." }
        @if let Some(code) = &sent.code {
            p { "The page behind the link asks for this code, which is not in the email:" }
            p { code.secret { (code.expose()) } }
        }
        div.actions { a.button.primary href=(token::path(viewer, of)) { "Done" } }
    };
    frame(viewer, Tab::Tokens, "Shared", &content)
}
