//! What the page of a call that failed for the moment offers: the same call once more.

use http::Method;

use super::session;
use crate::{http::ApiRequest, wire::form};

/// A call that its error page can send again.
#[derive(Debug, PartialEq, Eq)]
pub enum Again {
    /// A page, by its address.
    Page(String),
    /// A form: its address, and its fields as they were sent. Its idempotency key is one of them, so nothing happens twice.
    Form(String, Vec<(String, String)>),
}

/// The paths whose forms are sent again. Those of a sign-in have a secret, which is on no page.
const WITH_FORMS: [&str; 3] = ["/console/projects/", "/console/sessions", "/console/passkeys"];

impl Again {
    /// The call, if it is one of a page of the console.
    pub fn of(request: &ApiRequest) -> Option<Self> {
        let path = request.uri.path();
        let address = request.uri.path_and_query()?.as_str().to_owned();
        if request.method == Method::GET {
            return Some(Self::Page(address));
        }
        // A form from another site is not shown as the member's own.
        session::require_same_origin(request).ok()?;
        WITH_FORMS
            .iter()
            .any(|start| path.starts_with(start))
            .then(|| Self::Form(address, fields(&request.body)))
    }
}

/// The names and values of a form, in their order.
fn fields(body: &[u8]) -> Vec<(String, String)> {
    form::entered(&String::from_utf8_lossy(body)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_form_are_as_they_were_sent() {
        let sent = fields(b"form=1%2b&tokens%5B%5D=5&tokens%5B%5D=6&message=%C5%99+%3C&empty=&no");
        let expected =
            [("form", "1+"), ("tokens[]", "5"), ("tokens[]", "6"), ("message", "ř <"), ("empty", "")];
        assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
