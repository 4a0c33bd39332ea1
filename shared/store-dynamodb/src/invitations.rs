//! Shares, and the pending invitations of a project, found by its addresses.

use futures_util::future::join_all;
use jeton_core::{
    id::ProjectId,
    share::{Share, ShareId, UnreadableInvitation},
    store::Unavailable,
    time::Timestamp,
};
use jeton_store_support::unreadable;

use super::{
    DynamoDb,
    commit::OPEN,
    item::{self, Item},
    key::{Key, Span},
};

/// How many invitations are read at the same time.
const AT_ONCE: usize = 16;

impl DynamoDb {
    /// Reads a share, or the id of one that cannot be read.
    pub(super) async fn one_share(
        &self,
        id: &ShareId,
    ) -> Result<Option<Result<Share, ShareId>>, Unavailable> {
        let found = self.get(&Key::share(id)).await?;
        Ok(found.map(|found| {
            item::share(&found).map_err(|error| {
                unreadable::tell("a share", id, error.0);
                id.clone()
            })
        }))
    }

    /// The pending invitations, read one by one: there are few.
    pub(super) async fn pending_invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Vec<Result<Share, UnreadableInvitation>>, Unavailable> {
        let addresses = self.list(Span::emails(project), usize::MAX).await?;
        let pending = addresses.iter().filter(|found| !found.contains_key("member"));
        let named = |found| {
            let id = item::text_of(found, "invitation").and_then(ShareId::parse)?;
            Some(UnreadableInvitation { id, recipient: item::address_in(found)? })
        };
        let named: Vec<UnreadableInvitation> = pending.filter_map(named).collect();
        let mut open = Vec::new();
        for some in named.chunks(AT_ONCE) {
            let keys: Vec<Key> = some.iter().map(|named| Key::share(&named.id)).collect();
            let found = join_all(keys.iter().map(|key| self.get(key))).await;
            for (named, found) in some.iter().zip(found) {
                let Some(found) = found? else { continue };
                match item::share(&found) {
                    Ok(share) => open.extend(share.closed(now).is_none().then_some(Ok(share))),
                    Err(error) if is_open(&found, now) => {
                        unreadable::tell("an invitation", &named.id, error.0);
                        open.push(Err(named.clone()));
                    }
                    Err(_) => {}
                }
            }
        }
        Ok(open)
    }
}

/// Whether an invitation is open, by the attributes beside its body. Its item is kept as long after its end
/// as its events.
fn is_open(found: &Item, now: Timestamp) -> bool {
    let ends_later =
        item::number_of::<i64>(found, "ttl").is_none_or(|ttl| ttl > now.retention_end().millis() / 1000);
    item::text_of(found, "state") == Some(OPEN) && ends_later
}
