//! `--export` of `jeton token events` and `jeton manage-token events`: all events of a range.

use std::io::{self, IsTerminal as _};

use jeton_client::{EventExport, ExportFormat};

use crate::{
    failure::Failure,
    output::{self, spinner},
};

/// Parses a format.
pub fn format(text: &str) -> Result<ExportFormat, &'static str> {
    match text {
        "ndjson" => Ok(ExportFormat::Ndjson),
        "csv" => Ok(ExportFormat::Csv),
        _ => Err("ndjson or csv"),
    }
}

/// Prints an export as it arrives. What was printed of one that ends early stays, and the command fails.
pub async fn print(mut export: EventExport) -> Result<(), Failure> {
    let is_terminal = io::stdout().is_terminal();
    let bar = spinner("bytes exported");
    let mut line = Vec::new();
    while let Some(bytes) = export.next().await? {
        if is_terminal {
            // Lines of others must not steer it. A character may be in two parts.
            line.extend(bytes);
            let end = line.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            show(&line[..end]);
            line.drain(..end);
        } else {
            output::raw(&bytes);
            bar.inc(u64::try_from(bytes.len()).unwrap_or_default());
        }
        if output::lost().is_some() {
            break;
        }
    }
    show(&line);
    bar.finish_and_clear();
    Ok(())
}

/// Shows lines on a terminal. Those of CSV end in two characters.
fn show(lines: &[u8]) {
    output::lines(&String::from_utf8_lossy(lines).replace("\r\n", "\n"));
}
