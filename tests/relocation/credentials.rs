//! Where `jeton` on a terminal finds credentials of AWS, for those who have no keys of their own.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use jeton_tests::{dynamodb, process::jeton, store::fresh_folder};

/// A stand-in of a service that hands out credentials: it gives each request the same answer.
struct Giver {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Giver {
    fn start(kind: &'static str, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (format!("http://{}", listener.local_addr().unwrap()), Arc::default());
        let noted: Arc<Mutex<Vec<String>>> = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut head, mut length) = (String::new(), 0);
                while reader.read_line(&mut head).unwrap_or(0) > 2 {
                    let last = head.lines().last().unwrap_or_default().to_ascii_lowercase();
                    if let Some(bytes) = last.strip_prefix("content-length:") {
                        length = bytes.trim().parse().unwrap();
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                noted.lock().unwrap().push(head + &String::from_utf8_lossy(&body));
                let size = answer.len();
                let text = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n{answer}"
                );
                stream.write_all(text.as_bytes()).unwrap();
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> String {
        self.asked.lock().unwrap().concat()
    }
}

/// Runs `jeton init manage-token` on a new table with the profile `work`, without keys in the environment.
async fn first_token(config: &str, home: &Path, more: &[(&str, &str)]) {
    let (table, endpoint) = (dynamodb::create_table().await, dynamodb::endpoint());
    let (file, store) = (home.join("config"), format!("dynamodb:{table}"));
    fs::write(&file, config).unwrap();
    let mut variables = vec![
        ("JETON_STORE", store.as_str()),
        ("AWS_ENDPOINT_URL_DYNAMODB", &endpoint),
        ("AWS_CONFIG_FILE", file.to_str().unwrap()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_PROFILE", "work"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("HOME", home.to_str().unwrap()),
    ];
    variables.extend(more);
    let made = jeton(home, &["init", "manage-token"], &variables);
    assert!(made.status.success(), "{}", made.logged);
}

#[tokio::test]
async fn a_program_gives_out_the_credentials() {
    let home = fresh_folder();
    let given = home.join("given");
    fs::write(&given, r#"{"Version": 1, "AccessKeyId": "fromprogram", "SecretAccessKey": "secret"}"#)
        .unwrap();
    let config =
        format!("[profile work]\nregion = eu-central-1\ncredential_process = cat {}\n", given.display());
    first_token(&config, &home, &[]).await;
}

#[tokio::test]
async fn a_role_is_assumed() {
    let sts = Giver::start(
        "text/xml",
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         <AccessKeyId>fromrole</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
    );
    let config = "[profile work]\nregion = eu-central-1\nrole_arn = arn:aws:iam::123456789012:role/operator\nsource_profile = base\n\
                  [profile base]\naws_access_key_id = base\naws_secret_access_key = secret\n";
    first_token(config, &fresh_folder(), &[("AWS_ENDPOINT_URL_STS", &sts.address)]).await;
    assert!(sts.asked().contains("role%2Foperator"), "{}", sts.asked());
}

#[tokio::test]
async fn who_has_signed_in_by_sso_needs_no_keys() {
    let portal = Giver::start(
        "application/json",
        r#"{"roleCredentials": {"accessKeyId": "fromsso", "secretAccessKey": "secret", "sessionToken": "session", "expiration": 4070908800000}}"#,
    );
    let home = fresh_folder();
    let cache = home.join(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    // Named by the SHA-1 of the session's name, `sign-in`, as `aws sso login` does.
    fs::write(
        cache.join("5f4c780661fa6f4959c13e75b11535ebbe069e30.json"),
        r#"{"accessToken": "signed-in", "expiresAt": "2099-01-01T00:00:00Z", "region": "eu-central-1", "startUrl": "https://example.awsapps.com/start"}"#,
    )
    .unwrap();
    let config = "[profile work]\nregion = eu-central-1\nsso_session = sign-in\nsso_account_id = 123456789012\nsso_role_name = operator\n\
                  [sso-session sign-in]\nsso_region = eu-central-1\nsso_start_url = https://example.awsapps.com/start\n";
    first_token(config, &home, &[("AWS_ENDPOINT_URL_SSO", &portal.address)]).await;
    assert!(
        portal.asked().contains("signed-in") && portal.asked().contains("role_name=operator"),
        "{}",
        portal.asked()
    );
}
