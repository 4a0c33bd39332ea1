//! The console page for a new expiry of a token.

use jeton_core::{time::Timestamp, token::Token};
use maud::{Markup, html};

use super::{
    Tab, csrf_field, frame,
    token::{self, decide},
    token_form::problem_list,
};
use crate::{
    console::expiry::{DATE, EXTENSIONS, NEVER, PROPOSED_EXTENSION, extended},
    console::problems::Problems,
    console::session::ConsoleMember,
    console::wire::ExtendForm,
    page::time::time,
};

/// The form, with the fields entered before.
pub fn form(
    viewer: &ConsoleMember,
    of: &Token,
    typed: &ExtendForm,
    problems: &Problems,
    now: Timestamp,
) -> Markup {
    let identity = &of.identity;
    // An end cannot be taken back, so a token without one gets it by a choice.
    let proposed = if identity.expires.is_some() { PROPOSED_EXTENSION } else { "" };
    let chosen = typed.by.as_deref().unwrap_or(proposed);
    let begins = if identity.expires.is_some() { "By" } else { "In" };
    let from = identity.expires.map_or_else(|| NEVER.to_owned(), |end| end.to_string());
    let wrong = problems.field("until");
    let described = if wrong.is_some() { "until-problem until-hint" } else { "until-hint" };
    let content = html! {
        h1 { "Extend “" (identity.description) "”" }
        (problem_list(problems, "Nothing was saved."))
        @if identity.is_expired(now) {
            p { "It has expired, and stays so. Duplicate it: the new token has the same rights." }
            div.actions { a.button href=(viewer.after_action(of.id)) data-close { "Cancel" } }
        } @else {
            p {
                @match identity.expires { Some(end) => { "It expires on " (time(end)) "." }, None => "It never expires." }
                @if identity.disabled { " It is disabled, and stays so. All of its copies end with it at the latest." }
                @else { " Its copies keep working as they do now, and end with it at the latest." }
            }
            @if identity.expires.is_none() {
                p.note.warn {
                    strong { "This cannot be taken back." }
                    " A token that has an expiry can be extended, but it cannot become one that never expires."
                }
            }
            form.stacked method="post" action={ (token::path(viewer, of)) "/extend" } {
                (csrf_field(&viewer.signed_in))
                input type="hidden" name="from" value=(from);
                input type="hidden" name="at" value=(now);
                fieldset {
                    legend { "New expiry" }
                    @for (value, label, seconds) in EXTENSIONS {
                        label {
                            input type="radio" name="by" value=(value) required checked[chosen == value];
                            " " (begins) " " (label) ", on " (time(extended(identity.expires, seconds, now)))
                        }
                    }
                    label { input type="radio" name="by" value=(DATE) required checked[chosen == DATE]; " On this date:" }
                    label.unseen for="until" { "Expiry date (UTC)" }
                    input #until name="until" type="date" value=(typed.until.as_deref().unwrap_or_default())
                        min=(now.day()) aria-invalid=[wrong.map(|_| "true")]
                        aria-describedby=(described) autofocus[wrong.is_some()];
                    @if let Some(wrong) = wrong { p.problem #until-problem { (wrong) } }
                    @if let Some(earlier) = typed.earlier_end(identity.expires, now) {
                        label {
                            input type="checkbox" name="earlier" value=(earlier) checked[typed.earlier == Some(earlier.to_string())];
                            " Let it expire earlier, on " (time(earlier)) ", with all of its copies"
                        }
                    }
                    p.hint #until-hint { "The end of that day in UTC." span #until-here role="status" {} }
                }
                (decide(viewer, of, "Save the expiry", false))
            }
        }
    };
    frame(viewer, Tab::Tokens, &token::titled(&of.identity.description, "Extend"), &content)
}
