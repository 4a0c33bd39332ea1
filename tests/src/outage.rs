//! A Jeton whose store cannot be reached.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use jeton_service::{
    app::App,
    clock::Clock,
    mail::{Mailer, Outbox},
    runtime::serve::routes,
};
use tokio::net::TcpListener;

use crate::{client::Client, dynamodb::table_at, store::fresh_folder};

/// An address that refuses connections. No program gets this port by chance, as it does one that was free a
/// moment ago.
pub const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

/// Starts one with a DynamoDB at an address where nothing listens.
pub async fn start() -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Arc::new(App::new(
        Arc::new(table_at(&format!("http://{NOBODY}"), "none")),
        Mailer::Outbox(Outbox::new(fresh_folder())),
        Clock::Manual(Arc::default()),
        url.clone(),
    ));
    let service = routes(app).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Client::new(&url)
}
