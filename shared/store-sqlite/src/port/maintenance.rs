//! Set-up, health and cleaning.

use async_trait::async_trait;
use jeton_core::{
    store::{Maintenance, Unavailable},
    time::Timestamp,
};

use crate::{Sqlite, clean, need::Need, tables, transaction::Transaction};

#[async_trait]
impl Maintenance for Sqlite {
    async fn clean(&self, now: Timestamp) -> Result<u64, Unavailable> {
        Ok(self.writer.write(Need::Revocation, move |connection| Ok(clean::clean(connection, now)?)).await?)
    }

    /// Both are rows of one table.
    async fn list_earlier_manage_tokens(&self) -> Result<u64, Unavailable> {
        Ok(0)
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        match self.readers.inline(tables::version)? {
            tables::VERSION => Ok(()),
            other => Err(Unavailable(format!(
                "the file has layout {other}, this Jeton knows layout {}",
                tables::VERSION
            ))),
        }
    }

    /// Opening the file sets it up.
    async fn set_up(&self) -> Result<(), Unavailable> {
        self.ready().await
    }

    async fn writable(&self) -> Result<(), Unavailable> {
        let Some(disk) = &self.disk else { return Ok(()) };
        // The writer measures the disk with every group. This writes only if writes have failed.
        let tries = disk.is_failing();
        let look = move |connection: &Transaction<'_, '_>| {
            if tries {
                connection.pragma_update(None, "user_version", tables::VERSION)?;
            }
            Ok(())
        };
        self.writer.write(Need::Revocation, look).await?;
        if disk.is_short() {
            return Err(Unavailable(
                "the disk is nearly full; only what takes rights away is stored".to_owned(),
            ));
        }
        Ok(())
    }
}
