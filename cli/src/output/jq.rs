//! Filters of `--jq`.

use jaq_core::{
    Compiler, Ctx, Vars, data,
    load::{Arena, File, Loader},
};
use jaq_json::{Val, read};

/// A filter in the language of jq, ready to run.
pub struct Filter(jaq_core::Filter<data::JustLut<Val>>);

/// Why a filter stopped. Its own error quotes values of the answer, which may be secret, and this is printed where logs are made.
const FAILED: &str = "it does not fit the answer, whose values are not shown here";

/// A result of a filter.
pub enum Found {
    /// A text, which is printed as it is.
    Text(String),
    /// Any other value, as JSON.
    Json(String),
}

impl Filter {
    /// Compiles a filter. The error says which part is wrong.
    pub fn compile(text: &str) -> Result<Self, String> {
        let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let file = File { code: text, path: () };
        let modules = Loader::new(definitions).load(&arena, file).map_err(|errors| match errors.first() {
            Some((_, jaq_core::load::Error::Parse(errors))) => match errors.first() {
                Some((expected, found)) if !found.is_empty() => {
                    format!("expected {} before `{found}`", expected.as_str())
                }
                Some((expected, _)) => format!("expected {} at the end", expected.as_str()),
                None => "it cannot be parsed".to_owned(),
            },
            _ => "it cannot be parsed".to_owned(),
        })?;
        let filter = Compiler::default().with_funs(functions).compile(modules);
        filter.map(Self).map_err(|errors| {
            let unknown = errors.first().and_then(|(_, errors)| errors.first());
            unknown.map_or_else(
                || "it cannot be compiled".to_owned(),
                |(name, what)| format!("unknown {} `{name}`", what.as_str()),
            )
        })
    }

    /// Runs the filter on a JSON text, until it fails.
    pub fn run(&self, json: &str) -> impl Iterator<Item = Result<Found, String>> {
        let input = read::parse_single(json.as_bytes());
        let (input, failed) = match input {
            Ok(input) => (Some(input), None),
            Err(_) => (None, Some(Err("the answer is not JSON".to_owned()))),
        };
        let found = input.into_iter().flat_map(move |input| {
            let context = Ctx::<data::JustLut<Val>>::new(&self.0.lut, Vars::new([]));
            self.0.id.run((context, input))
        });
        let found = found.map(|value| match value {
            Ok(Val::TStr(text)) => Ok(Found::Text(String::from_utf8_lossy(&text).into_owned())),
            Ok(value) => Ok(Found::Json(value.to_string())),
            Err(end) => Err(end.get_err().map_or("it was halted", |_| FAILED).to_owned()),
        });
        failed.into_iter().chain(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(filter: &str, json: &str) -> Vec<String> {
        let filter = Filter::compile(filter).unwrap();
        let found = filter.run(json).map(|found| match found {
            Ok(Found::Text(text)) => text,
            Ok(Found::Json(json)) => format!("json {json}"),
            Err(error) => format!("error {error}"),
        });
        found.collect()
    }

    #[test]
    fn texts_come_as_they_are_and_other_values_as_json() {
        let json = r#"[{"id":"1","n":5},{"id":"2","n":[null]}]"#;
        assert_eq!(run(".[].id", json), ["1", "2"]);
        assert_eq!(run(".[].n", json), ["json 5", "json [null]"]);
        assert_eq!(run("map(select(.id == \"2\")) | length", json), ["json 1"]);
        assert_eq!(run(".[] | [.id, .n] | @json", json)[0], "[\"1\",5]");
        assert_eq!(run("[.[].id | test(\"1\")]", json), ["json [true,false]"]);
        assert_eq!(run("empty", json), Vec::<String>::new());
    }

    #[test]
    fn a_mistake_is_told_where_it_is() {
        let wrong = |filter| Filter::compile(filter).err().unwrap();
        assert_eq!(wrong(".id | nonesuch"), "unknown filter `nonesuch`");
        assert_eq!(wrong("$x"), "unknown variable `$x`");
        for filter in ["", ".[", "|", ")"] {
            assert!(!wrong(filter).is_empty(), "{filter}");
        }
    }

    #[test]
    fn a_failure_on_an_answer_quotes_nothing_of_it() {
        let json = r#"{"token":"5-6-secret","list":["secret"]}"#;
        for text in [".token.x", ".token|fromjson", ".token|error", ".list.x", "error"] {
            let filter = Filter::compile(text).unwrap();
            let failed = filter.run(json).find_map(Result::err);
            assert_eq!(failed.as_deref(), Some(FAILED), "{text}");
        }
        assert_eq!(run(".", "{")[0], "error the answer is not JSON");
    }
}
