//! The console pages of an action on all tokens of a list: how far it is, and what it did.

use jeton_api::token_action::Action;
use jeton_core::secret::PlainSecret;
use maud::{Markup, html};

use super::{
    Tab, back_field, csrf_field, csrf_field_once, frame, key_field,
    token_actions::{Acting, count, fields, names, next_href, outcomes, sentence},
    token_form::problem_note,
};
use crate::{
    console::{action_run::Run, session::ConsoleMember},
    idempotency::FORM_FIELD,
    page::words::{counted, number},
};

/// How far the action is, with the form of the next step, which has this idempotency key. The script submits it by itself. After a step that
/// was sent before, later ones may be done.
pub fn running(
    viewer: &ConsoleMember,
    asked: &Acting,
    run: &Run,
    (key, is_repeated): (Option<&PlainSecret>, bool),
) -> Markup {
    let at = format!("/console/projects/{}/tokens/actions", viewer.project.id);
    let (verb, done) = names(asked.action);
    let next = run.step().len();
    let lost = format!(
        "The service cannot be reached at the moment. The answer to the last step is missing: it may have {done} up to {next} more {}. \
         Continue when the service can be reached: no token is changed twice.",
        if next == 1 { "token" } else { "tokens" },
    );
    let content = html! {
        h1 { (verb) " " (counted(run.total as u64, "token")) }
        p #run-status role="status" {
            @if is_repeated { "At least " }
            (number(run.done as u64)) " of " (counted(run.total as u64, "token")) " " (be(run.done)) " " (done) "."
        }
        progress #run-progress max=(run.total.max(1)) value=(run.done) aria-label={ "Tokens that are " (done) } {}
        p #run-others .soft { (others(asked.action, run)) }
        p #run-problem .note.warn role="alert" hidden data-lost=(lost) {}
        form #next-step method="post" action=(at) {
            (csrf_field(&viewer.signed_in))
            (back_field(viewer.back.clone()))
            @match key {
                Some(key) => input type="hidden" name=(FORM_FIELD) value=(key.expose());,
                None => (key_field()),
            }
            (fields(asked, run))
        }
        div.actions {
            button.primary #continue type="submit" form="next-step" { "Continue" }
            button #stop type="button" hidden { "Stop" }
            a.button href=(asked.leads_back(viewer)) { "Back to the tokens" }
        }
        p #run-rest .small.soft {
            "What is " (done) " stays " (done) ". A step that was sent is still finished if you stop or leave this page: it acts on up to "
            (next) " more " (if next == 1 { "token" } else { "tokens" }) ". The tokens of steps that were not sent are unchanged."
        }
    };
    frame(viewer, Tab::Tokens, &format!("{verb} tokens"), &content)
}

/// What is said of an action whose form was sent before: its tokens may have been changed since.
pub const DONE_BEFORE: &str = "This was done before. The list shows how the tokens are now.";

/// What the action did, with the tokens that it could not change and why, and the way to undo it.
pub fn finished(viewer: &ConsoleMember, asked: &Acting, run: &Run, is_repeated: bool) -> Markup {
    let (verb, done) = names(asked.action);
    let title = sentence(asked.action, run.done);
    // Of the step of a problem, and of those after it, it is not known what they did.
    let title = if asked.problem.is_some() { format!("At least {title}") } else { title };
    let content = html! {
        h1 { (title.trim_end_matches('.')) }
        (problem_note(asked.problem))
        p #run-others { (others(asked.action, run)) }
        @if run.failed > asked.acted.outcomes.len() {
            p.note { "These are the first " (asked.acted.outcomes.len()) " of those that could not be " (done) "." }
        }
        (outcomes(viewer, asked, &format!("{verb} it again"), &format!("Is {done} by now")))
        @if is_repeated { p.note { (DONE_BEFORE) } }
        @if asked.problem.is_none() && !run.changed.is_empty() { (undo(viewer, asked, run)) }
        @if asked.next.is_some() { p.note { "The list has more tokens than one action counts." } }
        div.actions {
            @if let Some(next) = asked.next { a.button href=(next_href(viewer, asked, next)) { "Continue with the next ones" } }
            a.button href=(asked.leads_back(viewer)) { "Back to the tokens" }
        }
    };
    frame(viewer, Tab::Tokens, title.trim_end_matches('.'), &content)
}

/// The form that enables exactly the tokens that were disabled.
fn undo(viewer: &ConsoleMember, asked: &Acting, run: &Run) -> Markup {
    let at = format!("/console/projects/{}/tokens/actions", viewer.project.id);
    let enable = Acting { action: Action::Enable, ..*asked };
    let changed = Run { ids: run.changed.clone(), total: run.changed.len(), ..Run::default() };
    html! {
        form method="post" action=(at) {
            (csrf_field_once(&viewer.signed_in))
            (back_field(viewer.back.clone()))
            (fields(&enable, &changed))
            div.actions {
                button type="submit" {
                    @if changed.total == 1 { "Enable this token again" } @else { "Enable these " (count(changed.total)) " again" }
                }
            }
            p.small.soft { "A token that somebody enabled and disabled again since is enabled, too." }
        }
    }
}

/// What the action leaves out, as sentences.
pub fn others(action: Action, run: &Run) -> String {
    let (_, done) = names(action);
    let forms = |tokens: usize| if tokens == 1 { ("was", "has") } else { ("were", "have") };
    // What was deleted meanwhile is what a deletion wants.
    let is_deletion = action == Action::Delete;
    let (same, gone) = if is_deletion { (0, run.same + run.gone) } else { (run.same, run.gone) };
    let same = (same > 0).then(|| format!("{} {} {done} already.", count(same), forms(same).0));
    let gone = (gone > 0).then(|| {
        let (tokens, (was, has)) = (count(gone), forms(gone));
        if is_deletion {
            format!("{tokens} {was} deleted already or {has} expired.")
        } else {
            format!("{tokens} {was} deleted or {has} expired meanwhile.")
        }
    });
    let failed =
        (run.failed > 0).then(|| format!("{} could not be {done}.", counted(run.failed as u64, "token")));
    same.into_iter().chain(gone).chain(failed).collect::<Vec<_>>().join(" ")
}

const fn be(tokens: usize) -> &'static str {
    if tokens == 1 { "is" } else { "are" }
}
