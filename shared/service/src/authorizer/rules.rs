//! The rules file: the question of each route.
//!
//! A rule is a line such as `METHOD /path/{bucket} write on bucket`. Everything is checked when the file is read, so that
//! mistakes show at the start.

use jeton_api::question::QuestionBody;
use std::cmp::Ordering;

use super::{
    blank::Blank,
    template::{Relation, Template, split},
};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The rules of a platform.
#[derive(Debug)]
pub enum Rules {
    /// `authenticate-only`: every valid token is allowed everywhere.
    None,
    /// The rules of a text, the more specific ones first. A route without a rule is denied.
    File(Vec<Rule>),
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    line: usize,
    method: &'static str,
    template: Template,
    asks: Asks,
}

/// The requirement of a request.
#[derive(Debug)]
pub enum Demand {
    /// A valid token.
    Token,
    /// The answer yes to this question.
    Answer(QuestionBody),
}

/// Why a rules file is invalid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadRules {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

#[derive(Debug)]
enum Asks {
    /// A valid token.
    Token,
    /// A question, whose ids may be path parameters.
    Question(Blank),
}

impl Rules {
    /// Parses the text of a file.
    pub fn parse(text: &str) -> Result<Self, BadRules> {
        let mut rules: Vec<Rule> = Vec::new();
        for (number, text) in (1..).zip(text.lines()) {
            let words: Vec<&str> = text.split_whitespace().collect();
            if words.first().is_none_or(|word| word.starts_with('#')) {
                continue;
            }
            let bad = |problem| BadRules { line: number, problem };
            let rule = Rule::parse(number, &words).map_err(bad)?;
            for earlier in rules.iter().filter(|earlier| earlier.method == rule.method) {
                if earlier.template.relation(&rule.template) == Relation::Ambiguous {
                    let (this, line) = (&rule.template.text, earlier.line);
                    return Err(bad(format!(
                        "`{this}` and `{}` of line {line} match the same paths, and neither is more specific",
                        earlier.template.text
                    )));
                }
            }
            // Before the first less specific rule.
            let wider =
                |known: &Rule| rule.template.relation(&known.template) == Relation::Nested(Ordering::Greater);
            let place = rules.iter().position(wider).unwrap_or(rules.len());
            rules.insert(place, rule);
        }
        Ok(Self::File(rules))
    }

    /// The requirement of a request, and the name of its route in history; `None` if there is no rule.
    pub fn demand(&self, method: &str, path: &str) -> Option<(&str, Demand)> {
        let Self::File(rules) = self else { return Some(("", Demand::Token)) };
        let path = split(path)?;
        let rule = rules.iter().find(|rule| rule.method == method && rule.template.matches(&path))?;
        let demand = match &rule.asks {
            Asks::Token => Demand::Token,
            Asks::Question(blank) => Demand::Answer(blank.filled(&path)),
        };
        Some((&rule.template.text, demand))
    }
}

impl Rule {
    fn parse(line: usize, words: &[&str]) -> Result<Self, String> {
        let [method, template, asks @ ..] = words else {
            return Err("a rule is a method, a path, and a question".to_owned());
        };
        let known = METHODS.into_iter().find(|known| known == method);
        let method = known.ok_or_else(|| format!("`{method}` must be one of {}", METHODS.join(", ")))?;
        let template = Template::parse(template)?;
        let asks = match asks {
            [] => return Err("the question is missing; write `authenticate-only` for none".to_owned()),
            ["authenticate-only"] => Asks::Token,
            asks => Asks::Question(Blank::parse(method, &template, asks)?),
        };
        Ok(Self { line, method, template, asks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Rules {
        Rules::parse(text).unwrap()
    }

    /// Operation, bucket, access, component and capability of a question.
    fn asked(rules: &Rules, method: &str, path: &str) -> Option<[String; 5]> {
        match rules.demand(method, path)?.1 {
            Demand::Token => Some(Default::default()),
            Demand::Answer(body) => Some(
                [body.operation, body.bucket, body.access, body.component, body.capability]
                    .map(Option::unwrap_or_default),
            ),
        }
    }

    #[test]
    fn a_rule_becomes_the_question_about_what_the_path_names() {
        let rules = rules(
            "# buckets\n\n  POST /b/{bucket}/t   write on bucket as storage.tableImported\n\
             GET /b/{bucket} read on bucket\nGET /b/in.own read on in.c-main\n\
             POST /jobs/{job} run job and manageBuckets and manage on out.x\nGET /me authenticate-only",
        );
        let asked = |method, path| asked(&rules, method, path);
        assert_eq!(
            asked("POST", "/b/in%2Ec-x/t").unwrap(),
            ["storage.tableImported", "in.c-x", "write", "", ""]
        );
        assert_eq!(asked("GET", "/b/in.c-x").unwrap(), ["GET:/b/{bucket}", "in.c-x", "read", "", ""]);
        assert_eq!(asked("GET", "/b/in.own").unwrap()[1], "in.c-main", "the more specific rule");
        assert_eq!(
            asked("POST", "/jobs/a.b").unwrap(),
            ["POST:/jobs/{job}", "out.x", "manage", "a.b", "manageBuckets"]
        );
        assert_eq!(asked("GET", "/me").unwrap(), <[String; 5]>::default());
        for (method, path) in
            [("PUT", "/me"), ("get", "/me"), ("GET", "/me/"), ("GET", "/b"), ("HEAD", "/me")]
        {
            assert!(asked(method, path).is_none(), "{method} {path}");
        }
    }

    #[test]
    fn the_most_specific_rule_counts_wherever_it_stands() {
        let lines = ["GET /{a}/{b} manageBuckets", "GET /x/{b} manageTokens", "GET /x/y authenticate-only"];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1], [0, 2, 1], [1, 2, 0]] {
            let rules = rules(&order.map(|at| lines[at]).join("\n"));
            assert_eq!(asked(&rules, "GET", "/x/y").unwrap()[4], "");
            assert_eq!(asked(&rules, "GET", "/x/z").unwrap()[4], "manageTokens");
            assert_eq!(asked(&rules, "GET", "/z/y").unwrap()[4], "manageBuckets");
        }
    }

    #[test]
    fn an_empty_file_closes_everything_and_no_file_nothing() {
        assert!(rules("# nothing yet\n").demand("GET", "/a").is_none());
        assert!(matches!(Rules::None.demand("GET", "/a//b"), Some(("", Demand::Token))));
    }

    #[test]
    fn what_is_wrong_names_its_line() {
        for line in [
            "GET",
            "GET /a",
            "get /a authenticate-only",
            "ANY /a authenticate-only",
            "GET a authenticate-only",
            "GET /a authenticate-only as x",
            "GET /a authenticate-only and manageBuckets",
            "GET /a read",
            "GET /a read on",
            "GET /{bucket} read on buckt",
            "GET /a run",
            "GET /a run a b",
            "GET /a fly",
            "GET /a manageBuckets and",
            "GET /a manageBuckets as",
            "GET /a manageBuckets as x y",
            "GET /a manageBuckets and manageTokens",
            "GET /a read on in.a and write on in.a",
            "GET /a manageBuckets as storage.tokenDeleted",
            "GET /a manageBuckets # later",
        ] {
            let bad = Rules::parse(&format!("GET /fine authenticate-only\n\n{line}")).unwrap_err();
            assert_eq!(bad.line, 3, "{line}: {bad}");
        }
        let twice =
            Rules::parse("GET /a/{x} authenticate-only\nPOST /{y}/b manageBuckets\nGET /{y}/b manageBuckets");
        let bad = twice.unwrap_err().to_string();
        assert!(bad.starts_with("line 3: ") && bad.contains("of line 1"), "{bad}");
        let long = format!("GET /{} manageBuckets", "a".repeat(100));
        assert!(Rules::parse(&long).is_err() && Rules::parse(&format!("{long} as short")).is_ok());
    }
}
