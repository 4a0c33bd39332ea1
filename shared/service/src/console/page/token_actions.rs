//! The console pages of an action on several tokens: what it would do, and what it could not do.

use jeton_api::token_action::{Action, MAX_TOKENS};
use jeton_core::{
    time::Timestamp,
    token::{Place, Sort},
};
use maud::{Markup, html};

use super::{
    Tab, back_field, csrf_field_once, frame, named,
    token_form::problem_note,
    token_row::{last_used, status},
};
use crate::{
    console::{action_run::Run, session::ConsoleMember, token_list::TokenList},
    http::problem,
    operation::token_actions::Acted,
    page::words::counted,
};

/// What an action would do, or did.
pub struct Acting<'a> {
    /// The action.
    pub action: Action,
    /// What would become, or became of the tokens.
    pub acted: &'a Acted,
    /// The list that the tokens were selected in.
    pub list: &'a TokenList,
    /// Where the action begins, or what is left of it.
    pub next: Option<&'a str>,
    /// How many tokens there was no time for.
    pub left: usize,
    /// An error of the call.
    pub problem: Option<&'a str>,
    /// The current time.
    pub now: Timestamp,
}

impl Acting<'_> {
    /// The page of the list that the action was chosen on, or the list.
    pub fn leads_back(&self, viewer: &ConsoleMember) -> String {
        let list = || self.list.href(&format!("/console/projects/{}/tokens", viewer.project.id));
        if viewer.back.is_some() { viewer.list_href() } else { list() }
    }
}

/// The names of an action: as a verb, and as what it leaves behind.
pub const fn names(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Disable => ("Disable", "disabled"),
        Action::Enable => ("Enable", "enabled"),
        Action::Delete => ("Delete", "deleted"),
    }
}

/// A number of tokens, such as `1 token`.
pub fn count(tokens: usize) -> String {
    counted(tokens as u64, "token")
}

/// What was done, as a sentence.
pub fn sentence(action: Action, changed: usize) -> String {
    let be = if changed == 1 { "is" } else { "are" };
    format!("{} {be} {}.", count(changed), names(action).1)
}

/// Says what the action would do, and asks. The counts of the run are those of what would become of all its tokens.
/// Of all tokens of a list, own tokens of members are left out: so many, and whether the caller's is one of them.
pub fn ask(viewer: &ConsoleMember, asked: &Acting, run: &Run, all: Option<(usize, bool)>) -> Markup {
    let at = format!("/console/projects/{}/tokens", viewer.project.id);
    let (verb, done) = names(asked.action);
    let question = format!("{verb} {}?", count(run.total));
    let title = if run.total == 0 { "Nothing to do" } else { question.as_str() };
    let next = run.last.map(|last| Sort::OLDEST_FIRST.cursor(&Place::created(last)));
    let content = html! {
        h1 { (title) }
        (problem_note(asked.problem))
        @if asked.problem.is_some() {
        } @else if run.total == 0 {
            p {
                "None of these tokens would be " (done) "."
                @if all.is_none() { " The own tokens of members are left out." }
            }
        } @else {
            p { (consequence(asked.action)) " Nothing is done yet." }
        }
        @if let Some(own) = all { (of_all(asked, run)) (left_out(own)) }
        form method="post" action={ (at) "/actions" } {
            (csrf_field_once(&viewer.signed_in))
            (back_field(viewer.back.clone()))
            @if all.is_some() {
                (fields(asked, run))
            } @else {
                input type="hidden" name="action" value=(asked.action.word());
                @for (name, value) in asked.list.fields() { input type="hidden" name=(name) value=(value); }
                @for id in asked.acted.changed() { input type="hidden" name="tokens[]" value=(id); }
            }
            div.actions {
                @if run.total > 0 {
                    button.primary[asked.action == Action::Enable].danger[asked.action != Action::Enable] type="submit" {
                        (verb) " " (count(run.total))
                    }
                } @else if let Some(next) = &next {
                    a.button href=(next_href(viewer, asked, next)) { "Continue with the next ones" }
                }
                a.button href=(asked.leads_back(viewer)) autofocus { "Cancel" }
            }
        }
        (outcomes(viewer, asked, &format!("Will be {done}"), &format!("Is {done} already")))
    };
    frame(viewer, Tab::Tokens, title, &content)
}

/// What is said about an action on all tokens of a list.
fn of_all(asked: &Acting, run: &Run) -> Markup {
    let (_, done) = names(asked.action);
    let listed = asked.acted.outcomes.len();
    let changing = asked.acted.changed().count();
    html! {
        @if run.same > 0 { p { (count(run.same)) " " (if run.same == 1 { "is" } else { "are" }) " " (done) " already." } }
        @if run.failed > 0 { p { (count(run.failed)) " cannot be " (done) "." } }
        @if run.total > MAX_TOKENS {
            p {
                "They are " (done) " in steps of " (MAX_TOKENS) ", one after the other, and you can stop in between. "
                "Tokens that come to this list later are left alone."
            }
        }
        @if run.last.is_some() {
            p.note { "The list has more tokens than one action counts. You are asked about the next ones afterwards." }
        }
        @if changing < run.total {
            p.soft { "These are the first " (changing) " of the " (count(run.total)) " that would be " (done) "." }
        } @else if listed < run.total + run.same + run.failed {
            p.soft {
                @if changing > 0 { "These are the " (count(changing)) " that would be " (done) ", and then the first " (listed - changing) " others." }
                @else { "These are the first " (listed) " of them." }
            }
        }
    }
}

/// Says that the own tokens of members are left out.
fn left_out((own, is_yours): (usize, bool)) -> Markup {
    html! {
        @match (own, is_yours) {
            (0, _) => {}
            (1, true) => p { "1 token of a member is left out: your own." },
            (1, false) => p { "1 token of a member is left out." },
            _ => p { (count(own)) " of members themselves are left out" @if is_yours { ", yours among them" } "." },
        }
    }
}

/// The hidden fields of a step: the list, the action, and how far it is.
pub fn fields(asked: &Acting, run: &Run) -> Markup {
    html! {
        input type="hidden" name="action" value=(asked.action.word());
        input type="hidden" name="all" value="1";
        @for (name, value) in asked.list.fields() { input type="hidden" name=(name) value=(value); }
        @for (name, value) in run.fields() { input type="hidden" name=(name) value=(value); }
    }
}

/// Says what could not be done.
pub fn failed(viewer: &ConsoleMember, asked: &Acting) -> Markup {
    let (_, done) = names(asked.action);
    let content = html! {
        h1 { (count(asked.acted.failed + asked.left)) " not " (done) }
        p { (sentence(asked.action, asked.acted.changed)) }
        @if asked.left > 0 { p.note.warn { "There was no time for " (count(asked.left)) ". Select them again." } }
        (outcomes(viewer, asked, &format!("Is {done}"), &format!("Was {done} already")))
        div.actions {
            a.button href=(asked.leads_back(viewer)) { "Back to the tokens" }
        }
    };
    frame(viewer, Tab::Tokens, "Some tokens are unchanged", &content)
}

/// The address that asks for the tokens of a list that were not counted.
pub fn next_href(viewer: &ConsoleMember, asked: &Acting, next: &str) -> String {
    let at = format!("/console/projects/{}/tokens/actions", viewer.project.id);
    let asks = asked.list.page_href(&at, "action", asked.action.word());
    viewer.carried(&format!("{asks}&all=1&after={next}"))
}

const fn consequence(action: Action) -> &'static str {
    match action {
        Action::Disable => "No copy of them works until you enable them again. Pending shares are paused.",
        Action::Enable => "All of their copies work again.",
        Action::Delete => {
            "All of their copies and pending shares end immediately. Their history is kept for six months."
        }
    }
}

/// The tokens, and what becomes of each.
pub fn outcomes(viewer: &ConsoleMember, asked: &Acting, changed: &str, unchanged: &str) -> Markup {
    html! {
        @if !asked.acted.outcomes.is_empty() {
            div.list { table.rows.tokens role="table" {
                thead role="rowgroup" {
                    tr role="row" {
                        @for name in ["Token", "Last used", "Outcome"] {
                            th role="columnheader" scope="col" { (name) }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for on in &asked.acted.outcomes {
                        tr role="row" {
                            td.what role="cell" {
                                a href=(viewer.token_href(on.id)) {
                                    (named(&on.description, "(no description)"))
                                }
                                @if let Some(token) = &on.token { " " (status(token, asked.now)) }
                                div.small.soft { "ID " (on.id) }
                            }
                            td role="cell" data-label="Last used" {
                                @if let Some(token) = &on.token { (last_used(token, asked.now)) }
                            }
                            td role="cell" data-label="Outcome" {
                                @match &on.outcome {
                                    Ok(true) => (changed),
                                    Ok(false) => span.soft { (unchanged) },
                                    Err(error) => span.problem { (problem(error).message) },
                                }
                            }
                        }
                    }
                }
            } }
        }
    }
}
