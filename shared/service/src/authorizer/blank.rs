//! The question of a rule, with placeholders for path parameters.

use super::template::Template;
use jeton_api::question::QuestionBody;

/// A question with placeholders.
#[derive(Debug, Default)]
pub struct Blank {
    operation: String,
    bucket: Option<(Subject, String)>,
    component: Option<Subject>,
    capability: Option<String>,
}

#[derive(Debug)]
enum Subject {
    Literal(String),
    /// A segment of the path.
    Parameter(usize),
}

impl Blank {
    /// Parses `write on bucket and run component as storage.tableImported`. Errors: a message for the author of the rules.
    pub fn parse(method: &str, template: &Template, words: &[&str]) -> Result<Self, String> {
        let mut blank = Self { operation: format!("{method}:{}", template.text), ..Self::default() };
        let mut rest = words;
        loop {
            let twice;
            (rest, twice) = match rest {
                [access @ ("read" | "write" | "manage"), "on", bucket, rest @ ..] => {
                    let bucket = Subject::new(template, bucket);
                    (rest, blank.bucket.replace((bucket, (*access).to_owned())).is_some())
                }
                ["run", component, rest @ ..] => {
                    (rest, blank.component.replace(Subject::new(template, component)).is_some())
                }
                ["read" | "write" | "manage" | "run" | "authenticate-only" | "and" | "as" | "on", ..]
                | [] => {
                    return Err(
                        "a question reads `write on bucket`, `run component`, or names a capability, \
                                and may join them by `and`"
                            .to_owned(),
                    );
                }
                [capability, rest @ ..] => {
                    (rest, blank.capability.replace((*capability).to_owned()).is_some())
                }
            };
            if twice {
                return Err("a question may ask for one bucket, one component and one capability".to_owned());
            }
            match rest {
                [] => break,
                ["and", more @ ..] => rest = more,
                ["as", operation] => {
                    (*operation).clone_into(&mut blank.operation);
                    break;
                }
                [word, ..] => {
                    return Err(format!("unexpected `{word}`: `and`, or `as` and a name, may follow"));
                }
            }
        }
        blank.check()?;
        Ok(blank)
    }

    /// Fills in valid names, to check the rest of the question.
    fn check(&self) -> Result<(), String> {
        let mut body = self.filled(&[]);
        if matches!(self.bucket, Some((Subject::Parameter(_), _))) {
            body.bucket = Some("in.c-main".to_owned());
        }
        if matches!(self.component, Some(Subject::Parameter(_))) {
            body.component = Some("component".to_owned());
        }
        match body.question() {
            Ok(_) => Ok(()),
            Err(jeton_core::Error::BadField { message, .. }) => Err(message),
            Err(other) => Err(other.to_string()),
        }
    }

    /// The question with the parameters of a path.
    pub fn filled(&self, path: &[String]) -> QuestionBody {
        // An empty value would count as not asked, so a missing parameter becomes an invalid name.
        let fill = |subject: &Subject| match subject {
            Subject::Literal(name) => name.clone(),
            Subject::Parameter(at) => {
                path.get(*at).filter(|name| !name.is_empty()).map_or("?", |name| name).to_owned()
            }
        };
        QuestionBody {
            operation: Some(self.operation.clone()),
            bucket: self.bucket.as_ref().map(|(bucket, _)| fill(bucket)),
            access: self.bucket.as_ref().map(|(_, access)| access.clone()),
            component: self.component.as_ref().map(fill),
            capability: self.capability.clone(),
            ..QuestionBody::default()
        }
    }
}

impl Subject {
    fn new(template: &Template, word: &str) -> Self {
        template.parameter(word).map_or_else(|| Self::Literal(word.to_owned()), Self::Parameter)
    }
}
