//! Secrets in wrong places: no error echoes them.

use http::Method;
use jeton_service::endpoint::endpoints;
use jeton_tests::client::Call;
use serde_json::{Value, json};

use super::{
    bench::{Bench, bad_field},
    fields::fields,
    queries::parameters,
    rows::ROWS,
    world::World,
};

#[tokio::test]
async fn a_secret_in_the_wrong_place_does_not_come_back() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    let secret = world.other.token.clone();
    for row in ROWS {
        let endpoint = row.endpoint();
        if endpoint.shape.takes.is_none() {
            continue;
        }
        for (field, r#type) in fields(endpoint) {
            // A string may be any text, also a secret, so it is put where no string is allowed.
            let values = match r#type.as_str() {
                "string" => vec![json!([secret]), json!({ &secret: secret })],
                "array" => vec![json!(secret), json!([[secret]]), json!([{ &secret: secret }])],
                _ => vec![json!(secret), json!([secret]), json!([{ &secret: secret }])],
            };
            for value in values {
                let mut body = world.body(row);
                body[&field] = value;
                let call = world.call_well(endpoint).json(&body);
                bench
                    .rejects(endpoint, &format!("a secret as {field}"), call, bad_field(&field), &[&secret])
                    .await;
            }
        }
        bench.nothing_changed(row.endpoint).await;
    }
    bench.finish();
}

/// Values of a type with a secret in them; this does not check whether they are rejected.
fn with_secret(r#type: &str, secret: &str) -> Vec<Value> {
    let spoilt = format!("{secret}!");
    match r#type {
        "string" => vec![json!(secret), json!(spoilt), json!(format!("{secret}\u{0}"))],
        "object" => vec![
            json!({secret: "read"}),
            json!({format!("in.{secret}!"): "read"}),
            json!({"in.c-main": secret}),
            json!({format!("in.{secret}"): secret}),
        ],
        "array" => vec![
            json!([spoilt]),
            json!([{"operation": spoilt}]),
            json!([{"operation": "a", "bucket": secret}]),
        ],
        _ => vec![json!(secret)],
    }
}

/// Calls that may succeed or fail, but never have a secret in an error.
async fn gives_nothing_back(wrong: &mut Vec<String>, about: &str, call: Call, secret: &str) {
    let answer = call.send().await;
    let error = answer.status.as_u16() >= 400;
    if answer.status.is_server_error() || (error && answer.text().contains(secret)) {
        wrong.push(format!("{about}: {} {}", answer.status, answer.text()));
    }
}

#[tokio::test]
async fn no_error_quotes_a_secret_that_came_in_the_request() {
    let world = World::start().await;
    let secrets = [&world.other.token, &world.jeton.manage, &world.invitation.secret];
    let mut wrong = Vec::new();
    for secret in secrets {
        for row in ROWS.iter().filter(|row| row.endpoint().shape.takes.is_some()) {
            for (field, r#type) in fields(row.endpoint()) {
                for value in with_secret(&r#type, secret) {
                    let mut body = world.body(row);
                    body[&field] = value;
                    let call = world.call_well(row.endpoint()).json(&body);
                    gives_nothing_back(&mut wrong, &format!("{}: {body}", row.endpoint), call, secret).await;
                }
            }
            let broken = format!("{{\"{secret}\": {secret}");
            let call = world.call_well(row.endpoint()).raw("application/json", broken);
            gives_nothing_back(&mut wrong, row.endpoint, call, secret).await;
            let call = world.call_well(row.endpoint()).form(&format!("{secret}[={secret}"));
            gives_nothing_back(&mut wrong, row.endpoint, call, secret).await;
        }
        for endpoint in endpoints() {
            let names = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            for name in names {
                let path = world.path(endpoint.path, &[(name, secret)]);
                gives_nothing_back(&mut wrong, &path, world.call(endpoint, &path), secret).await;
            }
            let path = format!("{}/{secret}/x", world.path(endpoint.path, &[]));
            let call = world.jeton.call(Method::PATCH, &path);
            gives_nothing_back(&mut wrong, &path, call, secret).await;
            if endpoint.shape.query.is_none() {
                continue;
            }
            for parameter in parameters(endpoint) {
                let name = parameter["name"].as_str().unwrap();
                for value in ["{}", "{}:5", "({})", "event:{}!", "\"a\"{}", "%22{}"] {
                    let value = value.replace("{}", secret).replace('"', "%22");
                    let path = format!("{}?{name}={value}", world.path(endpoint.path, &[]));
                    gives_nothing_back(&mut wrong, &path, world.call(endpoint, &path), secret).await;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
