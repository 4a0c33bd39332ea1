//! Behaviours of a store, and how one is checked.

use std::{pin::Pin, sync::Arc};

use jeton_core::store::Store;

/// A behaviour that every store must have.
#[derive(Debug, Clone, Copy)]
pub struct Behaviour {
    /// Its name, as `module::what_it_does`.
    pub name: &'static str,
    pub(crate) of: fn(Arc<dyn Store>) -> Asking,
}

impl Behaviour {
    /// Panics unless the store, which must be empty, behaves like this.
    pub async fn check(&self, store: Arc<dyn Store>) {
        (self.of)(store).await;
    }
}

/// Panics if the store behaves otherwise.
pub(crate) type Asking = Pin<Box<dyn Future<Output = ()>>>;
