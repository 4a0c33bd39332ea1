//! Bodies, queries and answers of endpoints, for the API description.

use jeton_api::schema;
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// The bodies, query and answers of an endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The body.
    pub takes: Option<SchemaOf>,
    /// The body as a form, if it differs.
    pub form: Option<SchemaOf>,
    /// The query.
    pub query: Option<SchemaOf>,
    /// The filter, whose fields are parameters of the query, too.
    pub filter: Option<SchemaOf>,
    /// The success statuses with their answers.
    pub answers: [Option<(u16, Content)>; 2],
    /// The additional error statuses, besides those of its credential, body and query.
    pub errors: &'static [u16],
}

impl Shape {
    /// A shape without a body and answers.
    pub(super) const NONE: Self =
        Self { takes: None, form: None, query: None, filter: None, answers: [None; 2], errors: &[] };
}

/// The content of an answer.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// No content.
    Empty,
    /// A JSON value of this schema.
    Json(SchemaOf),
    /// A JSON array of values of this schema.
    JsonArray(SchemaOf),
    /// A JSON object without a fixed schema.
    JsonObject,
    /// A file that is not JSON.
    Other(&'static str),
    /// A file of one of several media types.
    Either(&'static [&'static str]),
}

/// A reference to a schema.
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

    /// The name in the API description.
    pub(super) fn name(self) -> String {
        (self.name)()
    }

    /// The schema, without referenced ones, and with the rules that types cannot express.
    pub(super) fn described(self) -> Value {
        with_rules(&self.name(), (self.schema)())
    }

    /// The schema and all referenced ones, by name.
    pub(super) fn with_inner(self) -> Vec<(String, Value)> {
        let mut found = vec![(self.name(), (self.schema)())];
        (self.inner)(&mut found);
        found
            .into_iter()
            .map(|(name, schema)| {
                let schema = with_rules(&name, schema);
                (name, schema)
            })
            .collect()
    }
}

fn with_rules(name: &str, schema: RefOr<Schema>) -> Value {
    let mut schema = serde_json::to_value(schema).unwrap_or_default();
    schema::describe(name, &mut schema);
    schema
}

impl std::fmt::Debug for SchemaOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&(self.name)())
    }
}
