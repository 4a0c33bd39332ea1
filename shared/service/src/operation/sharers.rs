//! Who sent the open shares of a token, and which of these stand.

use std::collections::{BTreeMap, btree_map::Entry};

use jeton_core::{
    Error,
    id::TokenId,
    share::ShareId,
    token::{Hold, Token},
};

use crate::http::ApiRequest;

/// The sharers of a project, asked for as often as needed and looked up once.
#[derive(Default)]
pub struct Sharers(BTreeMap<TokenId, Sharer>);

/// What is known of a sharer.
enum Sharer {
    Gone,
    There(Box<Token>),
    Unreadable,
}

impl Sharers {
    /// Leaves out the shares that do not stand any more, because their sharer is gone or the copy has ended that sent
    /// them: nobody can pick them up, so they are neither shown as open nor do they count. Notes of the others why
    /// their sender holds them back at the moment.
    pub async fn drop_orphans(&mut self, request: &ApiRequest, token: &mut Token) -> Result<(), Error> {
        for sharer in token.shares.iter().map(|share| share.sharer) {
            if let Entry::Vacant(unknown) = self.0.entry(sharer) {
                let there = request.app.store.token(token.project, sharer).await;
                // One that cannot be read may be there, and is no reason to show nothing.
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
