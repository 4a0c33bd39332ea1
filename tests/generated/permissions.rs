//! The permission tables of docs/reference/api.md, from the permission module, which decides.
//!
//! The tables are the contract: review their changes before you accept them.

use std::fmt::Write as _;

use jeton_core::{
    Error,
    id::{CopyId, ProjectId, TokenId},
    permission::{
        Access, Ask, BucketId, Call, Caller, Capability, ComponentId, Permissions, Question, Rank,
        call::{CopyKind, Target},
        capability::GrantedBy,
        question::BucketAsk,
    },
};
use jeton_tests::copy;

/// The callers, one for each column.
const CALLERS: [(&str, Rank, CopyKind); 9] = [
    ("master", Rank::Master, CopyKind::Full),
    ("read-only member", Rank::Reader, CopyKind::Full),
    ("manager", Rank::Manager, CopyKind::Full),
    ("limited", Rank::Limited, CopyKind::Full),
    ("manager, picked-up copy", Rank::Manager, CopyKind::PickedUp),
    ("limited, picked-up copy", Rank::Limited, CopyKind::PickedUp),
    ("master, superseded copy", Rank::Master, CopyKind::Superseded { picked_up: false }),
    ("master, grace copy", Rank::Master, CopyKind::Ending),
    ("limited, grace copy", Rank::Limited, CopyKind::Ending),
];

#[test]
fn who_may_make_which_call_is_as_documented() {
    let mut table = String::from("| call | target |");
    for (name, ..) in CALLERS {
        write!(table, " {name} |").unwrap();
    }
    table.push_str("\n| --- | --- |");
    table.push_str(&" --- |".repeat(CALLERS.len()));
    for (name, call) in [
        ("verify", Call::Verify),
        ("ask", Call::Ask),
        ("ticket", Call::Ticket),
        ("list", Call::List),
        ("events", Call::Events),
        ("post event", Call::PostEvent),
        ("bucket and table events", Call::ObjectEvents),
    ] {
        row(&mut table, name, "", |caller| caller.may_address(call, None));
    }
    for (name, call) in [("create", Call::Create), ("put component token (new)", Call::PutComponentToken)] {
        row(&mut table, name, "within the caller's rights", |caller| caller.may_make(call, &narrow()));
        row(&mut table, name, "beyond them", |caller| caller.may_make(call, &beyond()));
        row(&mut table, name, "with `canManageTokens`", |caller| caller.may_make(call, &managing()));
    }
    for (name, call) in [
        ("detail", Call::Detail),
        ("token events", Call::TokenEvents),
        ("update", Call::Update),
        ("delete", Call::Delete),
        ("delete copy", Call::RevokeCopy),
        ("refresh", Call::Refresh),
        ("share", Call::Share),
        ("withdraw share", Call::WithdrawShare),
    ] {
        row(&mut table, name, "itself", |caller| {
            let permissions = caller.permissions.clone();
            caller.may(call, Target { id: caller.id, rank: caller.rank, permissions: &permissions })
        });
        for (target, rank, permissions) in [
            ("another, within the caller's rights", Rank::Limited, narrow()),
            ("another, beyond them", Rank::Limited, beyond()),
            ("another manager", Rank::Manager, managing()),
            ("another master", Rank::Master, Permissions::everything()),
        ] {
            row(&mut table, name, target, |caller| {
                caller.may(call, Target { id: id(2), rank, permissions: &permissions })
            });
        }
    }
    for (name, call) in [
        ("put component token (existing)", Call::PutComponentToken),
        ("delete component token", Call::DeleteComponentToken),
    ] {
        for (target, permissions) in [("within the caller's rights", narrow()), ("beyond them", beyond())] {
            row(&mut table, name, target, |caller| {
                caller.may(call, Target { id: id(2), rank: Rank::Limited, permissions: &permissions })
            });
        }
    }
    assert_documented("who may call", &table);
}

#[test]
fn what_a_question_is_answered_is_as_documented() {
    let mut tokens: Vec<(String, Permissions)> = vec![
        ("nothing".to_owned(), Permissions::default()),
        ("read `in.c-a`".to_owned(), bucket("in.c-a", Access::Read)),
        ("write `in.c-a`".to_owned(), bucket("in.c-a", Access::Write)),
        (
            "component `x`".to_owned(),
            Permissions { components: [component("x")].into(), ..Permissions::default() },
        ),
    ];
    for row in Capability::rows().filter(|row| row.granted_by == GrantedBy::Holder) {
        tokens.push((format!("`{}`", row.flag), with(row.capability, Permissions::default())));
    }
    tokens.push(("master".to_owned(), Permissions::everything()));
    let mut table = String::from("| asked |");
    for (name, _) in &tokens {
        write!(table, " {name} |").unwrap();
    }
    table.push_str(" manager | reason when denied |\n| --- |");
    table.push_str(&" --- |".repeat(tokens.len() + 2));
    for ask in asks() {
        write!(table, "\n| {ask} |").unwrap();
        let question = Question::new("table.shown", vec![ask]).unwrap();
        let manager = with(Capability::ManageTokens, Permissions::default());
        for rights in tokens.iter().map(|(_, rights)| rights).chain([&manager]) {
            let answer = question.answer(rights);
            // The one denial that depends on the token describes its rights.
            let cell = if answer.allowed {
                "yes"
            } else if answer.reason.contains("only read") {
                "no ¹"
            } else {
                "no"
            };
            write!(table, " {cell} |").unwrap();
        }
        write!(table, " {} |", question.answer(&Permissions::default()).reason).unwrap();
    }
    assert_documented("what a question is answered", &table);
}

#[test]
fn the_capabilities_are_as_documented() {
    let mut table = String::from("| field | in questions | right | granted by | changed by an update |");
    table.push_str("\n| --- | --- | --- | --- | --- |");
    for row in Capability::rows() {
        let about = row.about.replacen(|_: char| true, &row.about[..1].to_lowercase(), 1);
        let by = match row.granted_by {
            GrantedBy::Holder => "managers that have it",
            GrantedBy::ManageToken { .. } => "manage tokens",
        };
        let editable = if row.editable { "yes" } else { "no: another value is 400" };
        write!(table, "\n| `{}` | `{}` | {about} | {by} | {editable} |", row.flag, row.word).unwrap();
    }
    assert_documented("capabilities", &table);
}

fn asks() -> Vec<Ask> {
    // A manager has the last column, and so the last row.
    let (managing, others): (Vec<_>, Vec<_>) =
        Capability::ALL.into_iter().partition(|capability| *capability == Capability::ManageTokens);
    let in_bucket = |name: &str, ask| Ask::Bucket(BucketId::parse(name).unwrap(), ask);
    let mut asks = vec![
        in_bucket("in.c-a", BucketAsk::Read),
        in_bucket("in.c-a", BucketAsk::Write),
        in_bucket("in.c-a", BucketAsk::Manage),
        in_bucket("in.c-b", BucketAsk::Read),
        Ask::Component(component("x")),
        Ask::Component(component("y")),
    ];
    asks.extend(others.into_iter().chain(managing).map(Ask::Capability));
    asks
}

fn row(table: &mut String, name: &str, target: &str, decide: impl Fn(&Caller) -> Result<(), Error>) {
    write!(table, "\n| {name} | {target} |").unwrap();
    for (_, rank, copy_kind) in CALLERS {
        let cell = match decide(&caller(rank, copy_kind)) {
            Ok(()) => "yes",
            Err(Error::Forbidden(_)) => "403",
            Err(Error::CopySuperseded { .. }) => "403 `tokenSuperseded`",
            Err(Error::CannotShareMaster) => "403 `cannotShareMasterToken`",
            Err(error) => panic!("no decision about permission: {error}"),
        };
        write!(table, " {cell} |").unwrap();
    }
}

fn caller(rank: Rank, copy_kind: CopyKind) -> Caller {
    let permissions = match rank {
        Rank::Master => Permissions::everything(),
        Rank::Manager => with(Capability::ManageTokens, bucket("in.c-a", Access::Write)),
        Rank::Reader => Permissions::default(),
        Rank::Limited => bucket("in.c-a", Access::Write),
    };
    Caller {
        project: ProjectId::new(1).unwrap(),
        id: id(1),
        rank,
        permissions: permissions.into(),
        copy: Some(CopyId(1)),
        copy_kind,
        copy_ends: None,
        ends_older_copies: false,
    }
}

fn id(number: u64) -> TokenId {
    TokenId::new(number).unwrap()
}

fn component(name: &str) -> ComponentId {
    ComponentId::parse(name).unwrap()
}

fn bucket(name: &str, access: Access) -> Permissions {
    Permissions { buckets: [(BucketId::parse(name).unwrap(), access)].into(), ..Permissions::default() }
}

fn with(capability: Capability, rights: Permissions) -> Permissions {
    Permissions { capabilities: rights.capabilities.with(capability), ..rights }
}

fn narrow() -> Permissions {
    bucket("in.c-a", Access::Read)
}

fn beyond() -> Permissions {
    bucket("in.c-b", Access::Read)
}

fn managing() -> Permissions {
    with(Capability::ManageTokens, narrow())
}

fn assert_documented(name: &str, table: &str) {
    copy::is_part("docs/reference/api.md", &format!("<!-- table: {name} -->"), "<!-- end -->", table);
}
