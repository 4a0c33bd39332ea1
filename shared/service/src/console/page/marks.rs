//! What is wrong with the fields of a form, as its page marks it: at the field, for screen readers, and with the focus.

use maud::{Markup, html};

use crate::console::problems::Problems;

/// The marks of a form.
#[derive(Debug, Clone, Copy)]
pub struct Marks<'a> {
    problems: &'a Problems,
    first: Option<&'a str>,
}

impl<'a> Marks<'a> {
    /// Of a form whose fields are in this order on the page.
    pub fn new(problems: &'a Problems, order: &[&'a str]) -> Self {
        let first = order.iter().copied().find(|name| problems.field(name).is_some());
        Self { problems, first }
    }

    /// The error of a field.
    pub fn problem(self, name: &str) -> Markup {
        html! {
            @if let Some(message) = self.problems.field(name) { p.problem id={ (name) "-problem" } { (message) } }
        }
    }

    /// Whether a field is marked as invalid.
    pub fn invalid(self, name: &str) -> Option<&'static str> {
        self.problems.field(name).map(|_| "true")
    }

    /// The ids of the error and the hint of a field.
    pub fn described(self, name: &str, hint: Option<&str>) -> Option<String> {
        let problem = self.problems.field(name).map(|_| format!("{name}-problem"));
        let ids: Vec<_> = problem.into_iter().chain(hint.map(str::to_owned)).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    /// Whether a field has the focus at first: the first one with an error.
    pub fn focus(self, name: &str) -> bool {
        self.first == Some(name)
    }
}
