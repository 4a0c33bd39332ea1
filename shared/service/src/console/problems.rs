//! What is wrong with a form, by field.

use jeton_core::Error;

use crate::http::problem;

/// The errors of a form: each at its field, and one of the whole form.
#[derive(Debug, Default)]
pub struct Problems {
    /// The error that no field has.
    pub whole: Option<String>,
    /// The fields with an error, and their errors, in the order in which they were found.
    pub fields: Vec<(&'static str, String)>,
}

/// The fields of a form that can have an error, in their order on the page, with the fields of the API that they fill and their labels.
pub type FormFields = [(&'static str, &'static str, &'static str)];

/// Those of a token.
pub const OF_TOKEN: &FormFields = &[
    ("description", "description", "Description"),
    ("expires", "expiresIn", "Expires"),
    ("until", "until", "Expiry date"),
];

/// Those of an invitation.
pub const OF_INVITATION: &FormFields =
    &[("email", "email", "Email address"), ("name", "name", "Name"), ("role", "role", "Role")];

/// Those of a share.
pub const OF_SHARE: &FormFields = &[
    ("recipient", "recipientEmail", "Their email address"),
    ("message", "message", "Message"),
    ("open", "expiresIn", "Open"),
];

/// Those of a search for events.
pub const OF_SEARCH: &FormFields = &[("q", "q", "Search"), ("from", "from", "From"), ("to", "to", "Before")];

impl Problems {
    /// An error of the whole form.
    pub fn whole(message: &str) -> Self {
        Self { whole: Some(message.to_owned()), fields: Vec::new() }
    }

    /// An error of one field.
    pub fn at(field: &'static str, message: &str) -> Self {
        Self { whole: None, fields: vec![(field, message.to_owned())] }
    }

    /// The error of an operation that names this field of the API, in a form with these fields.
    pub fn of(fields: &FormFields, named: &str, message: &str) -> Self {
        let field = fields.iter().find(|(field, filled, _)| *field == named || *filled == named);
        field.map_or_else(|| Self::whole(message), |(field, ..)| Self::at(field, &labelled(fields, message)))
    }

    /// Adds an error at a field, unless it has one.
    pub fn add(&mut self, field: &'static str, error: impl Into<Error>) {
        if self.field(field).is_none() {
            self.fields.push((field, as_sentence(&problem(&error.into()).message)));
        }
    }

    /// The same, with messages of the API as sentences.
    #[must_use]
    pub fn as_sentences(self) -> Self {
        let fields = self.fields.into_iter().map(|(field, message)| (field, as_sentence(&message)));
        Self { whole: self.whole.as_deref().map(as_sentence), fields: fields.collect() }
    }

    /// The error of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, message)| message.as_str())
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.whole.is_none() && self.fields.is_empty()
    }
}

/// A message of the API as a sentence of a page.
pub fn as_sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if message.is_empty() || message.ends_with(['.', '?', '!', ':']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// A message of the API with labels of the page for the names of fields that it begins and ends with, and its spelling.
fn labelled(fields: &FormFields, message: &str) -> String {
    let label = |word: &str| {
        let named = fields.iter().find(|(_, filled, _)| *filled == word);
        named.map_or_else(|| word.to_owned(), |(.., label)| format!("“{label}”"))
    };
    let Some((first, rest)) = message.split_once(" must ") else { return message.to_owned() };
    let rest = if rest == "be one e-mail address" { "be one email address" } else { rest };
    let (middle, last) = rest.rsplit_once(' ').unwrap_or(("", rest));
    let space = if middle.is_empty() { "" } else { " " };
    format!("{} must {middle}{space}{}", label(first), label(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stands_at_the_field_that_it_is_about() {
        let of = |field: &str| Problems::of(OF_TOKEN, field, "wrong");
        assert_eq!(of("expiresIn").field("expires"), Some("wrong"));
        assert_eq!(of("description").field("description"), Some("wrong"));
        assert_eq!(of("bucketPermissions").whole.as_deref(), Some("wrong"));
    }

    #[test]
    fn an_error_names_the_labels_of_the_page_instead_of_the_fields_of_the_api() {
        let of =
            |fields, field: &str, message: &str| Problems::of(fields, field, message).fields[0].1.clone();
        assert_eq!(of(OF_SEARCH, "to", "to must be after from"), "“Before” must be after “From”");
        let address = of(OF_SHARE, "recipientEmail", "recipientEmail must be one e-mail address");
        assert_eq!(address, "“Their email address” must be one email address");
        for other in ["Enter from and to", "The role must rest", "to must", ""] {
            assert_eq!(of(OF_SEARCH, "to", other), other);
        }
    }

    #[test]
    fn a_message_of_the_api_is_a_sentence_of_a_page() {
        let told = Problems::of(OF_SEARCH, "to", "to must be after from").as_sentences();
        assert_eq!(told.field("to"), Some("“Before” must be after “From”."));
        let told = Problems::whole("the token has expired").as_sentences();
        assert_eq!(told.whole.as_deref(), Some("The token has expired."));
        assert_eq!(as_sentence("Try again."), "Try again.");
    }

    #[test]
    fn a_field_keeps_its_first_error() {
        let mut problems = Problems::at("read", "first");
        problems.add("read", Error::TooManyCopies);
        assert_eq!((problems.fields.len(), problems.field("read")), (1, Some("first")));
    }
}
