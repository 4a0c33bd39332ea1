//! The store on Amazon DynamoDB: one table, no secondary index.
//!
//! | partition key | sort key | what |
//! | --- | --- | --- |
//! | `V#{project}#{token}` | `V` | the verify item; after deletion, the tombstone |
//! | `V#{project}#{token}` | `GUARD#…` | a guard of the token's version, once changes by the token conflicted |
//! | `V#{project}#{token}#{number}` | `V` | a replica of the verify item, once reads of the token were throttled |
//! | `P#{project}` | `PROJECT`, `TOKEN#…`, `MEMBER#…`, `EMAIL#…`, `CONFIG#…`, `SHARDS#…` | a project and its contents; the shards of an object's events |
//! | `P#{project}#T#{token}#{shard}` | uuid | events by or about a token |
//! | `P#{project}#F#{shard}` | uuid | changes, denials and posted events of a project |
//! | `P#{project}#O#{type and id}#{shard}` | uuid | events about this object |
//! | `E#{address}` | `PROJECT#…`, `SESSION#…`, `PASSKEYS` | the projects, the sessions and the passkeys of an e-mail address |
//! | `K#{digest of the credential id}` | `K` | the address that has this passkey |
//! | `S#{share}`, `N#{session}`, `M#{id}` | `S`, `N`, `M` | a share, invitation or sign-in; a session; a manage token |
//! | `M#{id}` | `GUARD#…` | a guard of the manage token's version, as of a token |
//! | `M#{id}#F#{shard}` | uuid | events by or about a manage token |
//! | `MANAGE` | id | the list of manage tokens |
//! | `B#{budget}` | `B` | the used part of a budget |
//! | `I#{record}` | `I` | the idempotency record of a call with an `Idempotency-Key` |
//! | `P#{project}#SEALS#{day}`, `P#{project}#HEADS` | token, day | seals of the history of a day; heads of days, the last delivered to each place for anchors, and how far the sealing of a day is |
//! | `DUE#{partition}` | time, project, token | the due entries for the sweep |
//! | `PROJECTS`, `META` | id, `SCHEMA` and `MANAGE` | the list of projects; the version of this layout and which table this is, and that all manage tokens are listed |
//!
//! Every change is one transaction with the conditions of the port. TTL removes expired items, maybe days
//! late; no read relies on it.

mod attempt;
#[cfg(feature = "batch")]
mod batch;
mod budget;
mod commit;
mod create;
mod events;
mod failure;
#[cfg(feature = "batch")]
mod gather;
mod guard;
mod heeds;
mod identity;
mod invitations;
mod item;
mod key;
mod known_replicas;
mod known_shards;
mod lanes;
mod manage;
mod members;
mod op;
#[cfg(feature = "batch")]
mod parsed;
mod passkeys;
mod port;
mod reads;
mod replicas;
mod reservation;
mod schema;
mod seals;
mod settings;
mod shards;
#[cfg(feature = "batch")]
mod shared;
mod table;
mod tokens;
mod touch;
mod transact;

pub use create::CreatedTable;
pub use replicas::MOST_REPLICAS;
pub use settings::{Setting, TableSettings};
pub use table::DynamoDb;
