//! The cost of a list of many tokens, and how many of them one call reads.

use axum::body::Body;
use futures_util::{StreamExt as _, stream};
use http::Request;
use jeton_core::{
    event::Order,
    event_context::Actor,
    id::{NewTokenIds, TokenId},
    permission::Permissions,
    store::{Commit, Write},
    token::{Kind, NewToken, Settings, Sort},
};
use jeton_service::{app::Outcome, clock::entropy, operation::token_search::MAX_EXAMINED};

use crate::{measured, world::World};

/// How many tokens there are: more than a search in the order of creation reads.
const TOKENS: usize = MAX_EXAMINED + 500;

/// The memory limit of one call: a page of parsed tokens, the part that is answered, and the answer.
const MOST: usize = 16 << 20;

/// A list that reads all tokens, and answers one.
const PLAIN: &str = "/v2/storage/tokens?count=true&limit=1";

/// The calls that are compared with it.
const CALLS: [(&str, &str); 6] = [
    ("the longest list", "/v2/storage/tokens?count=true&limit=10000&sort=-description"),
    ("the creator", "/v2/storage/tokens?count=true&limit=10000&sort=-creator"),
    ("the rights", "/v2/storage/tokens?count=true&limit=10000&sort=-rights"),
    ("the last use", "/v2/storage/tokens?sort=-lastUsed&limit=10000"),
    ("a search that finds nothing", "/v2/storage/tokens?count=true&search=%C5%99%C5%99"),
    (
        "all filters",
        "/v2/storage/tokens?sort=expires&creator=1&bucket=in.x&component=x&unusedSince=2000-01-01&neverExpires=1",
    ),
];

pub async fn measure(world: &World, ids: &[TokenId], wrong: &mut Vec<String>) {
    for (kind, worst) in CALLS {
        for (size, path) in [("plain", PLAIN), ("whole", worst)] {
            let (answer, peak) = measured(world.answered(request(world, path))).await;
            println!("GET a list\t{kind}\t{kind}\t{size}\t0\t{peak}\t{}", answer.status);
            assert_eq!(answer.status, 200, "{path}");
            if peak > MOST {
                wrong.push(format!("{kind} of a list: {peak} bytes of memory"));
            }
        }
    }
    // Where a search that finds nothing goes on is the last token that it has read.
    let ends = [
        ("search=nothing", ids[MAX_EXAMINED - 1]),
        ("sort=-created&search=nothing", ids[ids.len() - MAX_EXAMINED]),
    ];
    for (query, last) in ends {
        let answer = world.answered(request(world, &format!("/v2/storage/tokens?{query}"))).await;
        let cursor = answer.link.as_deref().and_then(|link| link.split_once("after=")).map(|(_, rest)| rest);
        let place = cursor.and_then(|rest| Sort::OLDEST_FIRST.parse_cursor(rest.split_once('>')?.0));
        if place.map(|place| place.id) != Some(last) {
            wrong.push(format!("a list by {query} has not read exactly {MAX_EXAMINED} tokens"));
        }
    }
}

fn request(world: &World, path: &str) -> Request<Body> {
    let mut request = Request::get(path);
    for (name, value) in world.credentials(path) {
        request = request.header(name, value);
    }
    request.body(Body::empty()).unwrap()
}

/// Adds the tokens, and returns the ids of all tokens of the project, in order.
pub async fn fill(world: &World) -> Vec<TokenId> {
    let (app, project) = (&world.jeton.app, world.jeton.project);
    let new = NewToken {
        settings: Settings {
            description: "Příliš žluťoučký kůň".to_owned(),
            expires_in: None,
            permissions: Permissions {
                buckets: serde_json::from_str(r#"{"in.c-main":"write","out.c-main":"read"}"#).unwrap(),
                ..Permissions::default()
            },
        },
        creator_ends: None,
        kind: Kind::Limited,
        creator: None,
        member: None,
        owner: app.store.project(project).await.unwrap().unwrap().owner(),
    };
    let event_context = app.event_context(app.clock.now(), Actor::Jeton);
    let first = NewTokenIds::new(event_context.now.plus_seconds(60)).draw(&mut entropy()).number();
    let one = |id: u64| {
        let (new, event_context) = (new.clone(), app.event_context(event_context.now, Actor::Jeton));
        async move {
            let id = TokenId::new(id).unwrap();
            let (change, _) = new.create(project, id, &event_context, &mut entropy()).unwrap();
            let commit =
                Commit { writes: vec![Write::InsertToken(change.token)], events: vec![change.event] };
            assert!(matches!(app.commit(&commit).await, Ok(Outcome::Stored)));
        }
    };
    stream::iter(first..first + TOKENS as u64).map(one).buffer_unordered(256).collect::<Vec<()>>().await;
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = app.store.tokens(project, after, Order::Ascending, 1000, usize::MAX).await.unwrap();
        ids.extend(page.tokens.iter().map(|token| token.id));
        if !page.more {
            return ids;
        }
        after = page.last;
    }
}
