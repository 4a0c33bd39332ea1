//! The way back from a page of a token, and from an action, to the page of the list that it was opened from.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

use super::{hidden, last_form, submit_last};

/// A project with two pages of tokens, of which the second one has `Import 50` to `Import 52`, and that page.
async fn start() -> (Jeton, ConsoleClient, Vec<String>, String) {
    let jeton = Jeton::start().await;
    let mut ids = Vec::new();
    for number in 0..53 {
        ids.push(jeton.create(&json!({"description": format!("Import {number:02}")})).await.id);
    }
    jeton.pass_seconds(1);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let first = page(&console, "tokens?search=import&sort=description").await;
    let second = link(&first, "rel=\"next\"");
    (jeton, console, ids, second)
}

async fn page(console: &ConsoleClient, path: &str) -> String {
    console.open(path).await.expect(200).text()
}

/// The address of the last link before these words.
fn link(page: &str, words: &str) -> String {
    let at = page.find(words).unwrap_or_else(|| panic!("{words}: {page}"));
    // The attributes of a link may be in front of the words, or after them.
    let href = page[..at].rsplit_once("href=\"").unwrap_or_else(|| panic!("no link: {page}")).1;
    href.split('"').next().unwrap().replace("&amp;", "&")
}

/// The address of an item of the menu of a row.
fn of_row(page: &str, id: &str, what: &str) -> String {
    let path = format!("/{id}/{what}?back=");
    let at = page.find(&path).unwrap_or_else(|| panic!("{path}: {page}"));
    let start = page[..at].rfind('"').unwrap() + 1;
    page[start..].split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test]
async fn an_action_on_a_row_leads_back_to_its_page_of_the_list_with_what_was_done() {
    let (jeton, console, ids, second) = start().await;
    for (what, fields, told) in [
        ("switch", &[][..], "The token “Import 50” is disabled."),
        ("switch", &[], "The token “Import 50” is enabled."),
        ("extend", &[("by", "30")], "The token “Import 50” now expires on"),
        ("delete", &[], "The token “Import 50” is deleted."),
    ] {
        let list = page(&console, &second).await;
        let asks = page(&console, &of_row(&list, &ids[50], what)).await;
        assert_eq!(link(&asks, ">Cancel<"), second, "{what}");
        let answer = submit_last(&console, &asks, fields).await.expect(303);
        assert_eq!(answer.header("location"), Some(second.as_str()), "{what}");
        let list = page(&console, &second).await;
        assert!(list.contains(told) && list.contains("Import 52"), "{told}: {list}");
    }
    let gone = jeton.get(&format!("/v2/storage/tokens/{}", ids[50])).token(&jeton.master).send().await;
    gone.expect_error(404, "storage.tokens.notFound");
}

#[tokio::test]
async fn a_new_secret_and_a_sent_share_lead_back_to_the_list_and_a_duplicate_to_its_own_page() {
    let (_jeton, console, ids, second) = start().await;
    let list = page(&console, &second).await;
    let asks = page(&console, &of_row(&list, &ids[51], "refresh")).await;
    let shown = submit_last(&console, &asks, &[("old", "end")]).await.expect(200).text();
    assert_eq!(link(&shown, ">Done<"), second);
    let asks = page(&console, &of_row(&list, &ids[51], "share")).await;
    let fields = [("recipientEmail", "bob@example.org"), ("message", ""), ("expiresIn", "3600")];
    // A mistake keeps the place.
    let wrong = submit_last(&console, &asks, &[("recipientEmail", "bob@")]).await.expect(400).text();
    let sent = submit_last(&console, &wrong, &fields).await.expect(200).text();
    assert_eq!(link(&sent, ">Done<"), second);
    let like = page(&console, &link(&list, ">Duplicate<")).await;
    assert_eq!(link(&like, ">Cancel<"), second);
    let other = page(&console, &link(&like, "<strong>Load data")).await;
    assert_eq!(link(&other, ">Cancel<"), second, "another purpose keeps the place");
    let fields = [("description", "Copy"), ("expires", "never"), ("jobs", "1")];
    let shown = submit_last(&console, &like, &fields).await.expect(201).text();
    let made = page(&console, &link(&shown, ">Done<")).await;
    assert!(made.contains(">Copy "), "{made}");
    assert_eq!(link(&made, ">Tokens</a></p>"), second);
    let new = page(&console, &link(&list, ">New token<")).await;
    assert_eq!(link(&new, ">Cancel<"), second);
}

#[tokio::test]
async fn an_action_on_the_page_of_a_token_leads_back_to_it_and_from_there_to_the_page_of_the_list() {
    let (_jeton, console, ids, second) = start().await;
    let list = page(&console, &second).await;
    let own = link(&list, ">Import 51</a>");
    let token = page(&console, &own).await;
    assert_eq!(link(&token, ">Tokens</a></p>"), second);
    for (path, told) in [
        (link(&token, "data-dialog>Disable<"), "is disabled."),
        (link(&token, "data-dialog>Delete copy<"), "Copy 1 is ended."),
    ] {
        let asks = page(&console, &path).await;
        assert_eq!(link(&asks, ">Cancel<"), own);
        let answer = submit_last(&console, &asks, &[]).await.expect(303);
        assert_eq!(answer.header("location"), Some(own.as_str()));
        let after = page(&console, &own).await;
        assert!(after.contains(told), "{after}");
        assert_eq!(link(&after, ">Tokens</a></p>"), second);
    }
    let shown = (hidden(&token, "form"), hidden(&token, "back"), hidden(&token, "shown"));
    let edit =
        [("form", shown.0.as_str()), ("back", &shown.1), ("shown", &shown.2), ("description", "Edited")];
    // It was disabled since, which no edit replaces.
    let answer = console.send_form(&format!("tokens/{}", ids[51]), &edit).await.expect(303);
    assert_eq!(answer.header("location"), Some(own.as_str()));
    let asks = page(&console, &link(&token, "data-dialog>Delete</a>")).await;
    let answer = submit_last(&console, &asks, &[]).await.expect(303);
    assert_eq!(answer.header("location"), Some(second.as_str()));
}

#[tokio::test]
async fn selected_tokens_and_all_of_a_list_lead_back_to_the_page_that_they_were_chosen_on() {
    let (_jeton, console, ids, second) = start().await;
    let list = page(&console, &second).await;
    let back = hidden(&list, "back");
    let of_list = [("search", "import"), ("sort", "description"), ("back", back.as_str())];
    let query: Vec<_> = of_list.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let selected = format!("tokens/actions?action=disable&tokens[]={}&{}", ids[52], query.join("&"));
    for asks in [selected, link(&list, ">delete</a>")] {
        let asks = page(&console, &asks).await;
        assert_eq!(link(&asks, ">Cancel<"), second);
        let answer = submit_last(&console, &asks, &[]).await.expect(303);
        assert_eq!(answer.header("location"), Some(second.as_str()));
    }
    // All of them are gone.
    let list = page(&console, &second).await;
    assert!(
        list.contains("53 tokens are deleted.") && list.contains("No token matches the search."),
        "{list}"
    );
}

#[tokio::test]
async fn a_dry_run_the_question_for_a_token_to_copy_and_a_token_that_is_gone_lead_back_to_the_list() {
    let (jeton, console, ids, second) = start().await;
    let list = page(&console, &second).await;
    let all = page(&console, &link(&list, ">delete</a>")).await;
    assert_eq!(link(&page(&console, &link(&all, "Import 00</a>")).await, ">Tokens</a></p>"), second);
    let new = page(&console, &link(&list, ">New token<")).await;
    let which = page(&console, &link(&new, "<strong>Like")).await;
    assert_eq!(link(&which, ">Cancel<"), second);
    let gone = of_row(&list, &ids[50], "extend");
    jeton.delete(&format!("/v2/storage/tokens/{}", ids[50])).token(&jeton.master).send().await.expect(204);
    let gone = console.open(&gone).await.expect(404).text();
    assert_eq!(link(&gone, ">Back to the tokens<"), second);
}

#[tokio::test]
async fn a_place_that_is_no_page_of_the_list_leads_nowhere_else() {
    let (jeton, console, ids, _) = start().await;
    let own = format!("/console/projects/{}/tokens/{}", jeton.project, ids[0]);
    for nonsense in
        ["//evil.example", "https://evil.example", "show=mine&next=//evil.example", "/console/sign-out"]
    {
        let asks = page(&console, &format!("{own}/switch?back={}", encoded(nonsense))).await;
        assert!(!asks.contains("evil") && !asks.contains("name=\"back\""), "{asks}");
        assert_eq!(link(&asks, ">Cancel<"), own);
        let (to, fields) = last_form(&asks);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = console.send_form(&to, &[&fields[..], &[("back", nonsense)]].concat()).await;
        assert_eq!(answer.expect(303).header("location"), Some(own.as_str()), "{nonsense}");
    }
}

#[tokio::test]
async fn a_sign_in_in_the_middle_of_an_action_leads_back_to_the_same_page_of_the_list() {
    let (jeton, console, ids, second) = start().await;
    let list = page(&console, &second).await;
    let asks = [
        page(&console, &of_row(&list, &ids[50], "extend")).await,
        page(&console, &of_row(&list, &ids[51], "switch")).await,
        page(&console, &link(&list, ">delete</a>")).await,
    ];
    jeton.pass_seconds(43_200);
    for (asks, leads) in asks.iter().zip([&second, &second, ""]) {
        let ended = submit_last(&console, asks, &[("by", "30")]).await.expect(401).text();
        let then = hidden(&ended, "then");
        let browser = ConsoleClient::new(&jeton);
        browser.send_form("/console/sign-in", &[("email", ADMIN), ("then", &then)]).await.expect(200);
        let mail = jeton.sign_in_mail(ADMIN).await;
        let answer = browser.types_code(&mail, &mail.code).await.expect(303);
        let to = answer.header("location").unwrap();
        if leads.is_empty() {
            assert_eq!(to, second, "an action on many tokens begins again on the list");
            continue;
        }
        let again = page(&browser, to).await;
        assert_eq!(link(&again, ">Cancel<"), leads);
        let answer = submit_last(&browser, &again, &[("by", "30")]).await.expect(303);
        assert_eq!(answer.header("location"), Some(leads));
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn a_new_sign_in_for_a_refresh_and_tokens_that_may_be_meant_keep_the_place() {
    let (jeton, console, _, second) = start().await;
    let back = hidden(&page(&console, &second).await, "back");
    let like = format!("tokens/new?purpose=like&like=import&back={}", encoded(&back));
    let asks = console.open(&like).await.expect(400).text();
    let meant = asks.split_once("Tokens that may be meant").unwrap_or_else(|| panic!("{asks}")).1;
    let chosen = page(&console, &link(meant, ">Import ")).await;
    assert_eq!(link(&chosen, ">Cancel<"), second);
    jeton.pass_seconds(3600);
    let refresh = format!("tokens/{}/refresh?back={}", jeton.master_id, encoded(&back));
    let asks = page(&console, &refresh).await;
    assert_eq!(hidden(&asks, "then"), format!("/console/projects/{}/{refresh}", jeton.project));
}

#[tokio::test]
async fn usage_and_events_of_a_token_lead_back_to_the_page_of_the_list_after_any_range_search_and_dry_run() {
    let (jeton, console, _, second) = start().await;
    let held = jeton.create(&json!({"description": "Import 53"})).await;
    jeton.may(&held.token, json!({"bucket": "in.c-a", "access": "read"})).await;
    let back = |page: &str| link(page, ">Tokens</a></p>");
    let token = page(&console, &link(&page(&console, &second).await, ">Import 53</a>")).await;
    let usage = page(&console, &link(&token, ">Usage</a>")).await;
    let range = page(&console, &link(&usage, ">7 days</a>")).await;
    for leads in [">read bucket in.c-a</a>", "tabindex=\"0\"><title>"] {
        assert_eq!(back(&page(&console, &link(&range, leads)).await), second, "{leads}");
    }
    let tried = submit_last(&console, &range, &[("bucketPermissions", "in.c-a read")]).await.expect(303);
    let tried = page(&console, tried.header("location").unwrap()).await;
    assert_eq!(back(&tried), second);
    let edits = submit_last(&console, &tried, &[("then", "save")]).await.expect(303);
    assert_eq!(back(&page(&console, edits.header("location").unwrap()).await), second);
    let own = link(&tried, ">Events</a>");
    let found = page(&console, &format!("{own}&type=warn")).await;
    assert_eq!(hidden(&found, "back"), hidden(&page(&console, &second).await, "back"));
    let id = jeton.last_event(&held.id).await["uuid"].as_str().unwrap().to_owned();
    let older = page(&console, &format!("{own}&maxId={id}")).await;
    assert_eq!(back(&page(&console, &link(&older, ">Newest</a>")).await), second);
    let events = page(&console, &own).await;
    assert_eq!(back(&page(&console, &link(&events, ">Import 53</a>")).await), second, "a name in an event");
}
