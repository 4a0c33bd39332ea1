//! The program of the API reference in Rust, run as it is shown.

use jeton_tests::jeton::Jeton;

#[path = "../../client/examples/calls.rs"]
#[expect(dead_code, reason = "main is that of the example")]
mod example;

#[tokio::test]
async fn the_program_of_the_reference_makes_all_first_calls() {
    let jeton = Jeton::start().await;
    example::calls(&jeton.url, &jeton.master).await.unwrap();
    let list = jeton.get("/v2/storage/tokens").token(&jeton.master).send().await.expect(200).json();
    let made =
        list.as_array().unwrap().iter().find(|token| token["description"] == "Nightly import").unwrap();
    let history = jeton.history(made["id"].as_str().unwrap()).await;
    assert_eq!(history, ["storage.tokenRefreshed", "storage.tokenShared", "storage.tokenCreated"]);
}
