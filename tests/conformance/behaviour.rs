//! One behaviour, and how a store is asked for it.

use std::{pin::Pin, sync::Arc};

use jeton_core::store::Store;

/// Something that every store does.
#[derive(Debug, Clone, Copy)]
pub struct Behaviour {
    /// What it does, as `module::what_it_does`.
    pub name: &'static str,
    pub(crate) of: fn(Arc<dyn Store>) -> Asking,
}

impl Behaviour {
    /// Panics unless the store, which is empty, behaves like this.
    pub async fn check(&self, store: Arc<dyn Store>) {
        (self.of)(store).await;
    }
}

/// Panics where the store behaves otherwise.
pub(crate) type Asking = Pin<Box<dyn Future<Output = ()>>>;
