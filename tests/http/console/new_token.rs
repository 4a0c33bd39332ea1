//! The form of a new token: purposes, suggestions, errors, and the page that shows the token.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

async fn start() -> (Jeton, ConsoleClient) {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    (jeton, console)
}

/// The secret on the page that shows it.
fn secret(page: &str) -> &str {
    page.split_once("data-plain=\"").expect("a secret").1.split('"').next().unwrap()
}

/// The values of a list of suggestions.
fn suggested<'a>(page: &'a str, list: &str) -> Vec<&'a str> {
    let list = page.split_once(&format!("<datalist id=\"{list}\">")).expect("suggestions").1;
    let list = list.split_once("</datalist>").unwrap().0;
    list.split("<option value=\"").skip(1).map(|option| option.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn a_purpose_shows_its_fields_first_and_proposes_its_rights() {
    let (_jeton, console) = start().await;
    let at = |page: &str, part: &str| page.find(part).unwrap_or_else(|| panic!("{part}: {page}"));
    for (purpose, first, later) in
        [("read", "read", "write"), ("load", "write", "read"), ("run", "components", "")]
    {
        let page = console.open(&format!("tokens/new?purpose={purpose}")).await.expect(200).text();
        let others = at(&page, "Other rights");
        assert!(at(&page, &format!("<textarea id=\"{first}\"")) < others, "{purpose}");
        assert!(later.is_empty() || at(&page, &format!("<textarea id=\"{later}\"")) > others, "{purpose}");
        let has_jobs = page.contains("name=\"jobs\" value=\"1\" checked");
        assert_eq!(has_jobs, purpose == "run", "{purpose}: {page}");
        assert!(page.contains("name=\"access\" value=\"custom\" checked"), "{purpose}: {page}");
    }
    let page = console.open("tokens/new?purpose=everything").await.expect(200).text();
    for granted in ["name=\"access\" value=\"full\" checked", "name=\"files\" value=\"full\" checked"] {
        assert!(page.contains(granted), "{granted}: {page}");
    }
    let plain = console.open("tokens/new").await.expect(200).text();
    for unknown in ["tokens/new?purpose=", "tokens/new?purpose=%22%3E"] {
        let page = console.open(unknown).await.expect(200).text();
        assert_eq!(page.len(), plain.len(), "{unknown} means no purpose");
    }
}

#[tokio::test]
async fn ninety_days_are_proposed_and_never_has_to_be_chosen() {
    let (jeton, console) = start().await;
    let page = console.open("tokens/new").await.expect(200).text();
    let chosen = page.split_once(" selected>").expect("a choice").1.split('<').next().unwrap();
    assert_eq!(chosen, "In 90 days, on 15 April 2026");
    assert!(page.contains(">Never</option>") && page.contains("Choose Never only for"), "{page}");
    for (fields, end) in
        [(&[][..], json!("2026-04-15T12:00:00+0000")), (&[("expires", "never")], json!(null))]
    {
        let fields = [fields, &[("jobs", "1")]].concat();
        let page = console.submit("tokens/new", "tokens", &fields).await.expect(201).text();
        assert_eq!(jeton.verified(secret(&page)).await["expires"], end);
    }
}

#[tokio::test]
async fn every_error_stands_at_its_field_and_the_first_of_them_has_the_focus() {
    let (jeton, console) = start().await;
    let long = "x".repeat(256);
    let fields = [
        ("purpose", "load"),
        ("description", "Kept"),
        ("read", "in.c-a nonsense"),
        ("write", "alsonot"),
        ("components", "a&b"),
        ("expires", "date"),
        ("until", "2026-01-14"),
    ];
    let page = console.submit("tokens/new", "tokens", &fields).await.expect(400).text();
    assert!(page.contains("<title>Error: New token") && page.contains("No token was created."), "{page}");
    for field in ["read", "write", "components", "until"] {
        assert!(page.contains(&format!("href=\"#{field}\"")), "{field}: {page}");
        assert!(page.contains(&format!("<p class=\"problem\" id=\"{field}-problem\">")), "{field}: {page}");
        assert!(page.contains(&format!("aria-describedby=\"{field}-problem")), "{field}: {page}");
    }
    assert_eq!(page.matches("aria-invalid=\"true\"").count(), 4, "{page}");
    assert_eq!(page.matches(" autofocus").count(), 1, "{page}");
    // Loading data asks for the buckets to write first.
    let focused = page.split(" autofocus").next().unwrap().rsplit_once('<').unwrap().1;
    assert!(focused.contains("id=\"write\""), "{focused}");
    assert!(page.contains("<details open>"), "an error in another right is visible: {page}");
    let fields = [("description", long.as_str()), ("expires", "forever")];
    let page = console.submit("tokens/new", "tokens", &fields).await.expect(400).text();
    assert!(page.contains("id=\"description-problem\"") && page.contains("id=\"expires-problem\""), "{page}");
    let listed = jeton.read(&jeton.master, "/v2/storage/tokens").await.json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "nothing was created");
}

#[tokio::test]
async fn a_form_that_comes_back_after_a_sign_in_has_its_purpose() {
    let (jeton, console) = start().await;
    let at = format!("/console/projects/{}/tokens/new", jeton.project);
    let ask = [("email", ADMIN), ("then", at.as_str()), ("fields", "purpose=load&write=in.c-kept")];
    console.send_form("/console/sign-in", &ask).await.expect(200);
    let mail = jeton.sign_in_mail(ADMIN).await;
    console.types_code(&mail, &mail.code).await.expect(303);
    let has_all = |page: &str| {
        page.contains("in.c-kept</textarea>") && page.contains("name=\"purpose\" value=\"load\"")
    };
    // The script of the sign-in page fetches it first.
    for reader in ["empty", "document"] {
        let page = console.open_as(reader, &at).await.expect(200).text();
        assert!(has_all(&page), "{reader}: {page}");
    }
    let later = console.open(&at).await.expect(200).text();
    assert!(!has_all(&later), "it comes back once: {later}");
}

#[tokio::test]
async fn a_token_like_another_has_its_rights_and_a_secret_and_an_expiry_of_its_own() {
    let (jeton, console) = start().await;
    let wish = json!({
        "description": "Nightly import", "bucketPermissions": {"in.c-a": "write", "in.c-b": "read"},
        "componentAccess": ["keboola.ex-http"], "canCreateJobs": true, "expiresIn": 3600,
    });
    let held = jeton.create(&wish).await;
    let by_id = console.open(&format!("tokens/new?like={}", held.id)).await.expect(200).text();
    let by_name = console.open("tokens/new?like=nightly%20IMPORT").await.expect(200).text();
    for page in [&by_id, &by_name] {
        assert!(page.contains("value=\"Copy of Nightly import\""), "{page}");
        assert!(page.contains("in.c-a</textarea>") && page.contains("in.c-b</textarea>"), "{page}");
        assert!(page.contains("keboola.ex-http</textarea>"), "{page}");
        assert!(page.contains(&format!("name=\"like\" value=\"{}\"", held.id)), "{page}");
    }
    let fields = [
        ("like", held.id.as_str()),
        ("description", "Copy of Nightly import"),
        ("read", "in.c-b"),
        ("write", "in.c-a"),
        ("components", "keboola.ex-http"),
        ("jobs", "1"),
    ];
    let page = console.submit("tokens/new", "tokens", &fields).await.expect(201).text();
    let (first, second) = (jeton.detail(&held.id).await, jeton.verified(secret(&page)).await);
    assert_ne!((&first["id"], &first["expires"]), (&second["id"], &second["expires"]));
    for right in ["bucketPermissions", "componentAccess", "canCreateJobs", "canManageBuckets"] {
        assert_eq!(first[right], second[right], "{right}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_there_or_not_the_only_one_of_its_name_is_asked_for_again() {
    let (jeton, console) = start().await;
    let other = jeton.new_project("Second warehouse", "eve@example.org").await;
    jeton.create(&json!({"description": "Twice"})).await;
    jeton.create(&json!({"description": "Twice"})).await;
    let create = jeton.post(&format!("/manage/projects/{other}/tokens")).manage(&jeton.manage);
    let foreign = create.json(&json!({"description": "Foreign"})).send().await.expect(201).json();
    let foreign = foreign["id"].as_str().expect("an id");
    for (like, problem) in [
        ("nobody", "There is no such token."),
        ("twice", "Several tokens have this description."),
        ("wic", "Several tokens have this in their description or rights."),
        ("9999999", "There is no token with this id."),
        (foreign, "There is no token with this id."),
    ] {
        let page = console.open(&format!("tokens/new?like={like}")).await.expect(400).text();
        assert!(page.contains(problem) && page.contains("id=\"like-problem\""), "{like}: {page}");
        assert!(page.contains(&format!("value=\"{like}\"")), "{like}: {page}");
    }
    for blank in ["", "%20"] {
        let page = console.open(&format!("tokens/new?purpose=like&like={blank}")).await.expect(400).text();
        assert!(page.contains("Enter the id of a token, or its description."), "{page}");
    }
    let page = console.open("tokens/new?purpose=like").await.expect(200).text();
    assert!(page.contains("Like which token?") && !page.contains("Create the token"), "{page}");
    assert!(!page.contains("like-problem") && !page.contains("Tokens that may be meant"), "{page}");
}

#[tokio::test]
async fn several_tokens_that_may_be_meant_are_offered_up_to_ten_and_keep_what_was_entered() {
    let (jeton, console) = start().await;
    let mut made = Vec::new();
    for number in 0..12 {
        made.push(jeton.create(&json!({"description": format!("Import {number}")})).await.id);
    }
    let asked = "tokens/new?purpose=like&like=import&tried=1&description=a%26b&expires=date&until=2026-03-01";
    let page = console.open(asked).await.expect(400).text();
    let offered = "new?purpose=like&amp;like=";
    assert_eq!(page.matches(offered).count(), 10, "{page}");
    let kept = "&amp;tried=1&amp;description=a%26b&amp;expires=date&amp;until=2026%2D03%2D01\"";
    let found = made.iter().filter(|id| page.contains(&format!("{offered}{id}{kept}")));
    assert_eq!(found.count(), 10, "{page}");
    // One whose name is just that is meant, whatever else has it as a part of its name.
    let exact = jeton.create(&json!({"description": "IMPORT"})).await;
    let page = console.open(asked).await.expect(200).text();
    assert!(page.contains(&format!("name=\"like\" value=\"{}\"", exact.id)), "{page}");
    assert!(page.contains("value=\"a&amp;b\"") && page.contains("value=\"2026-03-01\""), "{page}");
}

#[tokio::test]
async fn a_token_like_one_that_manages_tokens_does_not_manage_them_and_its_form_says_so() {
    let (jeton, console) = start().await;
    let manager = jeton.create_manager(json!({"description": "Vault", "canCreateJobs": true})).await;
    let page = console.open(&format!("tokens/new?like={}", manager.id)).await.expect(200).text();
    assert!(page.contains("It may manage tokens, which a token that is created here may not."), "{page}");
}

#[tokio::test]
async fn the_form_suggests_what_tokens_may_use_and_what_programs_asked_for() {
    let (jeton, console) = start().await;
    let wish = json!({"description": "Import", "bucketPermissions": {"in.c-granted": "read"}, "componentAccess": ["x.granted"]});
    let held = jeton.create(&wish).await;
    assert!(!jeton.may(&held.token, json!({"bucket": "in.c-asked", "access": "read"})).await);
    jeton.post_event(&held.token, &json!({"component": "x.posted", "message": "Done"})).await;
    let page = console.open("tokens/new").await.expect(200).text();
    assert_eq!(suggested(&page, "seen-buckets"), ["in.c-granted", "in.c-asked"]);
    assert_eq!(suggested(&page, "seen-components"), ["x.granted", "x.posted"]);
    assert_eq!(suggested(&page, "seen-tokens"), [held.id.as_str()], "a member's master token is no example");
    let other = jeton.new_project("Second warehouse", ADMIN).await;
    let elsewhere = format!("/console/projects/{other}/tokens/new");
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open(&elsewhere).await.expect(200).text();
    assert!(
        suggested(&page, "seen-buckets").is_empty() && suggested(&page, "seen-components").is_empty(),
        "{page}"
    );
}

#[tokio::test]
async fn suggestions_are_bounded_however_much_a_token_may_use() {
    let (jeton, console) = start().await;
    let ids = |kind: &str| (0..300).map(|n| format!("{kind}-{n:03}")).collect::<Vec<_>>();
    let buckets: serde_json::Map<_, _> = ids("in.c").into_iter().map(|id| (id, json!("read"))).collect();
    jeton.create(&json!({"bucketPermissions": buckets, "componentAccess": ids("x")})).await;
    let page = console.open("tokens/new").await.expect(200).text();
    assert_eq!(suggested(&page, "seen-buckets").len(), 100);
    assert_eq!(suggested(&page, "seen-components").len(), 100);
}

#[tokio::test]
async fn the_page_of_a_new_token_says_its_name_its_rights_and_its_end() {
    let (_jeton, console) = start().await;
    let fields =
        [("description", "Nightly import"), ("read", "in.c-a in.c-b"), ("components", "keboola.ex-db")];
    let page = console.submit("tokens/new", "tokens", &fields).await.expect(201).text();
    assert!(page.contains("<strong>Nightly import</strong>"), "{page}");
    let line = "May read 2 buckets and run keboola.ex-db. Cannot manage tokens. Expires on <time ";
    assert!(page.contains(line) && page.contains(">15 April 2026, 12:00 UTC</time>."), "{page}");
    // Without JavaScript nothing could be copied or shown.
    let plain = page.split_once("<noscript>").expect("a part without JavaScript").1;
    assert!(plain.split_once("</noscript>").unwrap().0.contains(secret(&page)), "{page}");
}

#[tokio::test]
async fn another_purpose_keeps_what_was_entered_and_the_rights_that_were_added() {
    let (jeton, console) = start().await;
    let typed = "tried=1&was=run&description=Nightly&expires=date&until=2026-03-01&read=in.c-a&access=custom&jobs=1&trash=1";
    let page = console.open(&format!("tokens/new?purpose=load&{typed}")).await.expect(200).text();
    for kept in [
        "value=\"Nightly\"",
        "in.c-a</textarea>",
        "value=\"2026-03-01\"",
        "name=\"purpose\" value=\"load\"",
        "name=\"trash\" value=\"1\" checked",
        "<option value=\"date\" selected>",
        "<details open>",
    ] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    // The jobs were proposed for the purpose before.
    assert!(!page.contains("name=\"jobs\" value=\"1\" checked"), "{page}");
    let all = typed.replace("access=custom", "access=full").replace("was=run", "was=everything");
    let page = console.open(&format!("tokens/new?purpose=read&{all}")).await.expect(200).text();
    assert!(
        page.contains("name=\"access\" value=\"custom\" checked"),
        "no more access to everything: {page}"
    );
    let page = console.open(&format!("tokens/new?purpose=everything&{typed}")).await.expect(200).text();
    assert!(page.contains("name=\"access\" value=\"full\" checked") && page.contains("Nightly"), "{page}");
    // A token like another has its rights, and the name and the end that were entered.
    let held = jeton.create(&json!({"description": "Import", "componentAccess": ["x.y"]})).await;
    let page = console.open(&format!("tokens/new?purpose=like&{typed}")).await.expect(200).text();
    for kept in ["name=\"description\" value=\"Nightly\"", "name=\"until\" value=\"2026-03-01\""] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    let like = format!(
        "tokens/new?purpose=like&tried=1&description=Nightly&expires=date&until=2026-03-01&like={}",
        held.id
    );
    let page = console.open(&like).await.expect(200).text();
    for kept in ["value=\"Nightly\"", "value=\"2026-03-01\"", "x.y</textarea>"] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    assert!(!page.contains("in.c-a</textarea>"), "{page}");
}

#[tokio::test]
async fn a_purpose_that_needs_a_bucket_or_a_component_asks_for_it() {
    let (jeton, console) = start().await;
    for (purpose, lacks, filled) in [
        ("read", "Name at least one bucket to read.", "read"),
        ("read", "Name at least one bucket to read.", "write"),
        ("load", "Name at least one bucket to write.", "write"),
        ("run", "Name the component to run.", "components"),
    ] {
        let fields = [("purpose", purpose), ("jobs", "1")];
        let page = console.submit("tokens/new", "tokens", &fields).await.expect(400).text();
        assert!(page.contains(lacks) && page.matches("aria-invalid").count() == 1, "{purpose}: {page}");
        let fields = [("purpose", purpose), (filled, "in.c-a")];
        console.submit("tokens/new", "tokens", &fields).await.expect(201);
        let fields = [("purpose", purpose), ("access", "full")];
        console.submit("tokens/new", "tokens", &fields).await.expect(201);
    }
    let before = jeton.read(&jeton.master, "/v2/storage/tokens").await.json();
    assert_eq!(before.as_array().unwrap().len(), 9, "nothing else was created");
    for purpose in ["everything", "like", ""] {
        console.submit("tokens/new", "tokens", &[("purpose", purpose), ("jobs", "1")]).await.expect(201);
    }
}

#[tokio::test]
async fn every_wrong_id_of_a_list_is_named() {
    let (_jeton, console) = start().await;
    let fields = [("read", "bad bucket! in.c-fine"), ("components", "a& b& c& d& e& f& g& h&")];
    let page = console.submit("tokens/new", "tokens", &fields).await.expect(400).text();
    let quoted = |id: &str| format!("&quot;{id}&quot;");
    for id in ["bad", "bucket!", "a&amp;", "f&amp;"] {
        assert!(page.contains(&quoted(id)), "{id}: {page}");
    }
    assert!(!page.contains(&quoted("in.c-fine")) && page.contains("and 2 more"), "{page}");
}

#[tokio::test]
async fn a_token_to_start_from_is_found_by_its_name_however_old_it_is_and_by_a_part_of_it() {
    let (jeton, console) = start().await;
    let old = jeton.create(&json!({"description": "Příliš old"})).await;
    // As many as are suggested, each with the word in its rights.
    for _ in 0..210 {
        jeton.create(&json!({"description": "Newer", "componentAccess": ["old.one"]})).await;
    }
    for like in ["P%C5%99%C3%ADli%C5%A1%20old", "prilis%20OLD", "prili"] {
        let page = console.open(&format!("tokens/new?like={like}")).await.expect(200).text();
        assert!(page.contains(&format!("name=\"like\" value=\"{}\"", old.id)), "{like}: {page}");
    }
    let page = console.open("tokens/new?like=old").await.expect(400).text();
    assert!(page.contains("Several tokens have this in their description or rights."), "{page}");
}

#[tokio::test]
async fn a_token_that_may_do_nothing_is_created_only_where_that_is_meant() {
    let (_jeton, console) = start().await;
    for fields in [&[][..], &[("description", "Nightly import")], &[("read", " , ")]] {
        let page = console.submit("tokens/new", "tokens", fields).await.expect(400).text();
        assert!(
            page.contains("No token was created.") && page.contains("may only verify itself. Choose"),
            "{page}"
        );
        assert!(page.contains("name=\"onlyVerify\""), "{page}");
    }
    let meant = [("description", "Probe"), ("onlyVerify", "1")];
    let page = console.submit("tokens/new", "tokens", &meant).await.expect(201).text();
    assert!(page.contains("May only verify itself."), "{page}");
    console.submit("tokens/new", "tokens", &[("read", "in.c-a")]).await.expect(201);
    console.submit("tokens/new", "tokens", &[("jobs", "1")]).await.expect(201);
    let form = console.open("tokens/new").await.expect(200).text();
    assert!(!form.contains("onlyVerify"), "{form}");
}

#[tokio::test]
async fn the_form_promises_no_change_and_no_record_that_there_is_not() {
    let (_jeton, console) = start().await;
    let form = console.open("tokens/new").await.expect(200).text();
    assert!(!form.contains("every use is recorded"), "{form}");
    for words in ["except access to all buckets and components", "of GET verify, only the day"] {
        assert!(form.contains(words), "{words}: {form}");
    }
}
