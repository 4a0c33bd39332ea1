//! What the port of [`jeton_core::store`] promises, asked of any store.
//!
//! The crate of a store has one file of tests, which says how an empty store is made:
//!
//! ```
//! # macro_rules! in_a_test { () => {
//! fn empty() -> Ready<Memory> {
//!     ready(Memory::default())
//! }
//!
//! jeton_store_conformance::suite!(empty);
//! # } }
//! ```
//!
//! Each behaviour is then a test of its own, such as `commits::a_commit_sent_twice_is_stored_once`. [`literal`] has things of the
//! domain with literal times, for further tests.

#[macro_use]
mod every_behaviour;

mod behaviour;
mod budgets;
mod commits;
mod configurations;
mod events;
mod helpers;
pub mod literal;
mod lost_answers;
mod manage_tokens;
mod members;
mod receipts;
mod seals;
mod sessions;
mod shares;
mod sweep;
mod tokens;

pub use behaviour::Behaviour;

use std::sync::Arc;

use jeton_core::store::Store;

/// A test for each behaviour, of the empty stores that this function makes. It has no arguments, and what it returns is awaited
/// and is a [`Store`](jeton_core::store::Store) then.
#[macro_export]
macro_rules! suite {
    ($empty:ident) => {
        $crate::every_behaviour! { [$crate::tests] $empty }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! tests {
    ([$empty:ident] $($module:ident { $($name:ident)+ })+) => { $(
        mod $module { $(
            #[test]
            fn $name() {
                $crate::check(concat!(stringify!($module), "::", stringify!($name)), super::$empty);
            }
        )+ }
    )+ };
}

macro_rules! table {
    ([] $($module:ident { $($name:ident)+ })+) => {
        vec![$($(Behaviour {
            name: concat!(stringify!($module), "::", stringify!($name)),
            of: |store| Box::pin($module::$name(store)),
        },)+)+]
    };
}

/// Makes an empty store, and checks one behaviour of it. What [`suite!`] calls.
///
/// Panics when the store behaves in another way, and when no behaviour has this name.
pub fn check<F: Future<Output: Store>>(name: &str, empty: impl FnOnce() -> F) {
    let all = all();
    let behaviour = all.iter().find(|behaviour| behaviour.name == name).expect("a behaviour of this name");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async { behaviour.check(Arc::new(empty().await)).await });
}

/// Every behaviour that the port promises.
pub fn all() -> Vec<Behaviour> {
    every_behaviour! { [table] }
}
