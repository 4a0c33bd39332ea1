//! Conformance suite: checks that a store keeps the promises of the port of [`jeton_core::store`].
//!
//! The crate of a store has one test file, which says how to create an empty store:
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
//! Each behaviour is then a test of its own, such as `commits::a_commit_sent_twice_is_stored_once`.
//! [`literal`] has domain values with literal times, for further tests.

#[macro_use]
mod every_behaviour;

mod behaviour;
mod budgets;
mod commits;
mod configurations;
mod events;
mod helpers;
mod idempotency_records;
pub mod literal;
mod lost_answers;
mod manage_tokens;
mod members;
mod passkeys;
mod seals;
mod sessions;
mod shares;
mod sweep;
mod tokens;

pub use behaviour::Behaviour;

use std::sync::Arc;

use jeton_core::store::Store;

/// Defines a test for each behaviour, on the empty stores of this function. It has no arguments, and its
/// awaited result is a [`Store`](jeton_core::store::Store).
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

/// Creates an empty store, and checks one behaviour of it. Called by [`suite!`].
///
/// Panics if the store behaves otherwise, or if no behaviour has this name.
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
