//! What endpoints take and answer, for the API description.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// What an endpoint takes and answers, for the API description.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The body it takes.
    pub takes: Option<SchemaOf>,
    /// The body it takes as a form, where that is another one.
    pub form: Option<SchemaOf>,
    /// The query it takes.
    pub query: Option<SchemaOf>,
    /// The statuses of success, each with what is answered.
    pub answers: [Option<(u16, Content)>; 2],
    /// The errors that are particular to it, beside those of its credential, its body and its query.
    pub errors: &'static [u16],
}

impl Shape {
    /// Takes nothing, and answers nothing yet.
    pub(super) const NONE: Self =
        Self { takes: None, form: None, query: None, answers: [None; 2], errors: &[] };
}

/// What an answer holds.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// Nothing.
    Empty,
    /// A JSON value of this schema.
    Json(SchemaOf),
    /// A JSON array of values of this schema.
    JsonArray(SchemaOf),
    /// A JSON object of no fixed schema.
    JsonObject,
    /// Something that is no JSON.
    Other(&'static str),
}

/// A schema that the table refers to.
#[derive(Clone, Copy)]
pub struct SchemaOf {
    name: fn() -> String,
    schema: fn() -> RefOr<Schema>,
    inner: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl SchemaOf {
    /// The schema of a type.
    pub const fn of<T: ToSchema>() -> Self {
        Self {
            name: || T::name().into_owned(),
            schema: <T as PartialSchema>::schema,
            inner: <T as ToSchema>::schemas,
        }
    }

    /// Its name in the API description.
    pub(super) fn name(self) -> String {
        (self.name)()
    }

    /// The schema, without those it refers to.
    pub(super) fn schema(self) -> RefOr<Schema> {
        (self.schema)()
    }

    /// It and the schemas it refers to, by name.
    pub(super) fn with_inner(self) -> Vec<(String, RefOr<Schema>)> {
        let mut found = vec![(self.name(), self.schema())];
        (self.inner)(&mut found);
        found
    }
}

impl std::fmt::Debug for SchemaOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&(self.name)())
    }
}
