//! Forms with PHP-style keys, and queries.

use bolero::check;
use http::{HeaderMap, header};
use jeton_api::{event::ListEvents, settings::CreateToken};
use jeton_service::wire::form;

use crate::text;

#[test]
fn form_bodies() {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
    check!().for_each(|bytes: &[u8]| {
        let fields = form::read_fields(&headers, bytes);
        // What is a form is also some body of an endpoint, or refused.
        if fields.is_ok() {
            let _ = form::read_body::<CreateToken>(&headers, bytes);
        }
    });
}

#[test]
fn queries_of_paths() {
    check!().for_each(|bytes: &[u8]| {
        let _ = form::read_query::<ListEvents>(&text(bytes));
    });
}
