//! IAM policies: each function may send the requests to DynamoDB and SES that it sends, and no others.
//!
//! A run of all functions is recorded, once with all of their actions and once with all of their denials, and
//! compared with the policies in `infra/policies.yaml`, which are evaluated as IAM does.

use std::collections::{BTreeMap, BTreeSet};

use jeton_service::function::Function;
use jeton_tests::template::{self, Grant, text};

use crate::{run, thread};

/// The only action on the table that has no keys.
const DESCRIBE: &str = "DescribeTable";

/// An action, and the kind of its partition keys.
type Permission = (String, String);

/// Partition keys of each kind; those of objects look like other feeds as far as their free text can.
const EXAMPLES: &[&str] = &[
    "V#7#5",
    "V#7#5#3",
    "P#7",
    "P#7#T#5#0",
    "P#7#F#0",
    "P#7#O#6#bucket#in.c-x#0",
    "P#7#O#5#table#x#T#1#0",
    "P#7#O#5#table#x#F#1",
    "P#7#O#5#table#x#SEALS#2026-01-15#1",
    "P#7#O#5#table#x#HEADS#1",
    "P#7#SEALS#2026-01-15",
    "P#7#HEADS",
    "E#ada@example.org",
    "S#share",
    "N#session",
    "M#5",
    "M#5#F#0",
    "MANAGE",
    "B#budget",
    "I#record",
    "DUE#5",
    "PROJECTS",
    "META",
];

/// The permissions for rare cases that the run does not reach, and the reasons.
struct Rare {
    functions: &'static [&'static str],
    action: &'static str,
    keys: &'static str,
    why: &'static str,
}

/// What a budget is asked after an answer was lost.
const READ_BACK: &str =
    "only after an answer of DynamoDB was lost: whether something was taken out of a budget is read back";

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
        functions: &["expiry-sweep"],
        action: "dynamodb:Query",
        keys: "P#*",
        why: "only where a token expires soon whose creator has left: the members of the project are told",
    },
    Rare {
        functions: &["update", "delete", "pickup", "component-token", "console", "expiry-sweep", "bounces"],
        action: "dynamodb:GetItem",
        keys: "P#*#T#*",
        why: LOOKED_FOR,
    },
    Rare {
        functions: &["seal"],
        action: "dynamodb:Query",
        keys: "P#*#SEALS#*",
        why: "only where a run before was cut off while it sealed a day",
    },
    Rare {
        functions: &["pickup", "bounces", "expiry-sweep"],
        action: "dynamodb:GetItem",
        keys: "V#*",
        why: "only where the record of a token is not there: its verify item may stand in for it; and where a token to be changed has \
              guards or replicas, which the verify item tells of",
    },
    Rare {
        functions: &["pickup"],
        action: "dynamodb:UpdateItem",
        keys: "M#*",
        why: "only where several invitations of a manage token are accepted at once: it gets guards",
    },
    // Changes outside tokens, such as of an invitation, are first in the project's feed.
    Rare {
        functions: &["pickup", "manage", "console", "bounces"],
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
            "bounces",
            "index",
            "authorizer",
        ],
        action: "dynamodb:GetItem",
        keys: "B#*",
        why: READ_BACK,
    },
];

#[tokio::test]
async fn every_function_may_do_what_it_does_and_nothing_else() {
    let (mut gateway, master, manage) = thread::gateway().await;
    run::everything(&mut gateway, &master, &manage).await;

    // Everything that was asked for is an example as well.
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let asked = Function::ALL.iter().flat_map(|function| gateway.actions(function.name()));
    for key in EXAMPLES.iter().map(|key| (*key).to_owned()).chain(asked.filter_map(|(_, key)| key)) {
        keys.entry(kind(&key)).or_default().insert(key);
    }
    let mut wrong = Vec::new();
    for function in Function::ALL.map(Function::name) {
        let (mut seen, mut sends, mut describes) = (BTreeSet::<Permission>::new(), false, false);
        for (action, key) in gateway.actions(function) {
            match key {
                Some(key) => {
                    // Built with the server in one workspace, a function batches. As it is deployed it does not.
                    let action = match action.as_str() {
                        "BatchGetItem" => "GetItem",
                        "BatchWriteItem" => "PutItem",
                        action => action,
                    };
                    seen.insert((format!("dynamodb:{action}"), kind(&key)));
                }
                None if action == DESCRIBE => describes = true,
                None => sends = true,
            }
        }
        let mut rare = BTreeSet::new();
        for row in RARE.iter().filter(|row| row.functions.contains(&function)) {
            let permission = (row.action.to_owned(), row.keys.to_owned());
            // On a slow machine an answer comes too late in any run.
            if seen.contains(&permission) && ![LOOKED_FOR, READ_BACK].contains(&row.why) {
                wrong.push(format!("{function}: {} {} is not rare: the run has it", row.action, row.keys));
            }
            rare.insert(permission);
        }
        let needed: BTreeSet<_> = seen.union(&rare).cloned().collect();
        let grants = template::grants(function);
        let actions = needed.iter().map(|(action, _)| action).chain(grants.iter().map(|grant| &grant.action));
        for action in actions.collect::<BTreeSet<_>>() {
            for (kind, keys) in &keys {
                let is_needed = needed.contains(&(action.clone(), kind.clone()));
                let may = |key: &&String| grants.iter().any(|grant: &Grant| grant.allows(action, key));
                if let Some(key) = keys.iter().find(|key| may(key) != is_needed) {
                    let what = if is_needed { "needed and not allowed" } else { "allowed and not needed" };
                    wrong.push(format!("{function}: {action} {key} is {what}"));
                }
            }
        }
        let of_table = format!("dynamodb:{DESCRIBE}");
        if describes != grants.iter().any(|grant| grant.action == of_table) {
            wrong.push(format!("{function}: {of_table} is needed: {describes}, and allowed: {}", !describes));
        }
        if sends != may_send(function) {
            wrong.push(format!("{function}: sends mail: {sends}, and may: {}", !sends));
        }
    }
    assert!(wrong.is_empty(), "infra/policies.yaml is wrong:\n{}", wrong.join("\n"));
}

/// The kind of a partition key: the key without the parts of one project, token or share.
fn kind(key: &str) -> String {
    let mut parts = key.split('#');
    match (parts.next().unwrap_or_default(), parts.nth(1)) {
        ("P", Some(feed)) if parts.next().is_none() && feed == "HEADS" => format!("P#*#{feed}"),
        (first @ ("P" | "M"), Some(feed)) => format!("{first}#*#{feed}#*"),
        (first @ ("V" | "P" | "S" | "I" | "B" | "M" | "N" | "E" | "DUE"), _) => format!("{first}#*"),
        _ => key.to_owned(),
    }
}

/// Whether a function may send mail, from the one address.
fn may_send(function: &str) -> bool {
    let statements = template::statements(function);
    let sends = statements.iter().filter(|statement| statement["Action"] == "ses:SendRawEmail");
    let senders = sends.map(|statement| text(&statement["Condition"]["StringEquals"]["ses:FromAddress"]));
    let found: Vec<bool> = senders.map(|sender| sender == "Senders").collect();
    assert!(found.iter().all(|is_from| *is_from), "{function} sends from another address");
    !found.is_empty()
}
