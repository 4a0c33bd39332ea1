//! Values that AWS keeps: the seal key, and the rules of the authorizer.

use std::{
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use http::{Method, StatusCode};
use jeton_service::{clock::Clock, function::Function};
use jeton_tests::{
    client::Answer,
    dynamodb,
    identity_provider::{self, IdentityProvider},
    process::Kept,
    program,
    store::fresh_folder,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::thread;

const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jeton/seal-key-AbCdEf";
const PARAMETER: &str = "arn:aws:ssm:eu-central-1:123456789012:parameter/jeton/seal-key";

/// A stand-in of Secrets Manager and Systems Manager with one value, and the questions that it was asked.
#[derive(Clone)]
struct Keeper {
    answer: Arc<Value>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Keeper {
    /// Starts it; with its address.
    async fn start(answer: Value) -> (Self, String) {
        let keeper = Self { answer: Arc::new(answer), asked: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/", post(answered)).with_state(keeper.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (keeper, address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answered(State(keeper): State<Keeper>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (target, signature) = (header("x-amz-target"), header("authorization"));
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=local/"), "{signature}");
    assert!(signature.contains("/eu-central-1/"), "{signature}");
    let body = String::from_utf8_lossy(&body);
    keeper.asked.lock().unwrap().push(format!("{target} {body}"));
    let status = if keeper.answer["__type"].is_string() { 400 } else { 200 };
    (StatusCode::from_u16(status).unwrap(), keeper.answer.to_string())
}

fn secret(text: &str) -> Value {
    json!({"Name": "jeton/seal-key", "SecretString": text})
}

fn parameter(kind: &str, text: &str) -> Value {
    json!({"Parameter": {"Name": "/jeton/seal-key", "Type": kind, "Value": text}})
}

#[tokio::test]
async fn the_function_seal_reads_its_key_from_where_it_is_kept_and_no_other_function_does() {
    for (arn, answer, question) in [
        (
            SECRET,
            secret(thread::SEAL_KEY),
            format!("secretsmanager.GetSecretValue {}", json!({"SecretId": SECRET})),
        ),
        (
            PARAMETER,
            parameter("SecureString", &format!("{}\n", thread::SEAL_KEY)),
            format!("AmazonSSM.GetParameter {}", json!({"Name": PARAMETER, "WithDecryption": true})),
        ),
    ] {
        let (keeper, address) = Keeper::start(answer).await;
        let endpoint =
            if arn == SECRET { "AWS_ENDPOINT_URL_SECRETS_MANAGER" } else { "AWS_ENDPOINT_URL_SSM" };
        // Of the gateway's own proxies, which stand in front of the table, this is none.
        let variables = vec![("JETON_SEAL_KEY", arn.to_owned())];
        let (mut gateway, master, _) =
            thread::gateway_past_proxies(variables, vec![(endpoint, address)]).await;
        gateway.call(Method::GET, "/v2/storage/tokens/verify", &master, None).await.expect(200);
        assert_eq!(keeper.asked(), Vec::<String>::new(), "only what seals reads the key");
        // Without an event of today the history of a project is not sealed: the clock may be wrong.
        let wish = json!({"description": "import"});
        gateway.call(Method::POST, "/v2/storage/tokens", &master, Some(wish)).await.expect(201);
        let mut sealed = 0;
        for _ in 0..2 {
            gateway.invoke(Function::ExpirySweep.name(), json!({})).await.unwrap();
            let sealing = gateway.invoke(Function::Seal.name(), json!({})).await.unwrap();
            assert_eq!(sealing["unsealed"], 0, "{sealing}");
            sealed += sealing["sealed"].as_u64().unwrap();
        }
        assert!(sealed >= 2, "{sealed}");
        assert_eq!(keeper.asked(), [question], "once, at the start");
        for (name, written) in gateway.written() {
            assert!(!written.contains(thread::SEAL_KEY), "{name} logs the key");
        }
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_read_or_is_none_stops_the_function_seal_with_a_sentence() {
    let table = dynamodb::create_table().await;
    for (arn, answer, why) in [
        (
            SECRET,
            json!({"__type": "com.amazonaws#AccessDeniedException", "Message": "hidden"}),
            "AccessDeniedException",
        ),
        (SECRET, secret("hidden"), "64 hexadecimal digits"),
        (SECRET, json!({"SecretBinary": "aGlkZGVu"}), "no text"),
        (PARAMETER, parameter("String", thread::SEAL_KEY), "SecureString"),
    ] {
        let (_, address) = Keeper::start(answer).await;
        let log = fresh_folder().join("log");
        let mut command = Command::new(program::function(Function::Seal.name()));
        command.env_clear().envs(dynamodb::variables(&table)).env("JETON_MAIL", "ses:jeton@example.org");
        command.env("JETON_PUBLIC_URL", "https://tokens.example.org").env("JETON_SEAL_KEY", arn);
        command.env("AWS_ENDPOINT_URL_SSM", &address).env("AWS_ENDPOINT_URL_SECRETS_MANAGER", &address);
        command.env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9").stdin(Stdio::null());
        command.stderr(std::fs::File::create(&log).unwrap());
        let ended = tokio::task::spawn_blocking(move || Kept::start(&mut command).ended());
        assert!(!ended.await.unwrap().success());
        let logged = std::fs::read_to_string(&log).unwrap();
        assert!(
            logged.contains(&format!("JETON_SEAL_KEY names {arn}, which ")) && logged.contains(why),
            "{logged}"
        );
        assert!(!logged.contains("hidden") && !logged.contains(thread::SEAL_KEY), "{logged}");
    }
}

#[tokio::test]
async fn the_console_reads_its_client_secret_from_where_it_is_kept_and_signs_a_member_in() {
    let provider = IdentityProvider::start().await;
    let (keeper, address) = Keeper::start(secret(&format!("{}\n", identity_provider::SECRET))).await;
    let variables = vec![
        ("JETON_OIDC_ISSUER", provider.issuer.clone()),
        ("JETON_OIDC_CLIENT_ID", identity_provider::CLIENT.to_owned()),
        ("JETON_OIDC_CLIENT_SECRET", SECRET.to_owned()),
        ("JETON_SIGN_IN", "oidc".to_owned()),
    ];
    let endpoint = vec![("AWS_ENDPOINT_URL_SECRETS_MANAGER", address)];
    let (mut gateway, master, _) = thread::gateway_past_proxies(variables, endpoint).await;
    gateway.call(Method::GET, "/v2/storage/tokens/verify", &master, None).await.expect(200);
    assert_eq!(keeper.asked(), Vec::<String>::new(), "only the console reads the secret");
    let led = gateway.browse("/console/-/provider", &[], None).await.expect(303);
    let address = led.header("location").unwrap();
    let back = provider.signs_in(address, "admin@example.org", Clock::System.now());
    let kept = |answer: &Answer| -> Vec<String> {
        let cookies = answer.headers.get_all("set-cookie").iter();
        cookies.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned()).collect()
    };
    let answer = gateway.browse(&back, &kept(&led), None).await.expect(303);
    assert_eq!(answer.header("location"), Some("/console"));
    assert_eq!(
        gateway
            .browse("/console", &kept(&answer), None)
            .await
            .expect(303)
            .header("location")
            .map(|to| to.starts_with("/console/projects/")),
        Some(true)
    );
    assert_eq!(keeper.asked(), [format!("secretsmanager.GetSecretValue {}", json!({"SecretId": SECRET}))]);
    for (name, written) in gateway.written() {
        assert!(!written.contains(identity_provider::SECRET), "{name} logs the secret");
    }
}

#[tokio::test]
async fn the_authorizer_takes_its_rules_from_a_parameter() {
    let rules = "POST /v2/buckets/{bucket}/tables write on bucket\n";
    let (keeper, address) = Keeper::start(parameter("String", rules)).await;
    let variables = vec![("JETON_AUTHORIZER_RULES", PARAMETER.to_owned())];
    let endpoint = vec![("AWS_ENDPOINT_URL_SSM", address)];
    let (mut gateway, master, _) = thread::gateway_past_proxies(variables, endpoint).await;
    let event = include_str!("../authorizer/events/http-api.json");
    for (token, allowed) in [(master.as_str(), true), ("none", false)] {
        let event = serde_json::from_str(&event.replace("{token}", token)).unwrap();
        let said = gateway.invoke(Function::Authorizer.name(), event).await.unwrap();
        assert_eq!(said["isAuthorized"], allowed, "{said}");
    }
    assert_eq!(keeper.asked().len(), 1);
    // Each call is a line of metrics.
    let lines = gateway.lines(Function::Authorizer.name());
    let told: Vec<_> = lines.iter().filter(|line| line["message"] == "authorize").collect();
    let numbers =
        |line: &&Value| (line["Refused"].as_u64(), line["Failed"].as_u64(), line["Latency"].is_number());
    assert_eq!(
        told.iter().map(numbers).collect::<Vec<_>>(),
        [(Some(0), Some(0), true), (Some(1), Some(0), true)]
    );
    assert_eq!(told[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Jeton");
}
