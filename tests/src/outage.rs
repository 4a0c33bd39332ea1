//! A Jeton whose store cannot be reached.

use std::{net::SocketAddr, sync::Arc};

use jeton_service::{
    app::App,
    clock::Clock,
    mail::{Mailer, Outbox},
    runtime::serve::routes,
};
use tokio::net::TcpListener;

use crate::{client::Client, dynamodb::table_at, store::fresh_folder};

/// Starts one with a DynamoDB at an address where nothing listens.
pub async fn start() -> Client {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Arc::new(App::new(
        Arc::new(table_at(&format!("http://{nobody}"), "none")),
        Mailer::Outbox(Outbox::new(fresh_folder())),
        Clock::Manual(Arc::default()),
        url.clone(),
    ));
    let service = routes(app).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Client::new(&url)
}
