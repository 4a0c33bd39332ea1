//! The senders of a token's pending shares, and which of the shares are valid.

use std::collections::{BTreeMap, btree_map::Entry};

use jeton_core::{
    Error,
    id::TokenId,
    share::ShareId,
    token::{Hold, Token},
};

use crate::http::ApiRequest;

/// A cache of the tokens of a project that sent shares: each is read once.
#[derive(Default)]
pub struct Sharers(BTreeMap<TokenId, Sharer>);

/// A token that sent a share.
enum Sharer {
    Gone,
    There(Box<Token>),
    Unreadable,
}

impl Sharers {
    /// Removes shares that are not valid any more, because their sender or the copy that sent them has ended: nobody
    /// can pick them up, so they neither appear as open nor count. Marks paused ones with the reason.
    pub async fn drop_orphans(&mut self, request: &ApiRequest, token: &mut Token) -> Result<(), Error> {
        for sharer in token.shares.iter().map(|share| share.sharer) {
            if let Entry::Vacant(unknown) = self.0.entry(sharer) {
                let there = request.app.store.token(token.project, sharer).await;
                // An unreadable sender may exist, so its share stays.
                unknown.insert(there.map_or(Sharer::Unreadable, |there| {
                    there.map_or(Sharer::Gone, |sharer| Sharer::There(Box::new(sharer)))
                }));
            }
        }
        let holds: BTreeMap<ShareId, Hold> = token
            .shares
            .iter()
            .filter_map(|share| {
                let Some(Sharer::There(sharer)) = self.0.get(&share.sharer) else { return None };
                Some((share.id.clone(), sharer.holds_back(token)?))
            })
            .collect();
        token.shares.retain_mut(|share| match self.0.get(&share.sharer) {
            Some(Sharer::There(sharer)) => {
                share.on_hold = holds.get(&share.id).copied();
                share.sent_by_one_that_ends(sharer.identity.expires);
                sharer.stands_by(share.credential, share.created, request.now) && share.is_open(request.now)
            }
            Some(Sharer::Unreadable) => true,
            Some(Sharer::Gone) | None => false,
        });
        Ok(())
    }
}
