//! Secrets in logs and records: with every action at any log level, a secret is only in the one answer or mail for it.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use jeton_core::secret::{manage_token_id, token_address};
use jeton_tests::{dynamodb, ses};

use crate::{run, thread};

#[tokio::test]
async fn no_secret_is_in_a_log_or_in_the_table_whatever_is_done_and_however_much_is_logged() {
    let (mut gateway, master, manage) = thread::gateway_with(vec![("JETON_LOG", "trace".to_owned())]).await;
    run::everything(&mut gateway, &master, &manage).await;
    let secrets: BTreeSet<String> = gateway.exchanged.iter().flat_map(|text| secrets_in(text)).collect();
    assert!(secrets.contains(&master) && secrets.contains(&manage));
    assert!(secrets.len() > 80, "{} secrets were issued", secrets.len());

    let secrets = &secrets | &BTreeSet::from([thread::SEAL_KEY.to_owned()]);

    let mut places = gateway.written();
    let words = ["request", "sweep", "seal"];
    assert!(places.iter().all(|(_, log)| words.iter().any(|word| log.contains(word))), "there are logs");
    let table = gateway.variable("JETON_STORE").strip_prefix("dynamodb:").unwrap();
    places.push(("the table", dynamodb::dump(table).await));
    assert!(places.iter().any(|(_, text)| text.contains("storage.tokenCreated")));
    for (place, text) in &places {
        for secret in &secrets {
            for trace in traces(secret) {
                let at = text.find(&trace).map(|at| text.floor_char_boundary(at.saturating_sub(300)));
                assert!(at.is_none(), "{place} holds {secret}: {}", &text[at.unwrap()..]);
            }
        }
    }
    // The search works: mails hold links.
    let mails = format!("{:?}", ses::all_mails().await);
    assert!(secrets.iter().any(|secret| traces(secret).iter().any(|trace| mails.contains(trace))));
}

/// The tokens, and the 43 digits of all other secrets, in a text.
fn secrets_in(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let is_secret = |word: &&str| {
        let digits = word.len() == 43 && word.bytes().all(|b| b.is_ascii_alphanumeric());
        digits || token_address(word).is_some() || manage_token_id(word).is_some()
    };
    words.filter(is_secret).map(str::to_owned).collect()
}

/// Traces of a secret: a part that is too long to occur by chance, plain or in Base64, wherever in that it begins.
fn traces(secret: &str) -> Vec<String> {
    let end = &secret[secret.len() - 20..];
    let encoded = (0..3).map(|shift| {
        let text = STANDARD_NO_PAD.encode(format!("{}{end}", "x".repeat(shift)));
        // Without the characters that depend on the neighbours.
        text[4..text.len() - 4].to_owned()
    });
    [end.to_owned()].into_iter().chain(encoded).collect()
}
