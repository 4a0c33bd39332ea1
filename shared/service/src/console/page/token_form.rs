//! The form of a new token, and the fields that it shares with the edit form.

use jeton_core::{
    permission::{Access, Capabilities, Capability, ComponentId, Permissions, capability::Control},
    token::{Editable, Identity},
};
use maud::{Markup, html};

use super::{Tab, csrf_field_once, frame};
use crate::{console::session::ConsoleMember, console::wire::TokenForm, page::words};

/// The form of a new token, with an optional error.
pub fn new(viewer: &ConsoleMember, form: &TokenForm, problem: Option<&str>) -> Markup {
    let at = format!("/console/projects/{}/tokens", viewer.project.id);
    let chosen = form.expires.as_deref().unwrap_or("never");
    let ends = [
        ("never", "Never"),
        ("hour", "In 1 hour"),
        ("day", "In 1 day"),
        ("week", "In 1 week"),
        ("month", "In 1 month (30 days)"),
        ("date", "On a date"),
    ];
    let for_good = Capabilities::ALL.difference(Capabilities::EDITABLE);
    let content = html! {
        h1 { "New token" }
        p.lead { "Grant only the rights that are needed. You can change them later, and every use is recorded." }
        (problem_note(problem))
        form.stacked method="post" action=(at) {
            (csrf_field_once(&viewer.signed_in))
            (description(form.description.as_deref().unwrap_or_default()))
            div.field {
                label for="expires" { "Expires" }
                select #expires name="expires" {
                    @for (value, name) in ends {
                        option value=(value) selected[chosen == value] { (name) }
                    }
                }
                div #until-day {
                    label.after for="until" { "Expiry date " span.soft { "(UTC)" } }
                    input #until name="until" type="date" value=(form.until.as_deref().unwrap_or_default());
                }
                p.hint { "A master token can change it later, through the API." }
            }
            (choices(for_good, form.capabilities))
            (scope(
                form.read.as_deref().unwrap_or_default(),
                form.write.as_deref().unwrap_or_default(),
                form.components.as_deref().unwrap_or_default(),
            ))
            (choices(Capabilities::EDITABLE, form.capabilities))
            (boxes(Capabilities::ALL, form.capabilities))
            div.actions {
                button.primary type="submit" { "Create the token" }
                a.button href=(at) { "Cancel" }
            }
        }
    };
    frame(viewer, Tab::Tokens, "New token", &content)
}

/// The fields of an edit.
pub fn edit(token: &Editable) -> Markup {
    html! {
        (description(&token.description))
        (rights(&token.permissions))
    }
}

/// What an edit can change, as the overview of a token shows it.
pub fn facts(identity: &Identity) -> Markup {
    html! {
        dt { "It may" } dd { ul { @for sentence in words::may(&identity.permissions) { li { (sentence) } } } }
    }
}

/// The fields of its rights.
pub fn rights(rights: &Permissions) -> Markup {
    let of = |access: Access| {
        let ids = rights.buckets.iter().filter(|(_, has)| **has == access).map(|(bucket, _)| bucket.as_str());
        ids.collect::<Vec<_>>().join("\n")
    };
    let components: Vec<_> = rights.components.iter().map(ComponentId::as_str).collect();
    html! {
        @if rights.has(Capability::ManageBuckets) {
            p.note { "It has access to all buckets and components. This cannot be changed." }
        } @else {
            (scope(&of(Access::Read), &of(Access::Write), &components.join("\n")))
        }
        (choices(Capabilities::EDITABLE, rights.capabilities))
        (boxes(Capabilities::EDITABLE, rights.capabilities))
    }
}

/// The description field.
fn description(value: &str) -> Markup {
    html! {
        div.field {
            label for="description" { "Description " span.soft { "of what it is for" } }
            input #description name="description" maxlength="255" value=(value) autocomplete="off";
        }
    }
}

/// The error above a form.
pub fn problem_note(problem: Option<&str>) -> Markup {
    html! { @if let Some(problem) = problem { p.note.bad role="alert" { (problem) } } }
}

fn scope(read: &str, write: &str, components: &str) -> Markup {
    html! {
        div.scope {
            (picker("read", "Read access", read, "in.c-main"))
            (picker("write", "Write access (includes read)", write, "out.c-reports"))
            (picker("components", "Components to run", components, "keboola.ex-db-mysql"))
        }
    }
}

/// A list of ids. The script shows it as chips.
fn picker(name: &str, label: &str, value: &str, example: &str) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            textarea id=(name) name=(name) rows="3" spellcheck="false" autocapitalize="none" data-picker=(example) {
                (value)
            }
            p.hint { "Ids such as " code { (example) } "." span.how { " One per line." } }
        }
    }
}

/// The radio buttons of these capabilities.
fn choices(these: Capabilities, granted: Capabilities) -> Markup {
    html! {
        @for row in these.rows() {
            @if let Control::Choice { field, legend, without, with } = row.control {
                fieldset {
                    legend { (legend) }
                    (radio(field, without, !granted.contains(row.capability)))
                    (radio(field, with, granted.contains(row.capability)))
                    @if !row.editable { p.hint { "This choice cannot be changed later." } }
                }
            }
        }
    }
}

/// The checkboxes of these capabilities.
fn boxes(these: Capabilities, granted: Capabilities) -> Markup {
    html! {
        fieldset {
            legend { "Additional rights" }
            @for row in these.rows() {
                @if let Control::Checkbox { field, label } = row.control {
                    label {
                        input type="checkbox" name=(field) value="1" checked[granted.contains(row.capability)];
                        " " (label)
                    }
                }
            }
        }
    }
}

fn radio(name: &str, (value, label): (&str, &str), checked: bool) -> Markup {
    html! { label { input type="radio" name=(name) value=(value) checked[checked]; " " (label) } }
}
