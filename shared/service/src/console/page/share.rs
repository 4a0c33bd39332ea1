//! Console pages for sharing a token.

use jeton_core::token::Token;
use maud::{Markup, html};

use super::{Tab, csrf_field_once, frame, marks::Marks, token, token_form::problem_list};
use crate::{
    console::problems::Problems, console::session::ConsoleMember, console::wire::ShareForm,
    operation::share::Sent, page::time::time,
};

/// The lifetimes of a link: seconds and label.
const OPEN: [(&str, &str); 3] = [("3600", "for an hour"), ("86400", "for a day"), ("604800", "for a week")];

/// The share form, with the fields entered before.
pub fn form(viewer: &ConsoleMember, of: &Token, typed: &ShareForm, problems: &Problems) -> Markup {
    let marks = Marks::new(problems, &["recipient", "message", "open"]);
    let value = |field: &Option<String>| field.clone().unwrap_or_default();
    let recipient = value(&typed.recipient_email);
    let own = domain(viewer.signed_in.session.email.as_str());
    let open = typed.expires_in.as_deref().unwrap_or("86400");
    let content = html! {
        h1 { "Share “" (of.identity.description) "”" }
        p {
            "They get an email with a link and a code, and pick up a copy of their own. The email does not contain the token. "
            "Existing copies keep working."
        }
        (problem_list(problems, "No link was sent."))
        form.stacked method="post" action={ (token::path(viewer, of)) "/share" } {
            (csrf_field_once(&viewer.signed_in))
            div.field {
                label for="recipient" { "Their email address" }
                input #recipient name="recipientEmail" type="email" required maxlength="254" data-own-domain=(own)
                    value=(recipient) aria-invalid=[marks.invalid("recipient")]
                    aria-describedby=[marks.described("recipient", None)] autofocus[marks.focus("recipient")];
                (marks.problem("recipient"))
            }
            div.field {
                label for="message" { "Message " span.soft { "(optional)" } }
                textarea #message name="message" rows="3" maxlength="1000"
                    aria-invalid=[marks.invalid("message")] aria-describedby=[marks.described("message", None)]
                    autofocus[marks.focus("message")] { (value(&typed.message)) }
                (marks.problem("message"))
            }
            div.field {
                label for="open" { "The link works" }
                select #open name="expiresIn" aria-invalid=[marks.invalid("open")]
                    aria-describedby=[marks.described("open", None)] autofocus[marks.focus("open")] {
                    @for (seconds, words) in OPEN {
                        option value=(seconds) selected[open == seconds] { (words) }
                    }
                }
                (marks.problem("open"))
            }
            div.field {
                label {
                    input type="checkbox" name="separateCode" value="1" checked[typed.separate_code.is_some()];
                    " Show me the code instead of mailing it"
                }
                p.hint {
                    "Give it to them another way, so that someone who can read their email cannot pick up the token. "
                    "Recommended for addresses outside " (own) "."
                }
                p #outside .note.warn role="status" hidden[!is_outside(&recipient, own)] {
                    strong { "This address is outside " (own) "." }
                    " Check it, and show the code instead of mailing it: a mistyped address then gets a link without its code."
                }
            }
            (token::decide(viewer, of, "Send", false))
        }
    };
    frame(viewer, Tab::Tokens, &token::titled(&of.identity.description, "Share"), &content)
}

/// The domain of an address.
fn domain(address: &str) -> &str {
    address.trim().rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// Whether an address has another domain than the sender's, which is not beneath it. The script does the same.
fn is_outside(address: &str, own: &str) -> bool {
    let (domain, own) = (domain(address).to_ascii_lowercase(), own.to_ascii_lowercase());
    let is_beneath = domain.strip_suffix(&own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !domain.is_empty() && !is_beneath
}

/// The page after the mail was sent.
pub fn sent(viewer: &ConsoleMember, of: &Token, sent: &Sent) -> Markup {
    let content = html! {
        h1 { "A link was sent" }
        p.lead { "Mailed to " strong { (sent.share.recipient) } ". The link works until " (time(sent.share.expires)) "." }
        @if let Some(code) = &sent.code {
            p { "The page behind the link asks for this code, which is not in the email:" }
            p { code #code .secret data-name="code" data-plain=(code.expose()) data-once { (code.expose()) } }
            div.actions {
                button type="button" data-copy="code" { "Copy the code" }
                span.soft role="status" {}
            }
        }
        div.actions { a.button.primary href=(viewer.after_action(of.id)) data-close { "Done" } }
    };
    frame(viewer, Tab::Tokens, &token::titled(&of.identity.description, "Shared"), &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_outside_when_its_domain_is_neither_the_senders_nor_beneath_it() {
        for (address, outside) in [
            ("bob@acme.com", false),
            ("bob@ACME.com ", false),
            ("bob@sales.acme.com", false),
            ("bob@notacme.com", true),
            ("bob@acme.com.example", true),
            ("bob@com", true),
            ("bob@", false),
            ("", false),
        ] {
            assert_eq!(is_outside(address, "acme.com"), outside, "{address}");
        }
    }
}
