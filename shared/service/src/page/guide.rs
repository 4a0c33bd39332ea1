//! The start of the API reference: authentication and the first calls, in four languages.
//!
//! The code is in files that tests run, in parts of one program for each language. The answers are those to the commands of curl.

use std::{collections::BTreeMap, sync::LazyLock};

use maud::{Markup, html};

use super::{answer::answer, snippets::PLACEHOLDER};
use crate::endpoint::examples::Answered;

/// A program with all calls.
#[derive(Debug)]
pub struct Program {
    /// The language.
    pub language: &'static str,
    /// The code. A line `[STEP]` in a comment begins a part of a step.
    pub code: &'static str,
}

/// The programs.
pub const PROGRAMS: [Program; 4] = [
    Program { language: "curl", code: include_str!("guide/calls.sh") },
    Program { language: "Python", code: include_str!("guide/calls.py") },
    Program { language: "JavaScript", code: include_str!("guide/calls.mjs") },
    Program { language: "Rust", code: include_str!("../../../../client/examples/calls.rs") },
];

/// A step: the setup, or a call and its meaning.
#[derive(Debug)]
pub struct Step {
    /// The name of its part in the programs, and its anchor.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    text: &'static str,
}

/// The steps, in the order of the programs.
pub const STEPS: [Step; 6] = [
    Step {
        id: SETUP,
        title: "Set up",
        text: "The programs read the address of this service and a master token from the environment. What they have in common \
               comes first; each call below can be pasted behind it.",
    },
    Step {
        id: "authenticate",
        title: "Authenticate",
        text: "Each call names its token in the header X-StorageApi-Token, or as Authorization: Bearer. Calls about \
               organizations, projects and members take a manage token in X-KBC-ManageApiToken.",
    },
    Step {
        id: "create",
        title: "Create a token",
        text: "The answer shows the secret. No other answer does, so keep it now.",
    },
    Step {
        id: "verify",
        title: "Verify it",
        text: "A service asks this on each request: it learns the project, the rights and the expiry of the token, or gets 401.",
    },
    Step {
        id: "share",
        title: "Share it",
        text: "The recipient gets a mail with a link and a code, and picks up a copy of the token with its own secret.",
    },
    Step {
        id: "refresh",
        title: "Refresh it",
        text: "The token gets a new secret, and keeps its id, its rights and its history. All earlier secrets end, those of \
               its copies too, unless gracePeriod or keepOldUntilUsed is set.",
    },
];

/// The step without a call. The commands of curl need nothing but the environment.
pub const SETUP: &str = "setup";

/// The place of the calls in a program whose setup goes on behind them.
const CALLS: &str = "    // The calls below go here.";

/// The answers of the calls, by their steps. A test makes them with the commands of curl.
static ANSWERS: LazyLock<BTreeMap<String, Answered>> =
    LazyLock::new(|| serde_json::from_str(include_str!("guide/answers.json")).unwrap_or_default());

/// The section of the page. `address` is that of the service.
pub fn guide(address: &str) -> Markup {
    html! {
        @for step in &STEPS {
            section.step id=(step.id) data-find="step" data-title=(step.title) data-also=(spoken(step)) {
                h3 { (step.title) }
                p { (step.text) }
                @if step.id == SETUP {
                    pre tabindex="0" { code { "export JETON_URL='" (address) "'\nexport JETON_TOKEN='" (PLACEHOLDER) "'" } }
                }
                (languages(step))
                @if let Some(answered) = ANSWERS.get(step.id) {
                    p.small.soft { "The answer:" }
                    (answer(answered))
                }
            }
        }
    }
}

/// The languages of a step and its part in each.
fn parts(step: &Step) -> impl Iterator<Item = (&'static str, String)> {
    let parts = PROGRAMS.iter().map(|program| (program.language, part(program.code, step.id)));
    parts.filter(|(_, part)| !part.is_empty())
}

/// The names of its languages, by which the search finds a step.
fn spoken(step: &Step) -> String {
    parts(step).map(|(language, _)| language).collect::<Vec<_>>().join(" ")
}

/// The part of a step in each language.
fn languages(step: &Step) -> Markup {
    html! {
        @for (number, (language, part)) in parts(step).enumerate() {
            details.more name=(step.id) open[number == 0] {
                summary { (language) }
                pre tabindex="0" { code { (part) } }
            }
        }
    }
}

/// The part of a step: the lines behind each of its marks up to the next mark, without their common indentation.
pub fn part(code: &str, step: &str) -> String {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut within = false;
    for line in code.lines() {
        match mark(line) {
            Some(name) => {
                within = name == step;
                if within {
                    parts.push(Vec::new());
                }
            }
            None if within => parts.last_mut().into_iter().for_each(|part| part.push(line)),
            None => {}
        }
    }
    let lines = parts.join(&CALLS);
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
            let mut marks: Vec<_> = program.code.lines().filter_map(mark).collect();
            let behind = (program.language == "Rust").then(|| marks.pop());
            assert!(behind.is_none_or(|mark| mark == Some(SETUP)), "the frame of the program ends it");
            let steps = STEPS.map(|step| step.id);
            let steps = if program.language == "curl" { &steps[1..] } else { &steps };
            assert_eq!(marks, steps, "{}", program.language);
            for step in steps {
                assert!(!part(program.code, step).is_empty(), "{}: {step}", program.language);
            }
        }
    }

    #[test]
    fn the_parts_on_the_page_are_the_whole_program() {
        let joined = |lines: &mut dyn Iterator<Item = &str>| -> String {
            lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
        };
        for program in &PROGRAMS {
            let begin = program.code.lines().skip_while(|line| mark(line).is_none());
            let whole = joined(&mut begin.filter(|line| mark(line).is_none()));
            let calls: Vec<_> = STEPS[1..].iter().map(|step| part(program.code, step.id)).collect();
            let (setup, calls) = (part(program.code, SETUP), calls.join("\n"));
            let pasted = if setup.contains(CALLS) {
                setup.replace(CALLS, &calls)
            } else {
                format!("{setup}\n{calls}")
            };
            assert_eq!(joined(&mut pasted.lines()), whole, "{}", program.language);
        }
    }

    #[test]
    fn every_step_with_a_call_has_an_answer() {
        let answered: Vec<_> = ANSWERS.keys().map(String::as_str).collect();
        let mut steps = STEPS[1..].iter().map(|step| step.id).collect::<Vec<_>>();
        steps.sort_unstable();
        assert_eq!(answered, steps);
    }

    #[test]
    fn a_part_loses_the_indentation_of_its_program() {
        let code = "fn main() {\n    // [one]\n    a(\n        b,\n    );\n\n    c();\n    // [two]\n}";
        assert_eq!(part(code, "one"), "a(\n    b,\n);\n\nc();");
        assert_eq!(part(code, "none"), "");
    }
}
