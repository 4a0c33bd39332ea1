//! The fields of a token, which the forms of a new one, of an edit and of a dry run share.

use jeton_core::{
    permission::{BucketId, Capabilities, Capability, ComponentId, capability::Control},
    token::Identity,
};
use maud::{Markup, html};

use super::marks::Marks;
use crate::{
    console::{problems::Problems, token_form::TokenForm},
    page::words,
};

/// A list of ids: its field, its label, an example, and the suggestions for it.
#[derive(Debug)]
pub struct List {
    /// The field.
    pub name: &'static str,
    label: &'static str,
    example: &'static str,
    seen: &'static str,
    pattern: &'static str,
}

/// The lists of ids.
pub static LISTS: [List; 3] = [
    List {
        name: "read",
        label: "Read access",
        example: "in.c-main",
        seen: SEEN_BUCKETS,
        pattern: BucketId::PATTERN,
    },
    List {
        name: "write",
        label: "Write access (includes read)",
        example: "out.c-reports",
        seen: SEEN_BUCKETS,
        pattern: BucketId::PATTERN,
    },
    List {
        name: "components",
        label: "Components to run",
        example: "keboola.ex-db-mysql",
        seen: SEEN_COMPONENTS,
        pattern: ComponentId::PATTERN,
    },
];

/// The ids of the elements with suggestions.
pub const SEEN_BUCKETS: &str = "seen-buckets";
/// As [`SEEN_BUCKETS`].
pub const SEEN_COMPONENTS: &str = "seen-components";

/// A form as it is shown: what was entered, and what is wrong with it.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    /// The entered fields.
    pub form: &'a TokenForm,
    /// What is wrong with it.
    pub marks: Marks<'a>,
}

impl<'a> Fields<'a> {
    /// A form whose fields are in this order on the page.
    pub fn new(form: &'a TokenForm, problems: &'a Problems, order: &[&'a str]) -> Self {
        Self { form, marks: Marks::new(problems, order) }
    }

    /// The fields of an edit.
    pub fn edit(self, full: bool) -> Markup {
        html! {
            (self.description())
            (self.rights(full))
        }
    }

    /// The fields of the rights of an existing token.
    pub fn rights(self, full: bool) -> Markup {
        html! {
            @if full {
                p.note { "It has access to all buckets and components. This cannot be changed." }
            } @else {
                div.scope { @for list in &LISTS { (self.list(list)) } }
            }
            (self.choices(Capabilities::EDITABLE))
            (self.boxes(Capabilities::EDITABLE))
        }
    }

    /// The description.
    pub fn description(self) -> Markup {
        let value = self.form.description.as_deref().unwrap_or_default();
        html! {
            div.field {
                label for="description" { "Description " span.soft { "of what it is for" } }
                input #description name="description" maxlength="255" value=(value) autocomplete="off"
                    aria-invalid=[self.marks.invalid("description")] aria-describedby=[self.marks.described("description", None)]
                    autofocus[self.marks.focus("description")];
                (self.marks.problem("description"))
            }
        }
    }

    /// A list of ids. The script shows it as chips, with suggestions.
    pub fn list(self, list: &List) -> Markup {
        let List { name, label, example, seen, pattern } = *list;
        let hint = format!("{name}-hint");
        html! {
            div.field {
                label for=(name) { (label) }
                textarea id=(name) name=(name) rows="3" spellcheck="false" autocapitalize="none" data-picker=(example)
                    data-seen=(seen) data-pattern=(pattern) aria-invalid=[self.marks.invalid(name)] aria-describedby=[self.marks.described(name, Some(&hint))]
                    autofocus[self.marks.focus(name)] {
                    (self.form.list(name))
                }
                (self.marks.problem(name))
                p.hint id=(hint) { "Ids such as " code { (example) } "." span.how { " One per line." } }
            }
        }
    }

    /// The radio buttons of these capabilities.
    pub fn choices(self, these: Capabilities) -> Markup {
        let granted = self.form.capabilities;
        html! {
            @for row in these.rows() {
                @if let Control::Choice { field, legend, without, with } = row.control {
                    fieldset {
                        legend { (legend) }
                        label {
                            input type="radio" name=(field) value=(without.0) checked[!granted.contains(row.capability)];
                            " " (without.1)
                        }
                        label {
                            input type="radio" name=(field) value=(with.0) checked[granted.contains(row.capability)]
                                data-phrases=(words::phrases_of(row).collect::<Vec<_>>().join("|").to_lowercase())
                                data-all[row.capability == Capability::ManageBuckets];
                            " " (with.1)
                        }
                        @if !row.editable { p.hint { "This choice cannot be changed later." } }
                    }
                }
            }
        }
    }

    /// The checkboxes of these capabilities.
    pub fn boxes(self, these: Capabilities) -> Markup {
        html! {
            fieldset {
                legend { "Additional rights" }
                @for row in these.rows() {
                    @if let Control::Checkbox { field, label } = row.control {
                        label {
                            input type="checkbox" name=(field) value="1"
                                checked[self.form.capabilities.contains(row.capability)]
                                data-phrases=(words::phrases_of(row).collect::<Vec<_>>().join("|").to_lowercase());
                            " " (label)
                        }
                    }
                }
            }
        }
    }
}

/// What an edit can change, as the overview of a token shows it.
pub fn facts(identity: &Identity) -> Markup {
    html! {
        dt { "It may" }
        dd {
            @let may = words::may(identity);
            @if words::is_long(&may) { p { strong { (words::few(identity)) } } }
            (words::list(&may))
        }
    }
}

/// The error above a form.
pub fn problem_note(problem: Option<&str>) -> Markup {
    html! { @if let Some(problem) = problem { p.note.bad role="alert" { (problem) } } }
}

/// The errors of a form above it, with links to their fields.
pub fn problem_list(problems: &Problems, nothing: &str) -> Markup {
    html! {
        @if problems.fields.is_empty() {
            (problem_note(problems.whole.as_deref()))
        } @else {
            div.note.bad role="alert" {
                p { strong { (nothing) } }
                ul {
                    @if let Some(problem) = &problems.whole { li { (problem) } }
                    @for (field, problem) in &problems.fields { li { a href={ "#" (field) } { (problem) } } }
                }
            }
        }
    }
}
