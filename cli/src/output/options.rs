//! The options that say how an answer is printed.

use clap::Args;
use serde_json::Value;

use super::{format, json, show_all};
use crate::failure::Failure;

/// How an answer is printed.
#[derive(Debug, Default, Args)]
pub struct FormatOptions {
    /// Print the answer as JSON, or only these of its fields: --json id,description
    #[arg(long = "json", value_name = "FIELDS", global = true, num_args = 0..=1, require_equals = true, default_missing_value = "")]
    fields: Option<String>,
    /// Print what this filter of jq makes of the answer: texts as they are, other values as JSON
    #[arg(long, value_name = "FILTER", global = true)]
    jq: Option<String>,
    /// Show texts in full, also beyond the width of the terminal
    #[arg(long, global = true)]
    wide: bool,
    /// Whether the answer is printed as JSON. Set by [`Self::ready`].
    #[arg(skip)]
    pub json: bool,
}

impl FormatOptions {
    /// Prints an answer that has nothing in it, where answers are printed.
    pub fn print_empty(&self) {
        if self.json {
            json(&serde_json::json!({}));
        }
    }

    /// Prints an answer as JSON, where answers are printed. One without a content is an empty object.
    pub fn print_json(&self, answer: &Value) {
        match answer {
            Value::Null => self.print_empty(),
            answer if self.json => json(answer),
            _ => {}
        }
    }

    /// Sets how answers are printed. Called before the command runs, so that a wrong filter changes nothing.
    pub fn ready(mut self) -> Result<Self, Failure> {
        let fields = self.fields.iter().flat_map(|fields| fields.split(','));
        let fields = fields.map(|field| field.trim().to_owned()).filter(|field| !field.is_empty());
        format(fields.collect(), self.jq.as_deref())
            .map_err(|why| Failure::Missing(format!("--jq: {why}")))?;
        self.json = self.fields.is_some() || self.jq.is_some();
        if self.wide {
            show_all();
        }
        Ok(self)
    }
}
