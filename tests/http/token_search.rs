//! `GET /v2/storage/tokens` with filters, an order, a cursor or a count.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jeton_tests::{client::Answer, jeton::Jeton, reading::pluck};
use serde_json::{Value, json};

const PATH: &str = "/v2/storage/tokens";

const DAY: i64 = 86_400;

async fn found(jeton: &Jeton, query: &str) -> Answer {
    jeton.read(&jeton.master, &format!("{PATH}?{query}")).await
}

/// The descriptions in alphabetical order, since tokens of one second are in no order.
fn any_order(answer: &Answer) -> Vec<String> {
    let mut names = descriptions(answer);
    names.sort();
    names
}

fn descriptions(answer: &Answer) -> Vec<String> {
    pluck(answer.json().as_array().unwrap(), "description")
}

fn total(answer: &Answer) -> Option<&str> {
    answer.header("x-total-count")
}

/// The path of the next page in an answer.
fn next(jeton: &Jeton, answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let url = link.strip_prefix('<')?.split_once(">; rel=\"next\"")?.0;
    Some(url.strip_prefix(jeton.url.as_str()).unwrap().to_owned())
}

/// The descriptions on all pages.
async fn on_all_pages(jeton: &Jeton, query: &str) -> Vec<String> {
    let mut answer = found(jeton, query).await;
    let mut all = descriptions(&answer);
    while let Some(path) = next(jeton, &answer) {
        answer = jeton.read(&jeton.master, &path).await;
        all.extend(descriptions(&answer));
    }
    all
}

#[tokio::test]
async fn each_filter_finds_what_it_names_and_all_of_them_together_what_matches_each() {
    let jeton = Jeton::start().await;
    let manager = jeton
        .create_manager(json!({"description": "manager", "canManageBuckets": true, "expiresIn": 90 * DAY}))
        .await;
    let wish = json!({"description": "Příliš žluťoučký", "expiresIn": 10 * DAY,
        "bucketPermissions": {"in.c-main": "read"}});
    let made = jeton.create_by(&manager.token, &wish).await;
    let off = jeton.create(&json!({"description": "off", "componentAccess": ["keboola.ex-db"]})).await;
    jeton
        .put(&format!("{PATH}/{}", off.id))
        .token(&jeton.master)
        .json(&json!({"isDisabled": true}))
        .send()
        .await
        .expect(200);
    let by = format!("creator={}", manager.id);
    for (query, expected) in [
        ("search=prilis", vec!["Příliš žluťoučký"]),
        ("search=PRILIS%20ZLU", vec!["Příliš žluťoučký"]),
        ("search=C-MAIN", vec!["Příliš žluťoučký"]),
        ("search=ex-db", vec!["off"]),
        ("search=nothing", vec![]),
        (by.as_str(), vec!["Příliš žluťoučký"]),
        ("creator=ADMIN@example.org", vec!["off"]),
        ("bucket=in.c-main", vec!["Příliš žluťoučký"]),
        ("bucket=in.c-other", vec![]),
        ("component=keboola.ex-db", vec!["off"]),
        ("isDisabled=true", vec!["off"]),
        ("neverExpires=1&isDisabled=0", vec!["admin@example.org"]),
        ("neverExpires=false", vec!["Příliš žluťoučký", "manager"]),
        ("creatorGone=true", vec![]),
        ("search=o&neverExpires=true&isDisabled=true", vec!["off"]),
        ("search=off&bucket=in.c-main", vec![]),
    ] {
        let answer = found(&jeton, query).await;
        let names = any_order(&answer);
        assert_eq!(names, expected, "{query}");
        assert_eq!((answer.header("link"), total(&answer)), (None, None), "{query}");
    }
    let itself = found(&jeton, &format!("search={}", made.id)).await;
    assert_eq!(itself.json()[0]["id"], made.id);
}

#[tokio::test]
async fn unused_tokens_are_those_that_were_there_and_made_no_call_since_a_day() {
    let jeton = Jeton::start().await;
    jeton.create(&json!({"description": "never used"})).await;
    let used = jeton.create(&json!({"description": "used later"})).await;
    jeton.pass_seconds(2 * DAY);
    jeton.verify(&used.token).await;
    jeton.create(&json!({"description": "new"})).await;
    let today = jeton.detail(&used.id).await["lastUsed"].as_str().unwrap().to_owned();
    let unused = |day: &str| format!("sort=created&search=e&unusedSince={day}");
    assert_eq!(any_order(&found(&jeton, &unused(&today)).await), ["never used"]);
    assert!(any_order(&found(&jeton, &unused("2000-01-01")).await).is_empty());
    jeton.pass_seconds(DAY);
    let tomorrow = found(&jeton, &unused("2999-12-31")).await;
    assert_eq!(any_order(&tomorrow), ["admin@example.org", "never used", "new", "used later"]);
}

#[tokio::test]
async fn tokens_that_expire_before_a_day_are_found_with_those_that_have_expired() {
    let jeton = Jeton::start().await;
    jeton.create(&json!({"description": "first", "expiresIn": 60})).await;
    let second = jeton.create(&json!({"description": "second", "expiresIn": 3 * DAY})).await;
    jeton.create(&json!({"description": "endless"})).await;
    let end = jeton.detail(&second.id).await["expires"].as_str().unwrap()[..10].to_owned();
    jeton.pass_seconds(60);
    assert_eq!(any_order(&found(&jeton, &format!("expiresBefore={end}")).await), ["first"]);
    assert_eq!(any_order(&found(&jeton, "expiresBefore=2999-12-31").await), ["first", "second"]);
}

#[tokio::test]
async fn a_token_whose_creator_has_left_is_found_as_such() {
    let jeton = Jeton::start().await;
    let ada = jeton.join("ada@example.org").await;
    jeton.create_by(&ada.token, &json!({"description": "left behind"})).await;
    jeton.create(&json!({"description": "kept"})).await;
    let member = format!("/manage/projects/{}/users/ada@example.org", jeton.project);
    jeton.delete(&member).manage(&jeton.manage).send().await.expect(204);
    assert_eq!(any_order(&found(&jeton, "creatorGone=true").await), ["left behind"]);
    let others = any_order(&found(&jeton, "creatorGone=false").await);
    assert_eq!(others, ["admin@example.org", "kept"]);
}

#[tokio::test]
async fn every_order_has_each_token_once_on_pages_of_any_size() {
    let jeton = Jeton::start().await;
    for (name, expires) in [("Čáp", Some(300)), ("bear", None), ("Ant", Some(100)), ("dog", Some(200))] {
        jeton.pass_seconds(1);
        let held = jeton.create(&json!({"description": name, "expiresIn": expires})).await;
        if name == "bear" {
            jeton.verify(&held.token).await;
        }
    }
    for (sort, expected) in [
        ("created", ["Čáp", "bear", "Ant", "dog"]),
        ("-created", ["dog", "Ant", "bear", "Čáp"]),
        ("description", ["Ant", "bear", "Čáp", "dog"]),
        ("-description", ["dog", "Čáp", "bear", "Ant"]),
        ("expires", ["Ant", "dog", "Čáp", "bear"]),
        ("-expires", ["bear", "Čáp", "dog", "Ant"]),
        ("lastUsed", ["Čáp", "Ant", "dog", "bear"]),
        ("-lastUsed", ["bear", "dog", "Ant", "Čáp"]),
    ] {
        for limit in [1, 2, 3, 10] {
            let mut all = on_all_pages(&jeton, &format!("sort={sort}&limit={limit}&count=true")).await;
            all.retain(|name| name != "admin@example.org");
            assert_eq!(all, expected, "{sort} by {limit}");
        }
    }
}

#[tokio::test]
async fn tokens_of_one_person_and_equal_rights_are_together_on_pages_of_any_size() {
    let jeton = Jeton::start().await;
    // Tokens of one second are in no order.
    jeton.pass_seconds(1);
    let zoe = jeton.join("zoe@example.org").await;
    jeton.pass_seconds(1);
    let manager = jeton.create_manager(json!({"description": "Importer", "canManageBuckets": true})).await;
    for (by, name, rights) in [
        (&jeton.master, "m1", json!({"bucketPermissions": {"in.c-a": "read"}})),
        (&zoe.token, "z1", json!({"bucketPermissions": {"in.c-a": "write"}})),
        (&manager.token, "i1", json!({"componentAccess": ["keboola.ex-db"]})),
        (&jeton.master, "m2", json!({"bucketPermissions": {"in.c-a": "write"}})),
        (&zoe.token, "z2", json!({})),
        (&manager.token, "i2", json!({"bucketPermissions": {"in.c-b": "read"}})),
        (&jeton.master, "m3", json!({"canManageBuckets": true})),
    ] {
        jeton.pass_seconds(1);
        let mut wish = rights;
        wish["description"] = json!(name);
        jeton.create_by(by, &wish).await;
    }
    // The own tokens of the admin, who is Ada Admin, and of Zoe, and the manager, which is nobody's.
    let creators =
        ["Importer", "admin@example.org", "m1", "m2", "m3", "i1", "i2", "zoe@example.org", "z1", "z2"];
    let rights =
        ["z2", "i1", "m1", "i2", "z1", "m2", "m3", "Importer", "admin@example.org", "zoe@example.org"];
    for limit in [1, 3, 20] {
        let pages = |sort: &str| format!("sort={sort}&limit={limit}&count=true");
        for (sort, expected) in [("creator", creators), ("rights", rights)] {
            let all = on_all_pages(&jeton, &pages(sort)).await;
            assert_eq!(all, expected, "{sort} by {limit}");
            let mut reversed = on_all_pages(&jeton, &pages(&format!("-{sort}"))).await;
            reversed.reverse();
            assert_eq!(reversed, expected, "-{sort} by {limit}");
        }
    }
    // The tokens of who has left stay behind, under one name.
    let member = format!("/manage/projects/{}/users/zoe@example.org", jeton.project);
    jeton.delete(&member).manage(&jeton.manage).send().await.expect(204);
    let left = on_all_pages(&jeton, "sort=creator&limit=2").await;
    assert_eq!(left, ["Importer", "admin@example.org", "m1", "m2", "m3", "z1", "z2", "i1", "i2"]);
}

#[tokio::test]
async fn the_count_is_of_all_pages_and_only_where_it_is_asked_for() {
    let jeton = Jeton::start().await;
    for _ in 0..4 {
        jeton.create(&json!({"description": "one"})).await;
    }
    let first = found(&jeton, "search=one&limit=3&count=true").await;
    assert_eq!((descriptions(&first).len(), total(&first)), (3, Some("4")));
    let second = jeton.read(&jeton.master, &next(&jeton, &first).unwrap()).await;
    assert_eq!((descriptions(&second).len(), total(&second)), (1, Some("4")));
    assert_eq!(next(&jeton, &second), None);
    let plain = found(&jeton, "limit=3&count=&isDisabled=&search=&sort=&after=").await;
    assert_eq!((descriptions(&plain).len(), total(&plain), next(&jeton, &plain)), (3, None, None));
}

#[tokio::test]
async fn tokens_that_stay_are_on_one_page_while_others_come_and_go_and_a_cursor_is_of_no_token_in_particular()
{
    let jeton = Jeton::start().await;
    let mut made = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        made.push(jeton.create(&json!({"description": name})).await.id);
    }
    let first = found(&jeton, "sort=-description&limit=2").await;
    assert_eq!(descriptions(&first), ["e", "d"]);
    // The last one of the page goes, and one of the page to come; a new one belongs to the first page.
    for gone in [3, 1] {
        jeton.delete(&format!("{PATH}/{}", made[gone])).token(&jeton.master).send().await.expect(204);
    }
    jeton.create(&json!({"description": "f"})).await;
    let rest = jeton.read(&jeton.master, &next(&jeton, &first).unwrap()).await;
    assert_eq!(descriptions(&rest), ["c", "admin@example.org"]);
}

#[tokio::test]
async fn a_token_that_manages_none_finds_itself_or_nothing() {
    let jeton = Jeton::start().await;
    jeton.create(&json!({"description": "other"})).await;
    let limited = jeton.create(&json!({"description": "limited"})).await;
    for (query, expected) in [
        ("count=1", vec!["limited"]),
        ("search=other&count=1", vec![]),
        ("sort=-lastUsed&count=1", vec!["limited"]),
    ] {
        let answer = jeton.read(&limited.token, &format!("{PATH}?{query}")).await;
        assert_eq!(descriptions(&answer), expected, "{query}");
        assert_eq!(total(&answer), Some(expected.len().to_string().as_str()), "{query}");
    }
}

#[tokio::test]
async fn values_that_make_no_sense_are_named() {
    let jeton = Jeton::start().await;
    let cursor = next(&jeton, &{
        jeton.create(&json!({})).await;
        found(&jeton, "sort=expires&limit=1").await
    });
    let cursor = cursor.unwrap().split_once("after=").unwrap().1.to_owned();
    let long = format!("search={}", "x".repeat(256));
    let of_another = format!("sort=lastUsed&after={cursor}");
    let both = format!("sort=expires&after={cursor}&afterId=5");
    for (query, field) in [
        ("sort=id", "sort"),
        ("sort=--created", "sort"),
        ("sort=owner", "sort"),
        ("after=xyz", "after"),
        (&of_another, "after"),
        (&both, "after"),
        ("sort=created&afterId=5", "afterId"),
        ("count=2", "count"),
        (&long, "search"),
        ("creator=someone", "creator"),
        ("bucket=main", "bucket"),
        ("component=a%20b", "component"),
        ("unusedSince=2026-02-30", "unusedSince"),
        ("unusedSince=2026-2-1", "unusedSince"),
        ("expiresBefore=tomorrow", "expiresBefore"),
        ("neverExpires=maybe", "neverExpires"),
        ("isDisabled=2", "isDisabled"),
        ("creatorGone=x", "creatorGone"),
    ] {
        let answer = jeton.get(&format!("{PATH}?{query}")).token(&jeton.master).send().await;
        assert!(answer.expect_error(400, "validationError").contains(field), "{query}");
    }
}

#[tokio::test]
async fn a_page_of_large_tokens_ends_at_2_megabytes_and_leads_to_the_rest() {
    let jeton = Jeton::start().await;
    let buckets: Value = (0..1100).map(|n| (format!("in.{n:x}"), json!("write"))).collect();
    for part in 0..7 {
        let wish =
            |n: i32| json!({"description": format!("{}", 20 * part + n), "bucketPermissions": buckets});
        let wishes: Vec<_> = (0..20).map(wish).collect();
        join_all(wishes.iter().map(|wish| jeton.create(wish))).await;
    }
    let mut answer = found(&jeton, "sort=description").await;
    let mut all = descriptions(&answer);
    let mut pages = 1;
    while let Some(path) = next(&jeton, &answer) {
        assert!(answer.body.len() <= 2_000_000 + 1000, "{}", answer.body.len());
        answer = jeton.read(&jeton.master, &path).await;
        all.extend(descriptions(&answer));
        pages += 1;
    }
    let each: BTreeSet<_> = all.iter().collect();
    assert_eq!((all.len(), each.len()), (141, 141));
    assert!(pages >= 2, "{pages}");
}

#[tokio::test]
async fn many_searches_of_one_token_at_once_are_answered_or_told_to_come_again_and_others_are_answered() {
    let jeton = Jeton::start().await;
    for _ in 0..20 {
        jeton.create(&json!({"description": "x"})).await;
    }
    let search = || async {
        jeton.get(&format!("{PATH}?sort=-lastUsed&count=true&search=x")).token(&jeton.master).send().await
    };
    let verify = || async { jeton.verify(&jeton.master).await };
    let (searched, verified) =
        tokio::join!(join_all((0..64).map(|_| search())), join_all((0..64).map(|_| verify())));
    assert!(verified.iter().all(|status| *status == 200));
    for answer in searched {
        let status = answer.status.as_u16();
        assert!(status == 200 || (status == 503 && answer.header("retry-after").is_some()), "{status}");
    }
}
