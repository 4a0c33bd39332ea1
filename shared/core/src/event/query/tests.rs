use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn event() -> Event {
    serde_json::from_value(json!({
        "uuid": "01958f48-b1fc-7f05-b9b9-8a4a7b385bc3", "project": 7, "event": "storage.tokenCreated",
        "component": "keboola.ex-db", "message": "Created token Some One's, finally", "type": "info",
        "created": 0, "by": {"token": 5, "copy": 12, "name": "CI of Ann"}, "origin": "system", "runId": "12.34",
        "object": {"type": "token", "id": "9", "name": "a token"},
        "context": {"remoteAddr": "2001:db8::1"}, "params": {"recipientEmail": "Bob@example.org"},
    }))
    .unwrap()
}

#[test]
fn within_quotes_a_backslash_makes_the_next_quote_or_backslash_a_part_of_the_value() {
    let mut event = event();
    for (name, yes, no) in [
        (r#"Řeka (CI) "x" NOT"#, r#"by:"Řeka (CI) \"x\" NOT""#, r#"by:"Řeka (CI) \\\"x\" NOT""#),
        (r#"Řeka (CI) "x" NOT"#, r#"by:"Řeka (CI) \""*"#, r#"by:"Řeka (CI) \"""#),
        (r"C:\dir\", r#"by:"C:\\dir\\""#, r#"by:"C:\\\\dir\\""#),
        // Before anything else, a backslash is one, as it was.
        (r"C:\dir", r#"by:"C:\dir""#, r#"by:"C:dir""#),
        (r#"""#, r#"by:"\"""#, r#"by:"\\\"""#),
    ] {
        event.by.name = name.to_owned();
        assert!(Query::parse(yes).unwrap().matches(&event), "{yes}");
        assert!(!Query::parse(no).unwrap().matches(&event), "{no}");
    }
}

#[test]
fn terms_match_their_fields() {
    for yes in [
        "token.id:5 AND event:storage.tokenCreated",
        "event:storage.token*",
        "token.id:6 OR token.id:5",
        "token.id:5 copy:12",
        "objectName:\"a token\"",
        "created token",
        "TOKEN AND finally",
        "\"some one\"*",
        "message:fin*",
        "idBranch:1 AND project.id:7",
        "remoteAddr:\"2001:db8::1\"",
        "remoteAddr:\"2001:db8:\"*",
        "recipient:bob@example.org",
        "by:\"ci of ann\"",
        "by:ci*",
    ] {
        assert!(Query::parse(yes).unwrap().matches(&event()), "{yes}");
    }
    for no in [
        "token.id:55",
        "creat",
        "\"token created\"",
        "configurationId:1",
        "copy:1",
        "recipient:bob",
        "by:ci",
        "remoteAddr:\"2001:DB8::1\"",
        "event:storage.tokencreated",
    ] {
        assert!(!Query::parse(no).unwrap().matches(&event()), "{no}");
    }
}

#[test]
fn names_and_addresses_match_in_any_letter_case_whatever_their_alphabet() {
    let mut event = event();
    event.by.name = "ČI robot İ".to_owned();
    for yes in ["by:\"čI ROBOT i̇\"", "by:\"či robo\"*", "by:č*", "by:\"ČI ROBOT İ\""] {
        assert!(Query::parse(yes).unwrap().matches(&event), "{yes}");
    }
    for no in ["by:\"ci robot i\"", "by:čx*"] {
        assert!(!Query::parse(no).unwrap().matches(&event), "{no}");
    }
}

#[test]
fn a_recipient_is_a_member_or_a_holder_who_was_told() {
    let mut event = event();
    event.params = serde_json::from_value(json!({
        "recipientEmails": ["ann@example.org", "Bob@example.org"], "holderEmails": ["Eve@example.net"],
    }))
    .unwrap();
    for (query, found) in [
        ("recipient:bob@example.org", true),
        ("recipient:eve@example.net", true),
        ("recipient:eve@*", true),
        ("recipient:eve@example.org", false),
    ] {
        assert_eq!(Query::parse(query).unwrap().matches(&event), found, "{query}");
    }
}

#[test]
fn not_binds_tighter_than_and_and_that_tighter_than_or() {
    for yes in [
        "token.id:6 AND type:info OR runId:12.34",
        "runId:12.34 OR type:info token.id:6",
        "NOT token.id:6 AND type:info",
        "NOT token.id:6 OR type:warn",
        "-token.id:6",
        "-\"no such words\" created",
        "type:info -(token.id:6 OR runId:1)",
        "type:info NOT configurationId:1",
        "event:(storage.tokenDeleted OR storage.tokenCreated)",
        "message:(created -deleted type:info)",
        "((type:info))",
        "( type:info )",
    ] {
        assert!(Query::parse(yes).unwrap().matches(&event()), "{yes}");
    }
    for no in [
        "token.id:6 AND (type:info OR runId:12.34)",
        "token.id:6 AND type:info",
        "NOT (token.id:6 OR type:info)",
        "NOT type:info OR type:warn",
        "-created",
        "event:(storage.tokenDeleted OR storage.tokenShared)",
    ] {
        assert!(!Query::parse(no).unwrap().matches(&event()), "{no}");
    }
}

#[test]
fn an_error_says_what_is_wrong_and_at_which_character() {
    let levels = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    for (bad, why) in [
        ("", "a term is missing at the end (at character 1)"),
        ("  ", "a term is missing at the end (at character 3)"),
        ("AND", "AND and OR must be between two terms (at character 1)"),
        ("é AND", "a term is missing at the end (at character 6)"),
        ("OR b", "AND and OR must be between two terms (at character 1)"),
        ("a AND OR b", "AND and OR must be between two terms (at character 7)"),
        ("a NOT", "a term is missing at the end (at character 6)"),
        ("NOT NOT a", "NOT and the minus must be in front of a term (at character 5)"),
        ("--a", "NOT and the minus must be in front of a term (at character 2)"),
        ("a - b", "a minus must be in front of a term (at character 3)"),
        ("a (b OR c", "a parenthesis is not closed (at character 3)"),
        ("a) b", "a parenthesis is closed that was not opened (at character 2)"),
        ("a ()", "a term is missing before the parenthesis (at character 4)"),
        ("a(b)", "a space is expected before “(b)” (at character 2)"),
        ("(a)b", "a space is expected before “b” (at character 4)"),
        ("a nofield:x", "there is no field “nofield” (at character 3)"),
        (":x", "there is no field “” (at character 1)"),
        ("event:", "a term has no value (at character 7)"),
        ("event:\"\"", "a term has no value (at character 7)"),
        ("type:*", "a term has no value (at character 6)"),
        (
            "a \"open",
            "a quote is not closed: within quotes, a quote is \\\" and a backslash \\\\ (at character 3)",
        ),
        (
            r#"by:"CI "x"""#,
            "a space is expected before “x\"\"”: within quotes, a quote is \\\" and a backslash \\\\ (at character 9)",
        ),
        (
            r#"by:"one\""#,
            "a quote is not closed: within quotes, a quote is \\\" and a backslash \\\\ (at character 4)",
        ),
        (
            "by:a\"b",
            "“a\"b” needs quotes: bare values hold letters, digits and . - _ @ only (at character 4)",
        ),
        (
            "by:a\u{202e}",
            "“a\\u{202e}” needs quotes: bare values hold letters, digits and . - _ @ only (at character 4)",
        ),
    ] {
        assert_eq!(Query::parse(bad).unwrap_err().to_string(), why, "{bad:?}");
    }
    for bad in ["*a", "/a/", "a:b:c", "a\"b\"c", "remoteAddr:2001:db8::1", "+a", "a && b", "!a"] {
        assert!(Query::parse(bad).is_err(), "{bad:?}");
    }
    assert!(Query::parse(&levels(MAX_DEPTH)).is_ok());
    let error = Query::parse(&levels(MAX_DEPTH + 1)).unwrap_err().to_string();
    assert_eq!(error, "its parentheses are nested deeper than 10 levels (at character 11)");
    assert!(Query::parse(&"(a) ".repeat(MAX_TERMS)).is_ok(), "levels end with their parentheses");
}

#[test]
fn a_query_has_few_terms_and_words_of_a_phrase_count() {
    for few in ["a ".repeat(20), format!("\"{}\"", "a ".repeat(20)), "type:info OR ".repeat(19) + "a"] {
        assert!(Query::parse(&few).is_ok(), "{few}");
    }
    for (many, at) in [
        ("a ".repeat(21), 41),
        (format!("\"{}\"", "a ".repeat(21)), 1),
        ("type:info OR ".repeat(20) + "a", 261),
    ] {
        let error = Query::parse(&many).unwrap_err().to_string();
        assert_eq!(error, format!("it has more than 20 terms (at character {at})"));
    }
    let longest = "a".repeat(MAX_QUERY_BYTES);
    assert!(Query::parse(&longest).is_ok());
    let error = Query::parse(&(longest + "é")).unwrap_err().to_string();
    assert_eq!(error, "it is longer than 1000 bytes (at character 1001)");
}

/// A query as a tree, which a test makes, writes as text, and evaluates in the plainest way.
#[derive(Debug, Clone)]
enum Naive {
    Term(&'static str, &'static str, bool),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Naive {
    fn holds(&self, event: &Value) -> bool {
        match self {
            Self::Not(part) => !part.holds(event),
            Self::All(parts) => parts.iter().map(|part| part.holds(event)).fold(true, |all, one| all & one),
            Self::Any(parts) => parts.iter().map(|part| part.holds(event)).fold(false, |any, one| any | one),
            Self::Term("message", value, prefix) => {
                let lower =
                    |text: &str| text.to_lowercase().split(' ').map(str::to_owned).collect::<Vec<_>>();
                let (message, wanted) = (lower(event["message"].as_str().unwrap()), lower(value));
                message.windows(wanted.len()).any(|window| {
                    let (window, wanted) = (window.join(" "), wanted.join(" "));
                    window == wanted || (*prefix && window.starts_with(&wanted))
                })
            }
            Self::Term(field, value, prefix) => {
                let of = match *field {
                    "token.id" => vec![event["by"]["token"].to_string()],
                    "by" => vec![event["by"]["name"].as_str().unwrap().to_lowercase()],
                    "remoteAddr" => texts(&event["context"]["remoteAddr"]),
                    "recipient" => {
                        let params = &event["params"];
                        [texts(&params["recipientEmail"]), texts(&params["recipientEmails"])].concat()
                    }
                    field => texts(&event[field]),
                };
                of.iter().any(|text| text == value || (*prefix && text.starts_with(value)))
            }
        }
    }

    /// With parentheses only where they are needed, and in all places where this asks for them.
    fn text(&self, more: &mut impl FnMut() -> bool) -> String {
        let mut part = |part: &Self, tight: bool| {
            let text = part.text(more);
            if tight || more() { format!("({text})") } else { text }
        };
        match self {
            Self::Term(field, value, prefix) => {
                let star = if *prefix { "*" } else { "" };
                let value = value.replace('\\', r"\\").replace('"', "\\\"");
                format!("{field}:\"{value}\"{star}")
            }
            Self::Not(of) => {
                let of = part(of, !matches!(**of, Self::Term(..)));
                if more() { format!("-{of}") } else { format!("NOT {of}") }
            }
            Self::All(parts) => {
                let parts: Vec<_> =
                    parts.iter().map(|of| part(of, matches!(of, Self::All(_) | Self::Any(_)))).collect();
                parts.join(if more() { " AND " } else { " " })
            }
            Self::Any(parts) => {
                let parts: Vec<_> = parts.iter().map(|of| part(of, matches!(of, Self::Any(_)))).collect();
                parts.join(" OR ")
            }
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    values.iter().filter_map(Value::as_str).map(str::to_lowercase).collect()
}

fn naive() -> impl Strategy<Value = Naive> {
    let of = |field, values: &'static [&'static str]| (Just(field), prop::sample::select(values));
    let term = prop_oneof![
        of("token.id", &["5", "6", "55"]),
        of("by", &["ann", "bob", r#"b "o" \b"#, "b "]),
        of("event", &["storage.a", "storage.ab", "ext"]),
        of("type", &["info", "warn"]),
        of("remoteAddr", &["10.0.0.1", "10.0.0.12"]),
        of("recipient", &["a@b.c", "d@e.f"]),
        of("runId", &["1", "1.2"]),
        of("message", &["one", "two", "one two", "tw"]),
    ];
    let term = (term, any::<bool>()).prop_map(|((field, value), prefix)| Naive::Term(field, value, prefix));
    // At most eight terms of two words, so that every tree is a query within the limits.
    term.prop_recursive(3, 8, 2, |inner| {
        let several = prop::collection::vec(inner.clone(), 2..=2);
        prop_oneof![
            inner.prop_map(|part| Naive::Not(Box::new(part))),
            several.clone().prop_map(Naive::All),
            several.prop_map(Naive::Any),
        ]
    })
}

fn any_event() -> impl Strategy<Value = Value> {
    let of = |values: &'static [&'static str]| prop::sample::select(values);
    let fields = (
        of(&["5", "6", "55"]),
        of(&["Ann", "bob", r#"B "o" \b"#]),
        of(&["storage.a", "storage.ab", "ext.x"]),
    );
    let words = of(&["one two", "Two one", "twos", "two two one two"]);
    let optional = (
        prop::option::of(of(&["10.0.0.1", "10.0.0.12"])),
        prop::option::of(of(&["1", "1.2"])),
        prop::option::of(of(&["A@b.c", "d@e.f"])),
        any::<bool>(),
    );
    (fields, of(&["info", "warn"]), words, optional).prop_map(
        |((token, by, name), kind, message, (address, run, recipient, several))| {
            let mut params = serde_json::Map::new();
            if let Some(recipient) = recipient {
                let (name, value) = if several {
                    ("recipientEmails", json!([recipient, "x@y.z"]))
                } else {
                    ("recipientEmail", json!(recipient))
                };
                params.insert(name.to_owned(), value);
            }
            json!({
                "uuid": "01958f48-b1fc-7f05-b9b9-8a4a7b385bc3", "project": 7, "event": name, "component": "it",
                "message": message, "type": kind, "created": 0, "origin": "system", "runId": run,
                "by": {"token": token.parse::<u64>().unwrap(), "name": by},
                "context": {"remoteAddr": address}, "params": params,
            })
        },
    )
}

proptest! {
    #[test]
    fn a_query_matches_what_a_plain_evaluation_of_its_tree_matches(
        tree in naive(),
        event in any_event(),
        more in any::<u64>(),
    ) {
        let mut bits = more;
        let text = tree.text(&mut || {
            bits = bits.rotate_left(1);
            bits & 1 == 1
        });
        let query = Query::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        let parsed: Event = serde_json::from_value(event.clone()).unwrap();
        prop_assert_eq!(query.matches(&parsed), tree.holds(&event), "{}", text);
    }

    #[test]
    fn no_text_makes_the_parser_or_the_match_panic(text in "(\\PC|[()\\- \":*]|AND|OR|NOT|type:|by:){0,60}") {
        match Query::parse(&text) {
            Ok(query) => _ = query.matches(&event()),
            Err(error) => prop_assert!(error.at >= 1 && error.at <= text.chars().count() + 1),
        }
    }
}
