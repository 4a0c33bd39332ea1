//! The list of tokens: status, filters, orders, pages and the search.

use jeton_tests::{
    client::Answer,
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    random::words,
};
use serde_json::json;

const DAY: i64 = 86_400;

async fn start() -> (Jeton, ConsoleClient) {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    (jeton, console)
}

/// Disables a token.
pub(super) async fn disable(jeton: &Jeton, id: &str) {
    let path = format!("/v2/storage/tokens/{id}");
    jeton.put(&path).token(&jeton.master).json(&json!({"isDisabled": true})).send().await.expect(200);
}

/// The names of the tokens on a page, in their order.
pub(super) fn names(page: &str) -> Vec<String> {
    let rows = page.split("<td class=\"what\"").skip(1);
    let name = |row: &str| {
        let link = row.split_once("<a href=").unwrap().1.split_once('>').unwrap().1;
        link.split_once("</a>").unwrap().0.replace("&lt;", "<").replace("&gt;", ">")
    };
    rows.map(name).collect()
}

/// The row of a token, without tags.
fn row(page: &str, name: &str) -> String {
    let row = page.split("<tr role=\"row\">").skip(2).find(|row| row.contains(&format!(">{name}</a>")));
    words(row.unwrap_or_else(|| panic!("{name} is not on the page: {page}")).split("</tr>").next().unwrap())
}

/// The address of the link with these words, or with this relation.
pub(super) fn link(page: &str, words: &str) -> Option<String> {
    let at = page.find(words)?;
    let href = page[..at].rsplit_once("href=\"")?.1.split('"').next()?;
    Some(href.replace("&amp;", "&"))
}

pub(super) async fn text(answer: impl Future<Output = Answer>) -> String {
    answer.await.expect(200).text()
}

#[tokio::test]
async fn a_row_says_status_rights_owner_and_last_use_in_few_words() {
    let (jeton, console) = start().await;
    let wish = json!({"description": "Import", "bucketPermissions": {"in.c-a": "write", "in.c-b": "read"}, "canCreateJobs": true});
    let used = jeton.create(&wish).await;
    jeton.create(&json!({"description": "Fresh"})).await;
    jeton.create(&json!({"description": "Soon", "expiresIn": 3 * DAY + 60})).await;
    jeton.create(&json!({"description": "Later", "expiresIn": 31 * DAY})).await;
    jeton.create(&json!({"description": "Over", "expiresIn": 60})).await;
    let off = jeton.create(&json!({"description": "Off"})).await;
    disable(&jeton, &off.id).await;
    jeton.verify(&used.token).await;
    jeton.pass_seconds(3600);
    let page = text(console.open("tokens")).await;
    for (name, status) in [
        ("Import", "Active"),
        ("Fresh", "Never used"),
        ("Soon", "Expires in 2 d"),
        ("Later", "Never used"),
        ("Over", "Expired"),
        ("Off", "Disabled"),
    ] {
        assert!(row(&page, name).contains(status), "{name}: {}", row(&page, name));
    }
    let import = row(&page, "Import");
    for words in ["Read in.c-b, write in.c-a, jobs", "You", "today", "Never", "1 hour ago"] {
        assert!(import.contains(words), "{words}: {import}");
    }
    assert!(page.contains("title=\"15 January 2026 (UTC)\">today</time>"), "{page}");
    jeton.pass_seconds(3 * DAY);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    assert!(row(&text(console.open("tokens")).await, "Import").contains("3 days ago"));
}

#[tokio::test]
async fn tokens_of_others_name_their_owner_and_those_of_a_member_who_left_say_so() {
    let (jeton, console) = start().await;
    let eve = jeton.join("eve@example.org").await;
    jeton.create_by(&eve.token, &json!({"description": "Of Eve"})).await;
    assert!(row(&text(console.open("tokens")).await, "Of Eve").contains("eve@example.org"));
    jeton.remove_member("eve@example.org").await;
    let page = text(console.open("tokens?show=left")).await;
    assert_eq!(names(&page), ["Of Eve"]);
    assert!(row(&page, "Of Eve").contains("Left"), "{page}");
}

#[tokio::test]
async fn filters_are_links_that_add_and_remove_one_another_and_keep_search_and_order() {
    let (jeton, console) = start().await;
    let eve = jeton.join("eve@example.org").await;
    jeton.create_by(&eve.token, &json!({"description": "Of Eve", "expiresIn": DAY})).await;
    jeton.create(&json!({"description": "Mine", "expiresIn": DAY})).await;
    let off = jeton.create(&json!({"description": "Mine off"})).await;
    disable(&jeton, &off.id).await;
    for (show, expected) in [
        ("mine", &["Mine off", "Mine", ADMIN][..]),
        ("expiring", &["Of Eve", "Mine"]),
        ("disabled", &["Mine off"]),
        ("mine,expiring", &["Mine"]),
        ("mine,never", &["Mine off", ADMIN]),
        ("unused", &[]),
        ("nonsense,disabled", &["Mine off"]),
    ] {
        let page = text(console.open(&format!("tokens?show={show}&sort=-description"))).await;
        assert_eq!(names(&page), expected, "{show}");
    }
    let page = text(console.open("tokens?search=of&sort=description")).await;
    let added = link(&page, ">Expiring<").unwrap();
    assert!(added.ends_with("?search=of&show=expiring&sort=description"), "{added}");
    let page = text(console.open(&added)).await;
    assert_eq!(names(&page), ["Of Eve"]);
    assert!(link(&page, ">Expiring<").unwrap().ends_with("?search=of&sort=description"), "{page}");
    assert!(link(&page, ">Clear<").unwrap().ends_with("/tokens?sort=description"), "{page}");
    jeton.pass_seconds(91 * DAY);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    assert!(names(&text(console.open("tokens?show=unused")).await).contains(&"Mine off".to_owned()));
}

#[tokio::test]
async fn the_search_finds_names_without_accents_buckets_components_and_ids() {
    let (jeton, console) = start().await;
    let wish = json!({"description": "Příliš", "bucketPermissions": {"in.c-main": "read"}, "componentAccess": ["keboola.ex-db"]});
    let held = jeton.create(&wish).await;
    jeton.create(&json!({"description": "Other"})).await;
    for search in ["prilis", "C-MAIN", "ex-db", held.id.as_str()] {
        assert_eq!(
            names(&text(console.open(&format!("tokens?search={search}"))).await),
            ["Příliš"],
            "{search}"
        );
    }
    let none = text(console.open("tokens?search=nothing")).await;
    assert!(none.contains("No token matches the search.") && none.contains("value=\"nothing\""), "{none}");
    let long = console.open(&format!("tokens?search={}", "x".repeat(256))).await.expect(400).text();
    assert!(long.contains("id=\"search-problem\"") && long.contains("at most 255 characters"), "{long}");
    assert!(long.contains("Nothing was searched.") && !long.contains("No token"), "{long}");
}

#[tokio::test]
async fn every_column_with_an_order_sorts_by_a_link_and_turns_around_by_the_next() {
    let (jeton, console) = start().await;
    let created = [("b", 3), ("a", 1), ("c", 2)];
    for (name, days) in created {
        jeton.pass_seconds(1);
        jeton.create(&json!({"description": name, "expiresIn": days * DAY})).await;
    }
    let of = |page: &str| -> String { names(page).into_iter().filter(|name| name.len() == 1).collect() };
    let plain = text(console.open("tokens")).await;
    assert_eq!(of(&plain), "cab");
    for (column, first, second) in
        [(">Token<", "abc", "cba"), (">Expires<", "acb", "bca"), (">Created<", "bac", "cab")]
    {
        let page = text(console.open(&link(&plain, column).unwrap())).await;
        assert_eq!(of(&page), first, "{column}");
        assert_eq!(page.matches("aria-sort=").count(), 1, "{column}");
        let page = text(console.open(&link(&page, column).unwrap())).await;
        assert_eq!(of(&page), second, "{column}");
    }
    assert!(link(&plain, ">Last used<").unwrap().ends_with("?sort=%2DlastUsed"));
}

#[tokio::test]
async fn rights_and_owners_are_columns_to_sort_by() {
    let (jeton, console) = start().await;
    let eve = jeton.join("eve@example.org").await;
    jeton.create_by(&eve.token, &json!({"description": "a", "canManageBuckets": true})).await;
    jeton.create(&json!({"description": "b"})).await;
    let few = json!({"description": "c", "bucketPermissions": {"in.c-a": "read"}});
    jeton.create_by(&eve.token, &few).await;
    jeton
        .create(&json!({"description": "d", "bucketPermissions": {"in.c-a": "read", "in.c-b": "read"}}))
        .await;
    let of = |page: &str| -> String { names(page).into_iter().filter(|name| name.len() == 1).collect() };
    let plain = text(console.open("tokens")).await;
    // The most powerful first, and then Ada before Eve; those of one owner in the order of their ids.
    let by_rights = text(console.open(&link(&plain, ">Rights<").unwrap())).await;
    assert_eq!(of(&by_rights), "adcb");
    assert_eq!(of(&text(console.open(&link(&by_rights, ">Rights<").unwrap())).await), "bcda");
    let by_owner = text(console.open(&link(&plain, ">Owner<").unwrap())).await;
    let owners = |page: &str| of(page).replace(['b', 'd'], "A").replace(['a', 'c'], "E");
    assert_eq!(owners(&by_owner), "AAEE");
    assert_eq!(owners(&text(console.open(&link(&by_owner, ">Owner<").unwrap())).await), "EEAA");
}

#[tokio::test]
async fn pages_say_which_part_they_are_and_lead_to_the_next_and_the_previous_one_in_any_order() {
    let (jeton, console) = start().await;
    for number in 0..119 {
        jeton.create(&json!({"description": format!("Import {number:03}")})).await;
    }
    for query in
        ["tokens", "tokens?sort=description", "tokens?sort=-expires", "tokens?sort=-lastUsed&search=i"]
    {
        let mut at = Some(query.to_owned());
        let (mut forward, mut said) = (Vec::new(), Vec::new());
        let mut last = String::new();
        while let Some(path) = at {
            let page = text(console.open(&path)).await;
            forward.push(names(&page));
            said.push(
                words(page.split_once("aria-label=\"Pages\">").unwrap().1)
                    .trim_start()
                    .split(" of ")
                    .next()
                    .unwrap()
                    .to_owned(),
            );
            at = link(&page, "rel=\"next\"");
            last = path;
        }
        assert_eq!(said, ["1–50", "51–100", "101–120"], "{query}");
        let mut all: Vec<_> = forward.concat();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 120, "{query}");
        let mut at = Some(last);
        let mut backward = Vec::new();
        while let Some(path) = at {
            let page = text(console.open(&path)).await;
            assert!(page.contains(" of 120"), "{page}");
            backward.push(names(&page));
            at = link(&page, "rel=\"prev\"");
        }
        backward.reverse();
        assert_eq!(backward, forward, "{query}");
    }
}

#[tokio::test]
async fn in_place_of_a_page_whose_tokens_are_gone_there_is_the_one_beside_it() {
    let (jeton, console) = start().await;
    let mut ids = Vec::new();
    for number in 0..51 {
        jeton.pass_seconds(1);
        ids.push(jeton.create(&json!({"description": format!("Import {number}")})).await.id);
    }
    let first = text(console.open("tokens")).await;
    let next = link(&first, "rel=\"next\"").unwrap();
    jeton.delete(&format!("/v2/storage/tokens/{}", ids[0])).token(&jeton.master).send().await.expect(204);
    let page = text(console.open(&format!("{next}&search=import"))).await;
    assert_eq!(names(&page).len(), 50, "{page}");
    assert!(names(&page).contains(&"Import 1".to_owned()), "{page}");
    assert!(page.contains("1–50 of 50") && !page.contains("rel=\"prev\""), "{page}");
    assert!(!page.contains("rel=\"next\""), "{page}");
    // Before the newest one there is none, so it is the first page.
    let oldest = text(console.open("tokens?search=import&sort=created")).await;
    assert_eq!(names(&oldest)[0], "Import 1");
    let place = format!("[\"created\",0,{}]", ids[50]);
    let cursor = place.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let newest = text(console.open(&format!("tokens?search=import&before={cursor}"))).await;
    assert!(newest.contains("1–50 of 50"), "{newest}");
    for wrong in ["after=zz", "after=1&before=2", "sort=expires&after=5b5d"] {
        console.open(&format!("tokens?{wrong}")).await.expect(400);
    }
}
