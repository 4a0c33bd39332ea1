//! Commands within sentences, such as `jeton token disable`.

use std::collections::HashMap;

use jeton_tests::{process::jeton, store::fresh_folder};
use pulldown_cmark::{Event, Parser};

/// What the commands say about their options, by their names.
#[derive(Default)]
pub struct Helps(HashMap<String, Option<String>>);

impl Helps {
    /// The commands within the sentences of a page that do not exist, or that lack one of their options.
    pub fn mistaken(&mut self, page: &str) -> Vec<String> {
        let inline = Parser::new(page).filter_map(|event| match event {
            Event::Code(code) => Some(code.into_string()),
            _ => None,
        });
        inline.filter(|code| code.starts_with("jeton ") && !self.knows(code)).collect()
    }

    fn knows(&mut self, code: &str) -> bool {
        let words: Vec<_> = code.split_whitespace().skip(1).collect();
        // Placeholders are in capitals.
        let is_name = |word: &&&str| {
            word.starts_with(char::is_alphabetic)
                && word.bytes().any(|b| b.is_ascii_lowercase())
                && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        let command: Vec<_> = words.iter().take_while(is_name).take(2).copied().collect();
        let help = self.0.entry(command.join(" ")).or_insert_with(|| {
            let ended = jeton(&fresh_folder(), &[&command[..], &["--help"]].concat(), &[]);
            ended.status.success().then_some(ended.said)
        });
        let Some(help) = help else { return false };
        let options = words.iter().filter(|word| word.starts_with("--") && word.len() > 2);
        let name = |option: &str| option.split('=').next().unwrap_or_default().to_owned();
        let lists = |name: &str| help.split([' ', ',', '\n', '=', '[']).any(|word| word == name);
        options.map(|option| name(option)).all(|option| lists(&option))
    }
}
