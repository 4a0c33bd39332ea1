//! What the pages of an action on all tokens of a list say, and what they offer.

use jeton_tests::random::words;
use serde_json::json;

use super::{
    action_run::{ask, found, go_on, has_next, start},
    hidden, last_form, submit_last,
    token_list::{disable, link, names, text},
};

#[tokio::test]
async fn a_step_that_is_sent_again_says_that_later_ones_may_have_done_more() {
    let (_jeton, console) = start(210).await;
    let page = ask(&console, "disable").await;
    let first = go_on(&console, &page).await;
    let said = words(&first);
    assert!(said.contains("100 of 210 tokens are disabled.") && !said.contains("At least"), "{said}");
    for told in ["A step that was sent is still finished", "up to 100 more tokens", "not sent are unchanged"]
    {
        assert!(said.contains(told), "{told}: {said}");
    }
    let second = go_on(&console, &first).await;
    assert!(words(&second).contains("up to 10 more tokens"), "{}", words(&second));
    // The back button, or a reload.
    let again = words(&go_on(&console, &page).await);
    assert!(again.contains("At least 100 of 210 tokens are disabled."), "{again}");
    let last = words(&go_on(&console, &second).await);
    assert!(last.contains("210 tokens are disabled") && !last.contains("At least"), "{last}");
    let before = "This was done before. The list shows how the tokens are now.";
    assert!(!last.contains(before), "{last}");
    assert!(words(&go_on(&console, &second).await).contains(before));
}

#[tokio::test]
async fn a_step_that_cannot_be_repeated_says_at_least_how_many_tokens_are_changed() {
    let (_jeton, console) = start(102).await;
    let page = ask(&console, "disable").await;
    let first = go_on(&console, &page).await;
    go_on(&console, &first).await;
    let (to, fields) = last_form(&first);
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = fields.filter(|(name, _)| *name != "action").chain([("action", "delete")]).collect();
    let taken = words(&console.send_form(&to, &fields).await.expect(409).text());
    assert!(taken.contains("At least 100 tokens are deleted"), "{taken}");
    let (to, fields) = last_form(&page);
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = fields.filter(|(name, _)| *name != "action").chain([("action", "delete")]).collect();
    console.send_form(&to, &fields).await.expect(303);
    let list = words(&text(console.open("tokens")).await);
    assert!(
        list.contains("The list shows how the tokens are now.") && !list.contains("Submit it again"),
        "{list}"
    );
}

#[tokio::test]
async fn those_that_would_change_are_listed_first_and_in_the_order_of_the_list() {
    let (jeton, console) = start(102).await;
    let page = ask(&console, "disable").await;
    let first = go_on(&console, &page).await;
    go_on(&console, &first).await;
    for name in ["Import z2", "Import z1", "Import z3"] {
        jeton.create(&json!({"description": name})).await;
    }
    let ask = "tokens/actions?search=import&action=disable&all=1&sort=-description";
    let page = text(console.open(ask)).await;
    assert_eq!(names(&page)[..5], ["Import z3", "Import z2", "Import z1", "Import 101", "Import 100"]);
    assert_eq!(names(&page).len(), 100);
    let said = words(&page);
    for told in ["Disable 3 tokens?", "102 tokens are disabled already.", "3 tokens that would be disabled"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    // Those that were selected, too.
    let ids = found(&jeton, "&sort=description").await;
    let id = |place: usize| ids[place]["id"].as_str().unwrap();
    let some = [id(0), id(1), id(103), id(104)].map(|id| format!("&tokens[]={id}")).concat();
    let page = text(console.open(&format!("tokens/actions?action=disable&sort=-description{some}"))).await;
    assert_eq!(names(&page), ["Import z3", "Import z2", "Import 001", "Import 000"]);
}

#[tokio::test]
async fn a_list_offers_the_actions_that_can_change_something() {
    let (jeton, console) = start(2).await;
    let all = found(&jeton, "").await;
    disable(&jeton, all[0]["id"].as_str().unwrap()).await;
    let offers = async |query: &str, action: &str| {
        let page = text(console.open(query)).await;
        page.contains(&format!("action={action}&amp;all=1"))
    };
    for (query, action, expected) in [
        ("tokens?show=disabled", "disable", false),
        ("tokens?show=disabled", "enable", true),
        ("tokens?show=disabled", "delete", true),
        ("tokens?search=import", "disable", true),
        ("tokens?search=import", "enable", true),
        ("tokens?search=import", "delete", true),
        ("tokens", "delete", false),
    ] {
        assert_eq!(offers(query, action).await, expected, "{query} {action}");
    }
    let page = text(console.open("tokens?show=disabled")).await;
    let asks = text(console.open(&link(&page, ">enable<").unwrap())).await;
    assert!(words(&asks).contains("Enable 1 token?"), "{asks}");
}

#[tokio::test]
async fn exactly_the_tokens_that_an_action_disabled_are_enabled_again_by_its_last_page() {
    for tokens in [3, 104] {
        let (jeton, console) = start(tokens).await;
        let all = found(&jeton, "&sort=created").await;
        let id = |place: usize| all[place]["id"].as_str().unwrap();
        disable(&jeton, id(0)).await;
        let page = ask(&console, "disable").await;
        // Somebody else is faster with one of them.
        disable(&jeton, id(1)).await;
        let mut page = go_on(&console, &page).await;
        while has_next(&page) {
            page = go_on(&console, &page).await;
        }
        let undo = format!("Enable these {} tokens again", tokens - 2);
        let undo = if tokens == 3 { "Enable this token again".to_owned() } else { undo };
        assert!(words(&page).contains(&undo), "{undo}: {}", words(&page));
        assert_eq!(hidden(&page, "action"), "enable");
        let mut answer = submit_last(&console, &page, &[]).await;
        while answer.status == 200 && has_next(&answer.text()) {
            answer = submit_last(&console, &answer.text(), &[]).await;
        }
        let off = found(&jeton, "&isDisabled=1&sort=created").await;
        let off: Vec<_> = off.iter().map(|token| token["id"].as_str().unwrap()).collect();
        assert_eq!(off, [id(0), id(1)]);
    }
}

#[tokio::test]
async fn own_tokens_of_members_are_left_out_and_counted() {
    let (jeton, console) = start(1).await;
    jeton.join("eve@example.org").await;
    let said = words(&text(console.open("tokens/actions?show=never&action=disable&all=1")).await);
    assert!(said.contains("Disable 1 token?"), "{said}");
    assert!(said.contains("2 tokens of members themselves are left out, yours among them."), "{said}");
    let said = words(&text(console.open("tokens/actions?search=eve@&action=disable&all=1")).await);
    assert!(said.contains("Nothing to do"), "{said}");
    assert!(said.contains("1 token of a member is left out."), "{said}");
    let said = words(&ask(&console, "disable").await);
    assert!(!said.contains("left out"), "{said}");
}

#[tokio::test]
async fn names_are_whole_and_have_their_ids_where_an_action_is_confirmed() {
    let (jeton, console) = start(0).await;
    let (production, test) = (format!("{} production", "Y".repeat(200)), format!("{} test", "Y".repeat(200)));
    let mut ids = Vec::new();
    for name in [&production, &test] {
        ids.push(jeton.create(&json!({"description": name})).await.id);
    }
    let page = text(console.open("tokens/actions?search=yyy&action=delete&all=1")).await;
    for words in [&production, &test, &format!("ID {}", ids[0]), &format!("ID {}", ids[1])] {
        assert!(page.contains(words.as_str()), "{words}: {page}");
    }
    let list = names(&text(console.open("tokens?search=yyy")).await);
    assert!(list.iter().all(|name| name.starts_with("YYYY") && name.chars().count() <= 100), "{list:?}");
    assert!(list.iter().any(|name| name.ends_with("Y production")), "{list:?}");
    assert!(list.iter().any(|name| name.ends_with("Y test")), "{list:?}");
    let one = text(console.open(&format!("tokens/{}/delete", ids[0]))).await;
    assert!(one.contains(&production) && words(&one).contains(&format!("ID {}", ids[0])), "{one}");
}
