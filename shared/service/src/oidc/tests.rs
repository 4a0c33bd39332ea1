//! What needs no provider that answers.

use jeton_core::provider_sign_in::ProviderSignIn;

use super::*;
use crate::clock::entropy;

fn provider() -> Provider {
    let (issuer, client, name) = ["https://id.example.org", "jeton", "Example ID"].map(str::to_owned).into();
    Provider::new(Registration { issuer, client, name }, PlainSecret::new("hunter2".to_owned()), "https://x")
}

#[tokio::test]
async fn of_very_many_who_sign_in_at_once_some_are_told_to_come_again() {
    let (provider, now) = (provider(), Timestamp::from_millis(1_768_478_400_000));
    let sign_in = ProviderSignIn::start("cookie", now, &mut entropy());
    let _all = provider.waiting.try_acquire_many(WAITING.try_into().unwrap()).unwrap();
    assert_eq!(provider.address(&sign_in, false, now).await, Err(Failure::Busy));
    assert_eq!(provider.identity(&sign_in, "code", now).await, Err(Failure::Busy));
}

#[tokio::test]
async fn a_code_that_is_none_is_not_sent_to_the_provider() {
    let (provider, now) = (provider(), Timestamp::from_millis(1_768_478_400_000));
    let sign_in = ProviderSignIn::start("cookie", now, &mut entropy());
    for code in [String::new(), "x".repeat(LONGEST + 1)] {
        // It would be unavailable otherwise: nobody has this name.
        let rejected = provider.identity(&sign_in, &code, now).await;
        assert!(matches!(rejected, Err(Failure::Rejected(_))), "{rejected:?}");
    }
}

#[test]
fn of_the_answer_of_the_token_endpoint_only_a_short_word_is_repeated() {
    let said = |error: &str| {
        let body = serde_json::json!({"error": error, "error_description": "hunter2"}).to_string();
        not_redeemed(StatusCode::BAD_REQUEST, body.as_bytes())
    };
    assert!(matches!(said("invalid_grant"), Failure::Rejected(_)));
    let Failure::Unavailable(what) = said("invalid_client") else { panic!("not rejected") };
    assert_eq!(what, "its token endpoint answers 400 invalid_client");
    for error in ["", "Hunter2", "a b", "a\nb", "invalid_grant\u{1b}[2J", &"x".repeat(41)] {
        assert_eq!(
            said(error),
            Failure::Unavailable("its token endpoint answers 400 ".to_owned()),
            "{error}"
        );
    }
    assert!(matches!(not_redeemed(StatusCode::BAD_REQUEST, b"<html>"), Failure::Unavailable(_)));
}

#[test]
fn what_a_provider_is_called_with_is_not_shown() {
    let shown = format!("{:?}", provider());
    assert!(shown.contains("id.example.org") && !shown.contains("hunter2"), "{shown}");
}
