//! Rights in the address of a page: those that are tried against the history of a token, and those that a form proposes.

use jeton_core::{
    Error,
    permission::{Capability, Permissions, capability::Control},
    token::Token,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::token_form::TokenForm;
use crate::{console::wire::UsageQuery, http::ApiRequest};

/// The field that says that an address has rights, also if it has none of them.
pub const TRIED: &str = "tried";

/// What a form of rights leads to, other than a dry run: the form of an edit, or of a new token.
pub const SAVE: &str = "save";
/// As [`SAVE`].
pub const CREATE: &str = "create";

/// The field of a button that tries the rights in another range than the form says.
pub const ANOTHER_RANGE: &str = "another";

/// The longest query with rights: gateways take addresses of some ten kilobytes.
const LONGEST: usize = 6000;

/// What is encoded in a query: not the characters of ids.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// The rights in the address of a request, if it has any.
pub fn in_address(request: &ApiRequest) -> Result<Option<TokenForm>, Error> {
    let UsageQuery { tried, .. } = request.query()?;
    if tried.is_none_or(|tried| tried.is_empty()) {
        return Ok(None);
    }
    request.query().map(Some)
}

/// The rights that an edit would leave. Errors: of the form.
pub fn after_edit(token: &Token, form: &TokenForm) -> Result<Permissions, Error> {
    let rights = &token.identity.permissions;
    form.update(&token.identity).update(rights)?.rights_after(rights)
}

/// The query with these rights; `None` if it is too long for an address.
pub fn query(form: &TokenForm) -> Option<String> {
    let fields = fields(form);
    let pairs: Vec<_> = [(TRIED, "1".to_owned())]
        .into_iter()
        .chain(fields)
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(&value, ENCODED)))
        .collect();
    let query = pairs.join("&");
    (query.len() <= LONGEST).then_some(query)
}

/// The fields of a form with these rights.
pub fn fields(form: &TokenForm) -> Vec<(&'static str, String)> {
    let lists = ["read", "write", "components"].map(|name| (name, form.list(name).trim().replace('\r', "")));
    let capabilities = Capability::rows().filter_map(|row| {
        let granted = form.capabilities.contains(row.capability);
        match row.control {
            Control::Choice { field, with, .. } if granted => Some((field, with.0.to_owned())),
            Control::Checkbox { field, .. } if granted => Some((field, "1".to_owned())),
            _ => None,
        }
    });
    lists.into_iter().filter(|(_, value)| !value.is_empty()).chain(capabilities).collect()
}

#[cfg(test)]
mod tests {
    use jeton_core::{
        permission::{Access, BucketId, Capabilities, ComponentId},
        token::Editable,
    };

    use super::*;
    use crate::wire::form::read_query;

    #[test]
    fn rights_that_were_put_into_an_address_are_read_from_it() {
        let mut permissions = Permissions {
            capabilities: Capabilities::EDITABLE.with(Capability::ManageBuckets),
            ..Permissions::default()
        };
        for (id, access) in [("in.c-a", Access::Read), ("in.c-b", Access::Read), ("out.c_c", Access::Write)] {
            permissions.buckets.insert(BucketId::parse(id).unwrap(), access);
        }
        permissions.components.insert(ComponentId::parse("keboola.ex-db").unwrap());
        for permissions in [Permissions::default(), permissions] {
            let form = TokenForm::of(&Editable { permissions, description: String::new() });
            let query = query(&form).unwrap();
            let read: TokenForm = read_query(&query).unwrap();
            assert_eq!(fields(&read), fields(&form), "{query}");
            assert_eq!(read.capabilities, form.capabilities);
        }
    }

    #[test]
    fn rights_that_are_too_long_for_an_address_have_none() {
        let ids: Vec<_> = (0..1000).map(|n| format!("in.c-{n}")).collect();
        assert_eq!(query(&TokenForm { read: Some(ids.join("\n")), ..TokenForm::default() }), None);
    }
}
