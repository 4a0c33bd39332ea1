//! The form that searches events, and the help for it.

use jeton_core::event::{QUERY_EXAMPLES, names::KINDS, query_fields};
use maud::{Markup, html};

use super::{back_field, marks::Marks};
use crate::{
    console::{session::ConsoleMember, wire::HistoryQuery},
    page::table::table,
};

const TYPES: [&str; 4] = ["info", "success", "warn", "error"];

/// The form.
pub fn form(viewer: &ConsoleMember, path: &str, asked: &HistoryQuery, marks: Marks) -> Markup {
    let value = |field: &Option<String>| field.clone().unwrap_or_default();
    html! {
        form.search method="get" action=(path) role="search" {
            (back_field(viewer.back.clone()))
            label.unseen for="q" { "Search" }
            input #q name="q" type="search" value=(value(&asked.q)) placeholder="Words, or a field such as runId:5"
                aria-invalid=[marks.invalid("q")] aria-describedby=[marks.described("q", None)] autofocus[marks.focus("q")];
            label.unseen for="event" { "Event" }
            input #event name="event" list="event-names" value=(value(&asked.event)) placeholder="Event, such as storage.tokenUpdated";
            datalist #event-names {
                @for kind in KINDS.iter().filter(|kind| kind.name.starts_with("storage.")) { option value=(kind.name) {} }
            }
            label.unseen for="type" { "Type" }
            select #type name="type" {
                option value="" { "Any type" }
                @for of in TYPES { option value=(of) selected[asked.r#type.as_deref() == Some(of)] { (of) } }
            }
            (moment(marks, "from", "From", &value(&asked.from)))
            (moment(marks, "to", "Before", &value(&asked.to)))
            button type="submit" { "Filter" }
            @for name in ["q", "from", "to"] { (marks.problem(name)) }
        }
    }
}

/// The field of a day. A link may have a time, which a field of a day cannot show.
fn moment(marks: Marks, name: &str, label: &str, value: &str) -> Markup {
    let is_day = value.is_empty() || value.len() == 10;
    html! {
        div.moment {
            label for=(name) { (label) " " span.soft { "(UTC)" } }
            input id=(name) name=(name) type=(if is_day { "date" } else { "text" }) value=(value)
                aria-invalid=[marks.invalid(name)] aria-describedby=[marks.described(name, None)] autofocus[marks.focus(name)];
        }
    }
}

/// The help for the search language.
pub fn help() -> Markup {
    let examples: Vec<_> = QUERY_EXAMPLES
        .iter()
        .map(|(query, finds)| vec![html! { code { (query) } }, html! { (finds) }])
        .collect();
    html! {
        details.help {
            summary { "How to search" }
            (table("Search examples", &["Search", "Finds"], &examples))
            dl.small {
                @for (name, about) in query_fields() { dt { code { (name) } } dd { (about.replace('`', "")) } }
            }
            p.small.soft {
                "Values with other characters than letters, digits, dots, hyphens, underscores and @ need quotes, "
                "within which a quote is " code { "\\\"" } " and a backslash " code { "\\\\" } ". "
                "The day in “Before” is not part of the range."
            }
        }
    }
}
