//! A Jeton whose store cannot be reached.

use std::{net::SocketAddr, sync::Arc};

use jeton_core::event::UuidSequence;
use jeton_service::{
    allowance::Allowance,
    app::App,
    clock::Clock,
    github::GitHubKeys,
    mail::{Mailer, Outbox},
    refusals::Refusals,
    runtime::serve::routes,
    telemetry::Telemetry,
    throttle::{Places, Throttle},
};
use tokio::net::TcpListener;

use crate::{client::Client, dynamodb::table_at, store::fresh_folder};

/// Starts one whose store is a DynamoDB at an address where nobody listens any more.
pub async fn start() -> Client {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Arc::new(App {
        store: Arc::new(table_at(&format!("http://{nobody}"), "none")),
        mailer: Mailer::Outbox(Outbox::new(fresh_folder())),
        clock: Clock::Manual(Arc::default()),
        public_url: url.clone(),
        trusted_proxies: Vec::new(),
        github: GitHubKeys::default(),
        throttle: Throttle::default(),
        places: Places::default(),
        allowance: Allowance::default(),
        refusals: Refusals::default(),
        outgoing: jeton_service::outgoing::Outgoing::default(),
        sealer: None,
        telemetry: Telemetry::default(),
        sequence: UuidSequence::default(),
    });
    let service = routes(app).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Client::new(&url)
}
