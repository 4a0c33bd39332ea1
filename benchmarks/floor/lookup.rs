//! One lookup by a key of two numbers, answered as it is kept.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::get,
};
use rusqlite::Connection;

use crate::{ANSWER, ROWS, connect, json, row};

struct Rows {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

pub fn routes(file: &Path) -> Router {
    let connection = connect(file);
    fill(&connection);
    let rows = Rows { file: file.to_owned(), idle: Mutex::new(vec![connection]) };
    Router::new().route("/", get(answer)).with_state(Arc::new(rows))
}

fn fill(connection: &Connection) {
    let sql = format!(
        "CREATE TABLE IF NOT EXISTS rows (project INTEGER, id INTEGER, body TEXT, PRIMARY KEY (project, id)) STRICT;
        WITH RECURSIVE ids (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < {ROWS})
        INSERT OR IGNORE INTO rows
            SELECT 1, id, printf('{{\"id\":\"%d\",\"text\":\"%.*c\"}}', id, {ANSWER}, 'x') FROM ids;"
    );
    connection.execute_batch(&sql).expect("the rows are made");
}

async fn answer(State(rows): State<Arc<Rows>>, headers: HeaderMap) -> Response {
    let Some((project, id)) = row(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    let key: (i64, i64) = (project.parse().unwrap_or(0), id.parse().unwrap_or(0));
    let idle = rows.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let connection = idle.unwrap_or_else(|| connect(&rows.file));
    let body = connection
        .prepare_cached("SELECT body FROM rows WHERE project = ?1 AND id = ?2")
        .and_then(|mut statement| statement.query_row(key, |row| row.get::<_, String>(0)));
    rows.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    body.map_or_else(|_| StatusCode::UNAUTHORIZED.into_response(), json)
}
