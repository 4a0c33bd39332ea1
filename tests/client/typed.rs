//! The typed client: parsing of every answer, and of errors.

use jeton_client::{
    ActOnTokens, Client, Credential, Error, EventQuery, ListTokens, PlainSecret, Question, RefreshToken,
    SendShare, ShareToken, TokenFilter, TokenInfo, TokenSettings,
};
use jeton_tests::jeton::Jeton;

fn client(jeton: &Jeton, token: &str) -> Client {
    Client::new(&jeton.url, Credential::Storage(PlainSecret::new(token.to_owned()))).unwrap()
}

#[tokio::test]
async fn a_token_is_created_used_and_deleted_by_the_client() {
    let jeton = Jeton::start().await;
    let master = client(&jeton, &jeton.master);
    let wish = TokenSettings {
        description: Some("Import".to_owned()),
        bucket_permissions: Some([("in.c-a".to_owned(), "write".to_owned())].into()),
        ..TokenSettings::default()
    };
    let created = master.create(&wish).await.unwrap();
    let secret = created.value.token.clone().unwrap();
    let own = client(&jeton, secret.expose());
    assert_eq!(own.verify().await.unwrap().description, "Import");
    assert!(own.ask(&Question::to_write("storage.table", "in.c-a")).await.unwrap().allowed);
    let both = [Question::to_read("a", "in.c-a"), Question::to_run("b", "x")];
    let answered = own.ask_all(&both).await.unwrap();
    assert_eq!((answered.allowed, answered.answers.len()), (false, 2));

    let changes = TokenSettings { description: Some("Renamed".to_owned()), ..TokenSettings::default() };
    assert_eq!(master.update(&created.id, &changes).await.unwrap().description, "Renamed");
    let share = ShareToken {
        recipient_email: Some("bob@example.org".to_owned()),
        separate_code: Some(true),
        ..ShareToken::default()
    };
    assert_eq!(master.share(&created.id, &share).await.unwrap().unwrap().len(), 6);
    let detail = master.token(&created.id).await.unwrap();
    assert_eq!(
        (detail.copies.as_ref().map(Vec::len), detail.shares.as_ref().map(Vec::len)),
        (Some(1), Some(1))
    );
    let refreshed = master
        .refresh(&created.id, &RefreshToken { grace_period: Some(60), ..RefreshToken::default() })
        .await
        .unwrap();
    assert!(refreshed.value.token.is_some());
    assert_eq!(master.tokens(Some(10), None).await.unwrap().len(), 2);
    let asked = EventQuery { token: Some(created.id.to_string()), ..EventQuery::default() };
    assert_eq!(master.events(&asked).await.unwrap().len(), 6);
    let advice = master.advice(&created.id, None, |_| {}).await.unwrap();
    assert_eq!((advice.questions, advice.refused), (3, 1));
    master.delete(&created.id).await.unwrap();
    assert_eq!(master.token(&created.id).await.unwrap_err().status(), Some(404));
}

#[tokio::test]
async fn an_error_is_read_as_what_it_is() {
    let jeton = Jeton::start().await;
    let rejected = client(&jeton, "1-2-wrong").verify().await.unwrap_err();
    let rejection = rejected.rejection().unwrap();
    assert_eq!((rejection.status, rejection.code.as_str()), (401, "storage.tokenInvalid"));
    assert_eq!(rejection.message, "Invalid access token");
    assert!(rejection.exception_id.starts_with("jeton-"), "{rejection:?}");
    assert!(rejection.request_id.is_some(), "{rejection:?}");
    assert_eq!(client(&jeton, "a\nb").verify().await.unwrap_err(), Error::BadToken);
    let nobody = Client::anonymous(&jeton.url).unwrap().verify().await.unwrap_err();
    assert_eq!(nobody.status(), Some(401));
}

#[tokio::test]
async fn what_is_no_id_is_sent_nowhere() {
    // Nothing listens there, so whatever is sent fails in another way.
    let secret = || Credential::Storage(PlainSecret::new("1-2-jt".to_owned()));
    let nobody = Client::new("http://127.0.0.1:9", secret()).unwrap();
    for id in ["", ".", ".."] {
        let asked = EventQuery { token: Some(id.to_owned()), ..EventQuery::default() };
        let rejected = [
            nobody.token(id).await.err(),
            nobody.update(id, &TokenSettings::default()).await.err(),
            nobody.delete(id).await.err(),
            nobody.delete_copy(id, "1").await.err(),
            nobody.delete_copy("5", id).await.err(),
            nobody.refresh(id, &RefreshToken::default()).await.err(),
            nobody.share(id, &ShareToken::default()).await.err(),
            nobody.shares(id).await.err(),
            nobody.withdraw_share(id, "a").await.err(),
            nobody.withdraw_share("5", id).await.err(),
            nobody.send_share(id, "a", &SendShare::default()).await.err(),
            nobody.send_share("5", id, &SendShare::default()).await.err(),
            nobody.advice(id, None, |_| {}).await.err(),
            nobody.events(&asked).await.err(),
            nobody.remove_member(5, id).await.err(),
            nobody.remove_member_and_tokens(5, id, true).await.err(),
        ];
        assert!(rejected.iter().all(|error| *error == Some(Error::BadId)), "{id:?}: {rejected:?}");
    }
}

#[tokio::test]
async fn no_answer_shows_its_secret_when_it_is_printed() {
    let jeton = Jeton::start().await;
    let created = client(&jeton, &jeton.master).create(&TokenSettings::default()).await.unwrap();
    let secret = created.value.token.clone().unwrap();
    assert!(!format!("{created:?}").contains(&secret.expose()[20..]));
}

#[tokio::test]
async fn a_verified_token_names_its_project() {
    let jeton = Jeton::start().await;
    let master = client(&jeton, &jeton.master);
    let project = jeton.project.number();
    assert_eq!(master.verify().await.unwrap().owner.id, project);
    assert_eq!(master.token(&jeton.master_id).await.unwrap().owner.name, "Test project");
    let answered = master.ask(&Question::to_read("test.asked", "in.c-a")).await.unwrap();
    assert_eq!(answered.token.owner.id, project);
}

#[tokio::test]
async fn a_base_url_may_end_in_the_path_of_the_api() {
    let jeton = Jeton::start().await;
    for url in [format!("{}/v2/storage", jeton.url), format!("{}/v2/storage/", jeton.url)] {
        let credential = Credential::Storage(PlainSecret::new(jeton.master.clone()));
        let client = Client::new(&url, credential).unwrap();
        assert_eq!(client.url(), jeton.url);
        assert!(client.verify().await.unwrap().is_master_token);
    }
}

#[tokio::test]
async fn events_go_on_at_the_link_of_a_list_that_is_not_complete() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&serde_json::json!({})).await;
    jeton.refresh(&held).await;
    let master = client(&jeton, &jeton.master);
    let asked = EventQuery { token: Some(held.id.clone()), limit: Some(1), ..EventQuery::default() };
    let newest = master.events(&asked).await.unwrap();
    let next = newest.next.as_deref().unwrap();
    let older = master.more_events(next).await.unwrap();
    assert_eq!([&newest[0].event, &older[0].event], ["storage.tokenRefreshed", "storage.tokenCreated"]);
}

#[tokio::test]
async fn tokens_are_found_by_a_filter_page_by_page_and_acted_on_together() {
    let jeton = Jeton::start().await;
    for name in ["c & d", "a", "b"] {
        jeton.create(&serde_json::json!({"description": format!("Import {name}")})).await;
    }
    let master = client(&jeton, &jeton.master);
    let filter = TokenFilter { search: Some("IMPORT".to_owned()), ..TokenFilter::default() };
    let sort = Some("-description".to_owned());
    let list = ListTokens { sort, limit: Some(2), count: Some(true), ..ListTokens::default() };
    let first = master.find_tokens(&list, &filter).await.unwrap();
    let names =
        |page: &[TokenInfo]| page.iter().map(|token| token.description.to_string()).collect::<Vec<_>>();
    assert_eq!(
        (names(&first), first.total),
        (vec!["Import c & d".to_owned(), "Import b".to_owned()], Some(3))
    );
    let rest = master.more_tokens(first.next.as_deref().unwrap()).await.unwrap();
    assert_eq!((names(&rest), &rest.next), (vec!["Import a".to_owned()], &None));
    let ampersand = TokenFilter { search: Some("c & d".to_owned()), ..TokenFilter::default() };
    assert_eq!(master.find_tokens(&ListTokens::default(), &ampersand).await.unwrap().len(), 1);

    let mut call = ActOnTokens {
        filter: Some(filter),
        action: Some("disable".to_owned()),
        dry_run: Some(true),
        ..ActOnTokens::default()
    };
    assert_eq!(master.act_on_tokens(&call).await.unwrap().changed, 3);
    call.dry_run = None;
    let done = master.act_on_tokens(&call).await.unwrap();
    assert_eq!((done.changed, done.unchanged, done.failed, &done.next), (3, 0, 0, &None));
    assert_eq!(master.act_on_tokens(&call).await.unwrap().unchanged, 3);
}

#[tokio::test]
async fn more_callers_than_connections_are_all_answered() {
    let jeton = Jeton::start().await;
    let master = client(&jeton, &jeton.master);
    let calls: Vec<_> = (0..300)
        .map(|_| {
            let master = master.clone();
            tokio::spawn(async move { master.verify().await })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap().unwrap().is_master_token);
    }
}
