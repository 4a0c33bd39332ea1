//! Set-up, health and cleaning.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use jeton_core::{
    store::{Maintenance, Unavailable, Unusable},
    time::Timestamp,
};

use crate::DynamoDb;

#[async_trait]
impl Maintenance for DynamoDb {
    /// DynamoDB removes expired items itself, by the attribute `ttl`.
    async fn clean(&self, _now: Timestamp) -> Result<u64, Unavailable> {
        Ok(0)
    }

    async fn list_earlier_manage_tokens(&self) -> Result<u64, Unavailable> {
        self.take_over_manage_tokens().await
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.check_schema().await.map_err(Unavailable)
    }

    async fn unusable(&self) -> Result<Option<Unusable>, Unavailable> {
        self.unusable_table().await
    }

    fn begin_unchecked(&self) {
        self.unchecked.store(true, Ordering::Release);
    }

    async fn identify(&self) -> Result<Option<Unusable>, Unavailable> {
        self.identify_table().await
    }

    async fn take_over(&self) -> Result<(), Unavailable> {
        self.take_over_table().await
    }

    async fn set_up(&self) -> Result<(), Unavailable> {
        self.mark_with_schema().await.map_err(Unavailable)
    }
}
