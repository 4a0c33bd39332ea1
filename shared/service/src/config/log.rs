//! The log filter `JETON_LOG`.

use super::bad_config::BadConfig;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The targets of Jeton in the log: its crates, and the target of traces.
const PARTS: [&str; 6] =
    ["jeton_service", "jeton_store_sqlite", "jeton_store_dynamodb", "jeton_core", "jeton_client", "jeton"];

/// A log filter: levels, and `PART=LEVEL` for parts of the program. An invalid filter or an unknown part of Jeton is rejected,
/// because it would silently log nothing.
pub fn parse(text: &str) -> Result<String, BadConfig> {
    let bad = |problem: String| Err(BadConfig { variable: "JETON_LOG".into(), problem });
    let words: Vec<&str> = text.split(',').map(str::trim).collect();
    for word in &words {
        let part = match word.split_once('=') {
            Some((part, level)) if is_part(part) && is_level(level) => part,
            None if is_level(word) => continue,
            None if is_part(word) && word.starts_with("jeton") => word,
            _ => {
                return bad(format!(
                    "must be a level, one of {}, or PART=LEVEL such as jeton_service=debug",
                    LEVELS.join(", ")
                ));
            }
        };
        let is_ours = part.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("jeton"));
        if is_ours && !is_there(part) {
            return bad(format!(
                "names {part}, which is not a part of Jeton; parts are {}, and modules such as jeton_service::http",
                PARTS.join(", ")
            ));
        }
    }
    Ok(words.into_iter().map(with_stores).collect::<Vec<_>>().join(","))
}

/// The stores were modules of the service once: what is said of it is said of them, unless they are named themselves.
fn with_stores(word: &str) -> String {
    match word.strip_prefix("jeton_service") {
        Some(rest) if rest.is_empty() || rest.starts_with('=') => format!("{word},jeton_store{rest}"),
        Some(rest) => match rest.strip_prefix("::store") {
            Some(rest) => format!("jeton_store{}", rest.replacen("::", "_", 1)),
            None => word.to_owned(),
        },
        None => word.to_owned(),
    }
}

fn is_level(word: &str) -> bool {
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word)) || matches!(word.as_bytes(), [b'0'..=b'5'])
}

fn is_part(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'-'))
}

/// Whether a part of Jeton exists: a crate, or a module of the service.
fn is_there(part: &str) -> bool {
    let (first, rest) = part.split_once("::").map_or((part, None), |(first, rest)| (first, Some(rest)));
    let module = rest.map(|rest| rest.split("::").next().unwrap_or_default());
    match (first, module) {
        ("jeton_service", Some("store")) => true,
        ("jeton_service", Some(module)) => is_module(module),
        (_, Some("")) => false,
        _ => PARTS.contains(&first),
    }
}

/// Whether the service has this module.
fn is_module(name: &str) -> bool {
    let declared = |line: &str| {
        line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned)
    };
    include_str!("../lib.rs").lines().filter_map(declared).any(|module| module == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_jeton_is_one_that_there_is() {
        for fine in [
            "jeton",
            "jeton=debug",
            "jeton_store_sqlite=debug",
            "jeton_core=trace",
            "jeton_client=info",
            "jeton::trace=off",
            "jeton_service::http=trace",
            "jeton_service::http::dispatch=trace",
            "warn,jeton_service::telemetry=info",
            "hyper=debug",
        ] {
            assert_eq!(parse(fine).as_deref(), Ok(fine));
        }
        for (of_service, with_stores) in [
            ("jeton_service=debug", "jeton_service=debug,jeton_store=debug"),
            ("jeton_service", "jeton_service,jeton_store"),
            ("warn,jeton_service::store=off", "warn,jeton_store=off"),
            ("jeton_service::store::sqlite=debug", "jeton_store_sqlite=debug"),
            ("jeton_service::store::dynamodb::batch=debug", "jeton_store_dynamodb::batch=debug"),
        ] {
            assert_eq!(parse(of_service).as_deref(), Ok(with_stores));
        }
        for bad in [
            "jeton_servcie=debug",
            "jeton_servcie",
            "Jeton_service=debug",
            "jeton-service=debug",
            "jetons=info",
            "info,jeton_sevice::http=debug",
            "jeton_service::htpp=debug",
            "jeton_service::=debug",
            "jeton::=debug",
        ] {
            let error = parse(bad).unwrap_err();
            assert_eq!(error.variable, "JETON_LOG", "{bad}");
            assert!(error.problem.contains("jeton_service"), "{bad}: {error}");
        }
    }
}
