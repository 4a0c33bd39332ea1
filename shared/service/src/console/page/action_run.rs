//! The console pages of an action on all tokens of a list: how far it is, and what it did.

use jeton_api::token_action::Action;
use jeton_core::secret::PlainSecret;
use maud::{Markup, html};

use super::{
    Tab, back_field, csrf_field, frame, key_field,
    token_actions::{Acting, fields, names, next_href, outcomes, sentence},
    token_form::problem_note,
};
use crate::{
    console::{action_run::Run, session::ConsoleMember},
    idempotency::FORM_FIELD,
    page::words::{counted, number},
};

/// How far the action is, with the form of the next step, which has this idempotency key. The script submits it by itself.
pub fn running(viewer: &ConsoleMember, asked: &Acting, run: &Run, key: Option<&PlainSecret>) -> Markup {
    let at = format!("/console/projects/{}/tokens/actions", viewer.project.id);
    let (verb, done) = names(asked.action);
    let content = html! {
        h1 { (verb) " " (counted(run.total as u64, "token")) }
        p #run-status role="status" {
            (number(run.done as u64)) " of " (counted(run.total as u64, "token")) " " (be(run.done)) " " (done) "."
        }
        progress #run-progress max=(run.total.max(1)) value=(run.done) aria-label={ "Tokens that are " (done) } {}
        p #run-others .soft { (others(asked.action, run)) }
        p #run-problem .note.warn role="alert" hidden {}
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
        p.small.soft { "What is " (done) " stays so if you stop or leave this page. The other tokens are unchanged then." }
    };
    frame(viewer, Tab::Tokens, &format!("{verb} tokens"), &content)
}

/// What the action did, with the tokens that it could not change and why.
pub fn finished(viewer: &ConsoleMember, asked: &Acting, run: &Run) -> Markup {
    let (verb, done) = names(asked.action);
    let title = sentence(asked.action, run.done);
    let content = html! {
        h1 { (title.trim_end_matches('.')) }
        (problem_note(asked.problem))
        p #run-others { (others(asked.action, run)) }
        @if run.failed > asked.acted.outcomes.len() {
            p.note { "These are the first " (asked.acted.outcomes.len()) " of those that could not be " (done) "." }
        }
        (outcomes(viewer, asked, &format!("{verb} it again"), &format!("Is {done} by now")))
        @if asked.next.is_some() { p.note { "The list has more tokens than one action counts." } }
        div.actions {
            @if let Some(next) = asked.next { a.button href=(next_href(viewer, asked, next)) { "Continue with the next ones" } }
            a.button href=(asked.leads_back(viewer)) { "Back to the tokens" }
        }
    };
    frame(viewer, Tab::Tokens, title.trim_end_matches('.'), &content)
}

/// What the action leaves out, as sentences.
pub fn others(action: Action, run: &Run) -> String {
    let (_, done) = names(action);
    let were = |tokens: usize| {
        let was = if tokens == 1 { "was" } else { "were" };
        format!("{} {was}", counted(tokens as u64, "token"))
    };
    // What was deleted meanwhile is what a deletion wants.
    let (same, gone) = if action == Action::Delete { (run.same + run.gone, 0) } else { (run.same, run.gone) };
    let same = (same > 0).then(|| format!("{} {done} already.", were(same)));
    let gone = (gone > 0).then(|| format!("{} deleted meanwhile.", were(gone)));
    let failed =
        (run.failed > 0).then(|| format!("{} could not be {done}.", counted(run.failed as u64, "token")));
    same.into_iter().chain(gone).chain(failed).collect::<Vec<_>>().join(" ")
}

const fn be(tokens: usize) -> &'static str {
    if tokens == 1 { "is" } else { "are" }
}
