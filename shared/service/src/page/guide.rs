//! The start of the API reference: authentication and the first calls, in four languages.
//!
//! The code is in files that a test runs, in parts of one program for each language. The answers are those of
//! [`crate::endpoint::examples`].

use maud::{Markup, html};

use super::answer::answer;
use crate::endpoint::examples;

/// A program with all calls.
#[derive(Debug)]
pub struct Program {
    /// The language.
    pub language: &'static str,
    /// The code. A line `[STEP]` in a comment begins the part of a step.
    pub code: &'static str,
}

/// The programs.
pub const PROGRAMS: [Program; 4] = [
    Program { language: "curl", code: include_str!("guide/calls.sh") },
    Program { language: "Python", code: include_str!("guide/calls.py") },
    Program { language: "JavaScript", code: include_str!("guide/calls.mjs") },
    Program { language: "Rust", code: include_str!("../../../../client/examples/calls.rs") },
];

/// A step: a call and its meaning.
#[derive(Debug)]
pub struct Step {
    /// The name of its part in the programs, and its anchor.
    pub id: &'static str,
    title: &'static str,
    text: &'static str,
    /// The row of its endpoint.
    row: &'static str,
}

/// The steps, in the order of the programs.
pub const STEPS: [Step; 5] = [
    Step {
        id: "authenticate",
        title: "Authenticate",
        text: "Each call names its token in the header X-StorageApi-Token, or as Authorization: Bearer. Calls about \
               organizations, projects and members take a manage token in X-KBC-ManageApiToken. The programs take the address \
               of this service and a master token from JETON_URL and JETON_TOKEN, or as arguments.",
        row: "GET /v2/storage/tokens/verify",
    },
    Step {
        id: "create",
        title: "Create a token",
        text: "The answer shows the secret. No other answer does, so keep it now.",
        row: "POST /v2/storage/tokens",
    },
    Step {
        id: "verify",
        title: "Verify it",
        text: "A service asks this on each request: it learns the project, the rights and the expiry of the token, or gets 401.",
        row: "GET /v2/storage/tokens/verify",
    },
    Step {
        id: "share",
        title: "Share it",
        text: "The recipient gets a mail with a link and a code, and picks up a copy of the token with its own secret.",
        row: "POST /v2/storage/tokens/{token}/share",
    },
    Step {
        id: "refresh",
        title: "Refresh it",
        text: "The token gets a new secret, and keeps its id, its rights and its history. All earlier secrets end, those of \
               its copies too, unless gracePeriod or keepOldUntilUsed is set.",
        row: "POST /v2/storage/tokens/{token}/refresh",
    },
];

/// The section of the page.
pub fn guide() -> Markup {
    html! {
        @for step in &STEPS {
            section {
                h3 id=(step.id) { (step.title) }
                p { (step.text) }
                @for (number, program) in PROGRAMS.iter().enumerate() {
                    details.code name=(step.id) open[number == 0] {
                        summary { (program.language) }
                        pre { code { (part(program.code, step.id)) } }
                    }
                }
                @if let Some(example) = examples::of_row(step.row) {
                    p.small.soft { "The answer:" }
                    (answer(example))
                }
            }
        }
    }
}

/// The part of a step: the lines behind its mark up to the next mark, without their common indentation.
pub fn part(code: &str, step: &str) -> String {
    let lines = code.lines().skip_while(|line| mark(line) != Some(step)).skip(1);
    let lines: Vec<&str> = lines.take_while(|line| mark(line).is_none()).collect();
    let indentation =
        lines.iter().filter(|line| !line.is_empty()).map(|line| line.len() - line.trim_start().len());
    let indentation = indentation.min().unwrap_or_default();
    let lines: Vec<&str> = lines.iter().map(|line| line.get(indentation..).unwrap_or_default()).collect();
    lines.join("\n").trim().to_owned()
}

/// The step of a line such as `// [create]`.
fn mark(line: &str) -> Option<&str> {
    let line = line.trim();
    let comment = line.strip_prefix("//").or_else(|| line.strip_prefix('#'))?;
    // With the space, since an attribute of Rust begins with `#[`.
    comment.strip_prefix(" [")?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_has_a_part_for_each_step_and_no_other() {
        for program in &PROGRAMS {
            let marks: Vec<_> = program.code.lines().filter_map(mark).filter(|mark| *mark != "end").collect();
            assert_eq!(marks, STEPS.map(|step| step.id), "{}", program.language);
            for step in &STEPS {
                assert!(!part(program.code, step.id).is_empty(), "{}: {}", program.language, step.id);
            }
        }
    }

    #[test]
    fn a_part_loses_the_indentation_of_its_program() {
        let code = "fn main() {\n    // [one]\n    a(\n        b,\n    );\n\n    c();\n    // [two]\n}";
        assert_eq!(part(code, "one"), "a(\n    b,\n);\n\nc();");
        assert_eq!(part(code, "none"), "");
    }
}
