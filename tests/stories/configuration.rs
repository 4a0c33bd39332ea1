//! An orchestration's configuration has its own token, for as long as the configuration exists.

use jeton_tests::jeton::{Held, Jeton};
use serde_json::json;

const PATH: &str = "/v2/storage/components/keboola.orchestrator/configs/123/token";

#[tokio::test]
async fn a_configuration_gets_its_token_once_and_loses_it_with_the_configuration() {
    let jeton = Jeton::start().await;
    let wish = json!({"description": "Orchestrator", "componentAccess": ["keboola.ex-db-mysql"]});
    let made = jeton.put(PATH).token(&jeton.master).json(&wish).send().await.expect(201);
    let token = Held::from(&made);
    assert!(jeton.may(&token.token, json!({"component": "keboola.ex-db-mysql"})).await);
    let again = jeton.put(PATH).token(&jeton.master).json(&wish).send().await.expect(200).json();
    assert_eq!((&again["id"], again.get("token")), (&json!(token.id), None));
    let plain = format!("/v2/storage/tokens/{}", token.id);
    for caller in [&jeton.master, &token.token] {
        let deleted = jeton.delete(&plain).token(caller).send().await;
        deleted.expect_error(400, "storage.tokens.cannotDeleteDueToOrchestration");
    }
    assert_eq!(jeton.verify(&token.token).await, 200);
    jeton.delete(PATH).token(&jeton.master).send().await.expect(204);
    assert_eq!(jeton.verify(&token.token).await, 401);
    jeton.delete(PATH).token(&jeton.master).send().await.expect_error(404, "storage.tokens.notFound");
}

#[tokio::test]
async fn a_configuration_that_comes_back_gets_another_token() {
    let jeton = Jeton::start().await;
    let put = || async { Held::from(&jeton.put(PATH).token(&jeton.master).send().await.expect(201)) };
    let first = put().await;
    jeton.delete(PATH).token(&jeton.master).send().await.expect(204);
    let second = put().await;
    assert_ne!(first.id, second.id);
    assert_eq!(jeton.verify(&first.token).await, 401);
    assert_eq!(jeton.verify(&second.token).await, 200);
    assert_eq!(jeton.history(&first.id).await, ["storage.tokenDeleted", "storage.tokenCreated"]);
}

#[tokio::test]
async fn a_configurations_token_is_for_managers_to_make() {
    let jeton = Jeton::start().await;
    let limited = jeton.create(&json!({})).await;
    jeton.put(PATH).token(&limited.token).send().await.expect_error(403, "accessDenied");
    jeton.delete(PATH).token(&limited.token).send().await.expect_error(403, "accessDenied");
}
