//! The standing invitations of a project: what its addresses lead to.

use futures_util::future::join_all;
use jeton_core::{
    id::ProjectId,
    share::{Share, ShareId},
    store::Unavailable,
    time::Timestamp,
};

use super::{
    DynamoDb, item,
    key::{Key, Span},
};

/// How many invitations are read at the same time.
const AT_ONCE: usize = 16;

impl DynamoDb {
    /// The open invitations that stand, read one by one: there are few.
    pub(super) async fn standing_invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Vec<Share>, Unavailable> {
        let addresses = self.list(Span::emails(project), usize::MAX).await?;
        let pending = addresses.iter().filter(|found| !found.contains_key("member"));
        let ids: Vec<ShareId> =
            pending.filter_map(|found| item::text_of(found, "invitation").and_then(ShareId::parse)).collect();
        let mut open = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            let keys: Vec<Key> = some.iter().map(Key::share).collect();
            for found in join_all(keys.iter().map(|key| self.get(key))).await {
                let share = found?.map_or(Ok(None), |found| item::share(&found))?;
                open.extend(share.filter(|share| share.closed(now).is_none()));
            }
        }
        Ok(open)
    }
}
