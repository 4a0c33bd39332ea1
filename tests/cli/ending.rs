//! Stop signals.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use jeton_tests::{
    functions::quiet_address,
    process::{Served, filled, start_jeton_into, wait_until},
    store::fresh_folder,
};

use serde_json::json;

use crate::secret;

#[test]
fn told_to_end_it_takes_no_more_calls_finishes_those_it_has_and_exits_with_0() {
    let folder = fresh_folder();
    let mut jeton = Served::start(&folder);
    let (address, master) = (jeton.address(), secret(&folder, "jeton-master-token"));
    let mut call = TcpStream::connect(address).unwrap();
    let body = r#"{"description":"just in time"}"#;
    let head = format!(
        "POST /v2/storage/tokens HTTP/1.1\r\nHost: {address}\r\nX-StorageApi-Token: {master}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    call.write_all(head.as_bytes()).unwrap();
    // Once the server asks for the body, the call is in progress.
    let mut asked = [0; 25];
    call.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");

    jeton.process().ask_to_end();
    wait_until("no further call is taken", || TcpStream::connect(address).err());
    assert!(jeton.process().runs(), "it waits for the call it has");
    call.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    call.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("just in time"), "{answer}");
    assert!(jeton.process().ended().success());
}

#[test]
fn told_to_end_as_soon_as_it_can_be_reached_it_ends_as_well_as_later() {
    // Its start-up message goes into a full pipe, so its start does not complete.
    let (mut said, full) = std::io::pipe().unwrap();
    filled(&full);
    let address = quiet_address();
    let listen = [("JETON_LISTEN", address.to_string())];
    let mut jeton = start_jeton_into(full, &fresh_folder(), &["serve"], &listen);
    wait_until("it can be reached", || {
        assert!(jeton.runs());
        TcpStream::connect(address).ok()
    });
    jeton.ask_to_end();
    std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
    let status = jeton.ended();
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn a_client_that_keeps_its_connection_open_does_not_keep_the_server_from_ending() {
    let jeton = Served::start(&fresh_folder());
    let client = jeton.client();
    client.get("/health").send().await.expect(200);
    assert!(jeton.end().success());
    drop(client);
}

#[tokio::test]
async fn a_client_that_never_sends_its_body_is_left_behind_and_nothing_else_is() {
    let folder = fresh_folder();
    let mut jeton = Served::start(&folder);
    let (address, master) = (jeton.address(), secret(&folder, "jeton-master-token"));
    let tokens = "/v2/storage/tokens";
    let kept = json!({"description": "kept"});
    jeton.client().post(tokens).token(&master).json(&kept).send().await.expect(201);
    let mut call = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {tokens} HTTP/1.1\r\nHost: {address}\r\nX-StorageApi-Token: {master}\r\n\
         Content-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    );
    call.write_all(head.as_bytes()).unwrap();
    // Once the server asks for the body, the call is in progress.
    let mut asked = [0; 25];
    call.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");

    // The ten seconds are not measured: a busy machine may take longer, and `ended` has its own limit.
    jeton.process().ask_to_end();
    assert!(jeton.process().ended().success());
    drop(call);
    let again = Served::start(&folder);
    let listed = again.client().get(tokens).token(&master).send().await.expect(200).json();
    let descriptions: Vec<_> = listed.as_array().unwrap().iter().map(|token| &token["description"]).collect();
    assert_eq!(descriptions.len(), 2, "{descriptions:?}");
    assert!(descriptions.contains(&&json!("kept")), "{descriptions:?}");
}
