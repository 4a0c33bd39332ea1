//! IAM policies: each function may send the requests to DynamoDB and SES that it sends, and no others.
//!
//! A run of all functions is recorded, once with all of their actions and once with all of their denials, and
//! compared with the policies in `infra/template.yaml`.

use std::collections::BTreeSet;

use jeton_service::function::Function;
use jeton_tests::template::{self, text};
use serde_json::Value;

use crate::{run, thread};

/// An action, and the pattern of its allowed partition keys; `None` if it has no keys.
type Permission = (String, String);

/// The permissions for rare cases that the run does not reach, and the reasons.
struct Rare {
    functions: &'static [&'static str],
    action: &'static str,
    keys: &'static str,
    #[expect(dead_code, reason = "it is for whoever reads this table")]
    why: &'static str,
}

/// A commit whose condition fails may have been stored before, with its answer lost. So the first event of
/// the commit is read, in the first of its feeds.
const LOOKED_FOR: &str = "only after an answer of DynamoDB was lost, or another writer came first";

const RARE: &[Rare] = &[
    Rare {
        functions: &["delete"],
        action: "dynamodb:Query",
        keys: "P#*",
        why: "only where a token leaked whose creator has left: the members of the project are told",
    },
    Rare {
        functions: &["update", "delete", "pickup", "component-token", "console", "expiry-sweep"],
        action: "dynamodb:GetItem",
        keys: "P#*#T#*",
        why: LOOKED_FOR,
    },
    Rare {
        functions: &["pickup"],
        action: "dynamodb:GetItem",
        keys: "V#*",
        why: "only where the record of a token is not there: its verify item may stand in for it",
    },
    // Changes outside tokens, such as of an invitation, are first in the project's feed.
    Rare {
        functions: &["pickup", "manage", "console"],
        action: "dynamodb:GetItem",
        keys: "P#*#F#*",
        why: LOOKED_FOR,
    },
    Rare {
        functions: &[
            "list",
            "detail",
            "update",
            "refresh",
            "component-token",
            "verify",
            "index",
            "authorizer",
        ],
        action: "dynamodb:UpdateItem",
        keys: "B#*",
        why: "only once a token has caused more bytes of events than a process lets it cause unasked",
    },
    Rare {
        functions: &[
            "create",
            "list",
            "detail",
            "update",
            "delete",
            "refresh",
            "share",
            "events",
            "component-token",
            "verify",
            "pickup",
            "manage",
            "console",
            "expiry-sweep",
            "index",
            "authorizer",
        ],
        action: "dynamodb:GetItem",
        keys: "B#*",
        why: "only after an answer of DynamoDB was lost: whether something was taken out of a budget is read back",
    },
];

#[tokio::test]
async fn every_function_may_do_what_it_does_and_nothing_else() {
    let (mut gateway, master, manage) = thread::gateway().await;
    run::everything(&mut gateway, &master, &manage).await;

    let template = template::load("template.yaml");
    let mut wrong = Vec::new();
    for function in Function::ALL.map(Function::name) {
        let seen = gateway.actions(function).into_iter();
        let seen: BTreeSet<_> = seen.map(|(action, key)| permission(&action, key.as_deref())).collect();
        let rare = RARE.iter().filter(|rare| rare.functions.contains(&function));
        let rare: BTreeSet<_> = rare.map(|rare| (rare.action.to_owned(), rare.keys.to_owned())).collect();
        for (action, keys) in seen.intersection(&rare) {
            wrong.push(format!("{function}: {action} {keys} is not rare: the run has it"));
        }
        let needed: BTreeSet<_> = seen.union(&rare).cloned().collect();
        let (_, resource) = template::functions(&template)
            .into_iter()
            .find(|(name, _)| *name == function)
            .unwrap_or_else(|| panic!("the template has no function {function}"));
        let allowed = allowed(resource);
        for (action, keys) in needed.difference(&allowed) {
            wrong.push(format!("{function}: {action} {keys} is needed and not allowed"));
        }
        for (action, keys) in allowed.difference(&needed) {
            wrong.push(format!("{function}: {action} {keys} is allowed and not needed"));
        }
    }
    assert!(wrong.is_empty(), "the policies in infra/template.yaml are wrong:\n{}", wrong.join("\n"));
}

fn permission(action: &str, key: Option<&str>) -> Permission {
    match key {
        Some(key) => (format!("dynamodb:{action}"), pattern(key)),
        None => (format!("ses:{action}"), String::new()),
    }
}

/// The pattern of a partition key, without the parts of one project, token or share.
fn pattern(key: &str) -> String {
    let mut parts = key.split('#');
    match (parts.next().unwrap_or_default(), parts.nth(1)) {
        ("P", Some(feed)) if parts.next().is_none() => format!("P#*#{feed}"),
        ("P", Some(feed)) => format!("P#*#{feed}#*"),
        (first @ ("V" | "P" | "S" | "I" | "B" | "M" | "N" | "E" | "DUE"), _) => format!("{first}#*"),
        _ => key.to_owned(),
    }
}

/// The actions that a function's policies allow, each on the one table or on mail from one address.
fn allowed(function: &Value) -> BTreeSet<Permission> {
    let policies = function["Properties"]["Policies"].as_array().into_iter().flatten();
    let statements = policies.flat_map(|policy| policy["Statement"].as_array().unwrap());
    let mut allowed = BTreeSet::new();
    for statement in statements {
        let action = text(&statement["Action"]);
        assert_eq!(statement["Effect"], "Allow");
        let condition = &statement["Condition"];
        if action.starts_with("ses:") {
            assert_eq!(condition["StringEquals"]["ses:FromAddress"], "MailFrom", "{statement}");
            allowed.insert((action.to_owned(), String::new()));
            continue;
        }
        assert_eq!(statement["Resource"], "Table.Arn", "{statement}");
        for keys in condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"].as_array().unwrap() {
            assert!(allowed.insert((action.to_owned(), text(keys).to_owned())), "twice: {statement}");
        }
    }
    allowed
}
