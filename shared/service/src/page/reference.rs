//! The `/docs` page: first calls, and the API description as a page.

mod errors;
mod find;
mod groups;
mod operation;
mod schema;
mod text;

use maud::{Markup, html};
use serde_json::Value;

use self::{
    errors::{errors, status_name, statuses},
    groups::{GROUPS, Group},
    operation::Operation,
    schema::{Schemas, schemas},
    text::text,
};
use super::{
    asset::Asset,
    guide::{STEPS, guide},
    layout::{self, Head},
};
use crate::{brand::Brand, endpoint::Endpoint};

/// The script of the page, which searches it.
pub static SCRIPT: Asset =
    Asset::new("/docs/-/docs.js", "text/javascript; charset=utf-8", include_str!("reference.js"));

/// Renders an `OpenAPI` 3.1 description of these endpoints, as `endpoint::openapi` makes it.
pub fn reference(brand: &Brand, endpoints: &[&'static Endpoint], document: &Value) -> Markup {
    let parts: Vec<(&Group, Vec<Operation<'_>>)> = GROUPS
        .iter()
        .map(|group| {
            let rows = group.rows(endpoints).into_iter();
            (group, rows.map(|row| Operation::of(row, document)).collect())
        })
        .collect();
    let none = Schemas::new();
    let all = document["components"]["schemas"].as_object().unwrap_or(&none);
    let address = text(&document["servers"][0]["url"]);
    let content = html! {
        nav.side aria-label="Contents" { (search()) (contents(&parts, all)) }
        article #content {
            h1 { "API reference" }
            p.lead { (text(&document["info"]["description"])) }
            p { "The same for programs: " a href="/openapi.json" { "openapi.json" } "." }
            h2 #start { "First calls" }
            (guide(address))
            @for (group, operations) in &parts {
                h2 id=(group.id) { (group.title) }
                @for operation in operations { (operation.shown(address, all)) }
            }
            (errors())
            (schemas(all))
        }
    };
    let head = Head { brand, title: "API reference", style: brand.pickup_style(), script: Some(&SCRIPT) };
    layout::reference(&head, &html! { span.mark { (brand.name) } }, &content)
}

/// The search, which the script shows.
fn search() -> Markup {
    html! {
        form #search role="search" hidden {
            label for="find" { "Search the reference" }
            input #find type="search" autocomplete="off" spellcheck="false" placeholder="A call, a field, an error, …";
            p.small.soft #found role="status" {}
        }
        ul #results hidden {}
    }
}

/// The contents: calls by their names, errors and schemas.
fn contents(parts: &[(&Group, Vec<Operation<'_>>)], schemas: &Schemas) -> Markup {
    let entry = |id: &str, title: &str| html! { li { a href={ "#" (id) } { (title) } } };
    let steps = html! { @for step in &STEPS { (entry(step.id, step.title)) } };
    let statuses = html! {
        @for status in statuses() { (entry(&format!("errors-{}", status.as_u16()), &status_name(status))) }
    };
    let schemas = html! { @for name in schemas.keys() { (entry(&format!("schema-{name}"), name)) } };
    html! {
        ul #contents {
            (part("First calls", true, &steps))
            @for (group, operations) in parts {
                (part(group.title, true, &html! { @for one in operations { (entry(one.id(), one.name())) } }))
            }
            (part("Errors", true, &statuses))
            (part("Schemas", false, &schemas))
        }
    }
}

/// A part of the contents. The script closes all of them where the contents are above the page and not beside it.
fn part(title: &str, open: bool, entries: &Markup) -> Markup {
    html! { li { details open[open] { summary { (title) } ul { (entries) } } } }
}
