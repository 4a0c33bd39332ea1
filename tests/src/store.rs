//! Empty stores, of the kind that `JETON_TEST_STORE` names.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aws_sdk_dynamodb::types::AttributeValue;
use jeton_core::{
    id::{ProjectId, TokenId},
    store::Store,
};
use jeton_store_sqlite::Sqlite;

use crate::{dynamodb, fault_proxy::FaultProxy};

/// How many replicas each token gets, which is read a few times, in a run with replicas.
const REPLICAS: u32 = 4;

/// The location of a store's data, for direct access.
pub enum Place {
    /// The folder of an SQLite file.
    Folder(PathBuf),
    /// A table of DynamoDB.
    Table(String),
}

/// A record that is stored as JSON, for a test to damage.
#[derive(Debug, Clone, Copy)]
pub enum Record<'a> {
    /// A member, by id and address, wherever they are kept.
    Member(ProjectId, u64, &'a str),
    /// A share or an invitation, by its id.
    Share(&'a str),
    /// A manage token, by its id.
    ManageToken(u64),
    /// The passkeys of an address in lower case.
    Passkeys(&'a str),
}

/// A kind of damage: from a record's JSON to what is left of it.
pub type Damage = fn(&str) -> String;

/// Damage of every kind: no JSON, a missing field, a field of another type, and an unknown value.
pub const DAMAGES: [Damage; 4] = [
    |_| "{".to_owned(),
    |json| json.replacen("\"id\"", "\"was\"", 1),
    |json| json.replacen("\"created\":", "\"created\":[1],\"was\":", 1),
    |json| {
        let is_share = json.contains("\"open\"");
        if is_share { json.replace("\"open\"", "\"ajar\"") } else { "\"unheard-of\"".to_owned() }
    },
];

/// How to reach functions in processes of their own, if the run is about these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// Plain HTTP servers behind nginx.
    Nginx,
    /// `cargo lambda watch`.
    CargoLambda,
}

/// Whether the run is about functions in processes of their own, on a table of DynamoDB, and about which.
pub fn front() -> Option<Front> {
    match kind().as_deref() {
        Ok("functions") => Some(Front::Nginx),
        Ok("watch") => Some(Front::CargoLambda),
        _ => None,
    }
}

fn kind() -> Result<String, std::env::VarError> {
    #[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
    std::env::var("JETON_TEST_STORE")
}

/// An empty store: SQLite, unless `JETON_TEST_STORE` is something else.
pub async fn open_store() -> Arc<dyn Store> {
    open_store_at().await.0
}

/// An empty store, and the location of its data.
pub async fn open_store_at() -> (Arc<dyn Store>, Place) {
    let ([store, _], place) = open_twice().await;
    (store, place)
}

/// An empty store as two processes open it, and the location of its data. For SQLite it is one: two servers never share a file.
pub async fn open_twice() -> ([Arc<dyn Store>; 2], Place) {
    match kind().as_deref() {
        Err(_) | Ok("sqlite") => {
            let folder = fresh_folder();
            let store: Arc<dyn Store> = Arc::new(Sqlite::open_alone(&folder.join("jeton.db")).unwrap());
            ([Arc::clone(&store), store], Place::Folder(folder))
        }
        Ok("dynamodb" | "functions" | "watch") => {
            let table = dynamodb::create_table().await;
            // As `jeton serve` opens it.
            let open =
                || -> Arc<dyn Store> { Arc::new(dynamodb::table_at(&dynamodb::endpoint(), &table).shared()) };
            ([open(), open()], Place::Table(table))
        }
        Ok("replicas") => {
            let (table, proxy) = (dynamodb::create_table().await, FaultProxy::start().await);
            proxy.throttle_until_replicated();
            let open =
                || -> Arc<dyn Store> { Arc::new(proxy.store(&table).with_replicas(REPLICAS).shared()) };
            let stores = [open(), open()];
            // It serves as long as the test.
            std::mem::forget(proxy);
            (stores, Place::Table(table))
        }
        Ok(other) => {
            panic!("JETON_TEST_STORE is {other:?}; it can be sqlite, dynamodb, replicas, functions or watch")
        }
    }
}

/// The database in a folder, for writes by another program. A store is open as in a command of Jeton
/// meanwhile, so that no server answers from memory.
struct BehindItsBack {
    file: rusqlite::Connection,
    _command: Sqlite,
}

impl std::ops::Deref for BehindItsBack {
    type Target = rusqlite::Connection;

    fn deref(&self) -> &rusqlite::Connection {
        &self.file
    }
}

fn behind_its_back(folder: &Path) -> BehindItsBack {
    let path = folder.join("jeton.db");
    let command = Sqlite::open(&path).unwrap();
    BehindItsBack { file: rusqlite::Connection::open(path).unwrap(), _command: command }
}

impl Place {
    /// Removes the record of a token and leaves its verify item, where these are separate; else damages it.
    pub async fn lose(&self, project: ProjectId, token: TokenId) {
        let Self::Table(table) = self else { return self.spoil(project, token).await };
        delete(table, &format!("P#{project}"), &format!("TOKEN#{:015}", token.number())).await;
    }

    /// Removes all of a token but its due entry, where that is separate.
    pub async fn orphan(&self, project: ProjectId, token: TokenId) {
        match self {
            Self::Folder(folder) => {
                let file = behind_its_back(folder);
                let sql = "DELETE FROM tokens WHERE project = ?1 AND id = ?2";
                file.execute(sql, (project.number(), token.number().cast_signed())).unwrap();
            }
            Self::Table(table) => {
                delete(table, &format!("P#{project}"), &format!("TOKEN#{:015}", token.number())).await;
                delete(table, &format!("V#{project}#{token}"), "V").await;
            }
        }
    }

    /// Makes all of a token unreadable, including its verify item.
    pub async fn spoil_all(&self, project: ProjectId, token: TokenId) {
        self.spoil(project, token).await;
        match self {
            Self::Folder(folder) => {
                let file = behind_its_back(folder);
                let sql = "UPDATE tokens SET verify = '{' WHERE project = ?1 AND id = ?2";
                file.execute(sql, (project.number(), token.number().cast_signed())).unwrap();
            }
            Self::Table(table) => spoil_item(table, &format!("V#{project}#{token}"), "V").await,
        }
    }

    /// Makes the record of a token unreadable, as a failing disk or another program might. Its verify item stays.
    pub async fn spoil(&self, project: ProjectId, token: TokenId) {
        let changed = match self {
            Self::Folder(folder) => {
                let file = behind_its_back(folder);
                let id = token.number().cast_signed();
                let sql = "UPDATE tokens SET body = '{' WHERE project = ?1 AND id = ?2";
                file.execute(sql, (project.number(), id)).unwrap()
            }
            Self::Table(table) => {
                spoil_item(table, &format!("P#{project}"), &format!("TOKEN#{:015}", token.number())).await;
                1
            }
        };
        assert_eq!(changed, 1);
    }

    /// Damages a record, as a failing disk or another program might.
    pub async fn damage(&self, record: Record<'_>, damage: Damage) {
        match self {
            Self::Folder(folder) => {
                let file = behind_its_back(folder);
                let place = match record {
                    Record::Member(project, id, _) => {
                        format!("members WHERE project = {project} AND id = {id}")
                    }
                    Record::Share(id) => format!("shares WHERE id = '{id}'"),
                    Record::ManageToken(id) => format!("manage_tokens WHERE id = {id}"),
                    Record::Passkeys(address) => format!("passkeys WHERE address = '{address}'"),
                };
                let body: String =
                    file.query_row(&format!("SELECT body FROM {place}"), [], |row| row.get(0)).unwrap();
                let (table, of) = place.split_once(' ').unwrap();
                let left = damage(&body);
                assert_ne!(left, body);
                assert_eq!(file.execute(&format!("UPDATE {table} SET body = ?1 {of}"), [left]).unwrap(), 1);
            }
            Self::Table(table) => {
                let places = match record {
                    Record::Member(project, id, email) => vec![
                        (format!("P#{project}"), format!("MEMBER#{id:08}")),
                        (format!("P#{project}"), format!("EMAIL#{email}")),
                    ],
                    Record::Share(id) => vec![(format!("S#{id}"), "S".to_owned())],
                    Record::ManageToken(id) => vec![(format!("M#{id}"), "M".to_owned())],
                    Record::Passkeys(address) => vec![(format!("E#{address}"), "PASSKEYS".to_owned())],
                };
                for (pk, sk) in places {
                    let client = dynamodb::client(&dynamodb::endpoint());
                    let key = [("pk", &pk), ("sk", &sk)];
                    let key = key.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.clone())));
                    let get = client.get_item().table_name(table).set_key(Some(key.into()));
                    let item = get.send().await.unwrap().item.unwrap();
                    let body = item["body"].as_s().unwrap();
                    let left = damage(body);
                    assert_ne!(left, *body);
                    leave(table, &pk, &sk, left).await;
                }
            }
        }
    }

    /// Makes an event unreadable in all its places, by leaving these bytes of it.
    pub async fn spoil_event(&self, uuid: &str, left: &[u8]) {
        match self {
            Self::Folder(folder) => {
                let file = behind_its_back(folder);
                let sql = "UPDATE events SET body = CAST(?1 AS TEXT) WHERE lower(hex(uuid)) = ?2";
                assert_eq!(file.execute(sql, (left, uuid.replace('-', ""))).unwrap(), 1);
            }
            Self::Table(table) => {
                let client = dynamodb::client(&dynamodb::endpoint());
                let mut pages = client.scan().table_name(table).into_paginator().items().send();
                while let Some(item) = pages.next().await {
                    let item = item.unwrap();
                    if item["sk"].as_s().unwrap() == uuid {
                        spoil_item(table, item["pk"].as_s().unwrap(), uuid).await;
                    }
                }
            }
        }
    }

    /// Replaces one text by another in every event, seal, head and note about sealing with this mark; or removes them. Returns
    /// how many were changed.
    pub async fn tamper(&self, mark: &str, change: Option<(&str, &str)>) -> usize {
        match self {
            Self::Folder(folder) => {
                let file = behind_its_back(folder);
                let of_table = |table| {
                    let what = match change {
                        Some((from, to)) => {
                            format!("UPDATE {table} SET body = replace(body, '{from}', '{to}')")
                        }
                        None => format!("DELETE FROM {table}"),
                    };
                    file.execute(&format!("{what} WHERE instr(body, ?1) > 0"), [mark]).unwrap()
                };
                ["events", "seals", "heads", "delivered"].map(of_table).into_iter().sum()
            }
            Self::Table(table) => {
                let client = dynamodb::client(&dynamodb::endpoint());
                let mut pages = client.scan().table_name(table).into_paginator().items().send();
                let mut changed = 0;
                while let Some(item) = pages.next().await {
                    let mut item = item.unwrap();
                    let body =
                        item.get("body").and_then(|body| body.as_s().ok()).cloned().unwrap_or_default();
                    let sk = item["sk"].as_s().unwrap();
                    if !body.contains(mark) || sk.starts_with("TOKEN#") || sk == "PROJECT" {
                        continue;
                    }
                    changed += 1;
                    if let Some((from, to)) = change {
                        item.insert("body".to_owned(), AttributeValue::S(body.replace(from, to)));
                        client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
                    } else {
                        let key = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()));
                        let delete = client.delete_item().table_name(table).set_key(Some(key.into()));
                        delete.send().await.unwrap();
                    }
                }
                changed
            }
        }
    }

    /// Removes the record of a project, its seals and its heads, but nothing else.
    pub async fn remove_project(&self, project: ProjectId) {
        match self {
            Self::Folder(folder) => {
                let file = behind_its_back(folder);
                for sql in [
                    "DELETE FROM projects WHERE id = ?1",
                    "DELETE FROM seals WHERE project = ?1",
                    "DELETE FROM heads WHERE project = ?1",
                ] {
                    file.execute(sql, [project.number()]).unwrap();
                }
            }
            Self::Table(table) => {
                let client = dynamodb::client(&dynamodb::endpoint());
                let mut pages = client.scan().table_name(table).into_paginator().items().send();
                while let Some(item) = pages.next().await {
                    let item = item.unwrap();
                    let [pk, sk] = ["pk", "sk"].map(|name| item[name].as_s().unwrap().clone());
                    let of_history = [format!("P#{project}#HEADS"), format!("P#{project}#SEALS")];
                    if of_history.iter().any(|of| pk.starts_with(of))
                        || pk == "PROJECTS"
                        || (pk == format!("P#{project}") && sk == "PROJECT")
                    {
                        delete(table, &pk, &sk).await;
                    }
                }
            }
        }
    }

    /// All stored data, in any form: the bytes of all files, or the text of all items.
    pub async fn everything(&self) -> Vec<u8> {
        match self {
            Self::Folder(folder) => {
                let files = fs::read_dir(folder).unwrap();
                files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
            }
            Self::Table(table) => {
                let client = dynamodb::client(&dynamodb::endpoint());
                let mut pages = client.scan().table_name(table).into_paginator().send();
                let mut text = String::new();
                while let Some(page) = pages.next().await {
                    write!(text, "{:?}", page.unwrap().items).unwrap();
                }
                text.into_bytes()
            }
        }
    }
}

async fn spoil_item(table: &str, pk: &str, sk: &str) {
    leave(table, pk, sk, "{".to_owned()).await;
}

async fn leave(table: &str, pk: &str, sk: &str, body: String) {
    let update = dynamodb::client(&dynamodb::endpoint())
        .update_item()
        .table_name(table)
        .key("pk", AttributeValue::S(pk.to_owned()))
        .key("sk", AttributeValue::S(sk.to_owned()))
        .update_expression("SET body = :body")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_values(":body", AttributeValue::S(body));
    update.send().await.unwrap();
}

async fn delete(table: &str, pk: &str, sk: &str) {
    let delete = dynamodb::client(&dynamodb::endpoint())
        .delete_item()
        .table_name(table)
        .key("pk", AttributeValue::S(pk.to_owned()))
        .key("sk", AttributeValue::S(sk.to_owned()));
    delete.send().await.unwrap();
}

/// An empty folder. It is kept for an hour or more, so that the data of a failed test can be inspected.
pub fn fresh_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let folders = std::env::temp_dir().join("jeton-tests");
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    if number == 0 {
        remove_old(&folders);
    }
    let folder = folders.join(format!("{}-{number}", std::process::id()));
    // Another process may have had the same id earlier.
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder that cannot be removed belongs to another run.
fn remove_old(folders: &Path) {
    for folder in fs::read_dir(folders).into_iter().flatten().flatten() {
        let modified = folder.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = modified.and_then(|modified| modified.elapsed().ok());
        if age.is_some_and(|age| age > Duration::from_hours(1)) {
            drop(fs::remove_dir_all(folder.path()));
        }
    }
}
