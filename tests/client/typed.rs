//! What the typed client decodes of every answer, and how it reads refusals.

use jeton_client::{
    Changes, Client, Credential, Error, EventQuery, NewToken, Overlap, PlainSecret, Question, Share,
};
use jeton_tests::jeton::Jeton;

fn client(jeton: &Jeton, token: &str) -> Client {
    Client::new(&jeton.url, Credential::Storage(PlainSecret::new(token.to_owned()))).unwrap()
}

#[tokio::test]
async fn a_token_lives_through_the_client() {
    let jeton = Jeton::start().await;
    let master = client(&jeton, &jeton.master);
    let wish = NewToken {
        description: Some("Import".to_owned()),
        bucket_permissions: [("in.c-a".to_owned(), "write".to_owned())].into(),
        ..NewToken::default()
    };
    let created = master.create(&wish).await.unwrap();
    let secret = created.value.token.clone().unwrap();
    let own = client(&jeton, secret.expose());
    assert_eq!(own.verify().await.unwrap().description, "Import");
    assert!(own.ask(&Question::to_write("storage.table", "in.c-a")).await.unwrap().allowed);
    let both = [Question::to_read("a", "in.c-a"), Question::to_run("b", "x")];
    let answered = own.ask_all(&both).await.unwrap();
    assert_eq!((answered.allowed, answered.answers.len()), (false, 2));

    let changes = Changes { description: Some("Renamed".to_owned()), ..Changes::default() };
    assert_eq!(master.update(&created.id, &changes).await.unwrap().description, "Renamed");
    let share =
        Share { recipient_email: "bob@example.org".to_owned(), separate_code: true, ..Share::default() };
    assert_eq!(master.share(&created.id, &share).await.unwrap().unwrap().len(), 6);
    let detail = master.token(&created.id).await.unwrap();
    assert_eq!((detail.copies.len(), detail.shares.len()), (1, 1));
    let refreshed =
        master.refresh(&created.id, &Overlap { grace_period: Some(60), ..Overlap::default() }).await.unwrap();
    assert!(refreshed.value.token.is_some());
    assert_eq!(master.tokens(Some(10), None).await.unwrap().len(), 2);
    let asked = EventQuery { token: Some(created.id.clone()), ..EventQuery::default() };
    assert_eq!(master.events(&asked).await.unwrap().len(), 6);
    let advice = master.advice(&created.id, None, |_| {}).await.unwrap();
    assert_eq!((advice.questions, advice.refused), (3, 1));
    master.delete(&created.id).await.unwrap();
    assert_eq!(master.token(&created.id).await.unwrap_err().status(), Some(404));
}

#[tokio::test]
async fn a_refusal_is_read_as_what_it_is() {
    let jeton = Jeton::start().await;
    let refused = client(&jeton, "1-2-wrong").verify().await.unwrap_err();
    let Error::Refused { status: 401, code, message, exception_id } = refused else { panic!("{refused:?}") };
    assert_eq!((code.as_str(), message.as_str()), ("storage.tokenInvalid", "Invalid access token"));
    assert!(exception_id.starts_with("jeton-"), "{exception_id}");
    assert_eq!(client(&jeton, "a\nb").verify().await.unwrap_err(), Error::BadToken);
    let nobody = Client::anonymous(&jeton.url).unwrap().verify().await.unwrap_err();
    assert_eq!(nobody.status(), Some(401));
}

#[tokio::test]
async fn no_answer_shows_its_secret_when_it_is_printed() {
    let jeton = Jeton::start().await;
    let created = client(&jeton, &jeton.master).create(&NewToken::default()).await.unwrap();
    let secret = created.value.token.clone().unwrap();
    assert!(!format!("{created:?}").contains(&secret.expose()[20..]));
}
