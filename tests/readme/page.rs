//! The commands of a page.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// A command and its expected output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line of the page, for messages.
    pub line: usize,
    /// The command, without `$ `; several lines when it goes on.
    pub command: String,
    /// The lines of its output.
    pub output: Vec<String>,
}

/// The steps of all `console` blocks, in order.
pub fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut block: Option<(usize, String)> = None;
    for (event, place) in Parser::new(page).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info)))
                if info.split_whitespace().next() == Some("console") =>
            {
                block = Some((page[..place.start].matches('\n').count() + 2, String::new()));
            }
            Event::Text(text) => {
                if let Some((_, block)) = &mut block {
                    block.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((line, block)) = block.take() {
                    steps.extend(steps_of_block(line, &block));
                }
            }
            _ => {}
        }
    }
    steps
}

/// The lines of the `sh` blocks, and of blocks without a language, that have no comment before them.
pub fn unexplained(page: &str) -> Vec<usize> {
    let mut unexplained = Vec::new();
    for (event, place) in Parser::new(page).into_offset_iter() {
        let Event::Start(Tag::CodeBlock(kind)) = event else { continue };
        let language = match &kind {
            CodeBlockKind::Fenced(info) => info.split_whitespace().next().unwrap_or_default(),
            CodeBlockKind::Indented => "",
        };
        let before = page[..place.start].trim_end();
        let comment = before.rsplit_once("<!-- not run: ").map(|(_, comment)| comment);
        let explained = comment.is_some_and(|comment| comment.find("-->") == Some(comment.len() - 3));
        if matches!(language, "" | "sh" | "bash" | "shell") && !explained {
            unexplained.push(page[..place.start].matches('\n').count() + 1);
        }
    }
    unexplained
}

fn steps_of_block(first: usize, block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for (number, line) in block.lines().enumerate() {
        let at = first + number;
        if goes_on {
            let command = &mut steps.last_mut().unwrap().command;
            command.push('\n');
            command.push_str(line);
            goes_on = line.ends_with('\\');
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { line: at, command: command.to_owned(), output: Vec::new() });
            goes_on = line.ends_with('\\');
        } else {
            let step = steps.last_mut();
            let step = step.unwrap_or_else(|| panic!("line {at}: output stands before any command"));
            step.output.push(line.to_owned());
        }
    }
    // An empty line between two commands, or at the end, is not output.
    for step in &mut steps {
        while step.output.last().is_some_and(|line| line.trim().is_empty()) {
            step.output.pop();
        }
    }
    steps
}

#[test]
fn commands_their_further_lines_and_their_output_are_told_apart() {
    let page = "# Title\n\n```sh\n$ not this\n```\n\n```console\n$ one\n$ two \\\n  more\nout\n\n  put\n\n$ three\n```\n\nand\n\n```console title\n$ four\n```\n";
    let step = |line, command: &str, output: &[&str]| Step {
        line,
        command: command.to_owned(),
        output: output.iter().map(|&line| line.to_owned()).collect(),
    };
    assert_eq!(
        steps(page),
        [
            step(8, "one", &[]),
            step(9, "two \\\n  more", &["out", "", "  put"]),
            step(15, "three", &[]),
            step(21, "four", &[]),
        ]
    );
}

#[test]
#[should_panic(expected = "line 2: output stands before any command")]
fn output_of_nothing_is_a_mistake_of_the_page() {
    steps("```console\nout\n```\n");
}

#[test]
fn a_command_that_is_not_typed_says_why() {
    let page = "<!-- not run: it needs AWS -->\n```sh\none\n```\n\n```sh\ntwo\n```\n\n```yaml\na: b\n```\n\n    three\n";
    assert_eq!(unexplained(page), [6, 14]);
}
