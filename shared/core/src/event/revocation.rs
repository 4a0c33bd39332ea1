//! Revocations: which changes only take rights away, judged by their events.

use serde_json::Value;

use super::{
    Event,
    names::{self, EventKind},
};
use crate::{member::Role, permission::Permissions, time::Timestamp};

/// The kinds whose events are always revocations.
const ALWAYS: [EventKind; 18] = [
    names::TOKEN_DELETED,
    names::TOKEN_OLD_COPIES_ENDED,
    names::TOKEN_SHARE_WITHDRAWN,
    names::TOKEN_SHARE_LOCKED,
    names::TOKEN_EXPIRED,
    names::TOKEN_LEAKED,
    names::TOKEN_DISABLED,
    names::TOKEN_MEMBER_LEFT,
    names::PROJECT_CLOSED,
    names::INVITATION_WITHDRAWN,
    names::INVITATION_LOCKED,
    names::MEMBER_REMOVED,
    names::SIGN_IN_LOCKED,
    names::PASSKEY_REMOVED,
    names::MEMBER_SIGNED_OUT,
    names::MANAGE_TOKEN_DISABLED,
    names::MANAGE_TOKEN_DELETED,
    names::MANAGE_TOKEN_LEAKED,
];

impl Event {
    /// Whether this is the event of a revocation: a change that grants no rights, postpones no end, and leaves no older secret
    /// valid for a while.
    pub fn takes_away(&self) -> bool {
        let is = |kind: EventKind| self.event == kind;
        if is(names::TOKEN_UPDATED) {
            self.narrows()
        } else if is(names::TOKEN_REFRESHED) || is(names::MANAGE_TOKEN_REFRESHED) {
            !self.keeps_older()
        } else if is(names::MEMBER_ROLE_CHANGED) {
            self.params.get("role").is_some_and(|role| role == Role::ReadOnly.as_str())
        } else {
            ALWAYS.into_iter().any(is)
        }
    }

    /// Whether the new rights and the new end of a token lie within the old ones.
    fn narrows(&self) -> bool {
        let rights = match (self.rights("permissionsBefore"), self.rights("permissions")) {
            (Some(before), Some(after)) => Some(before.cover(&after)),
            (None, None) => None,
            // An event with only half of a change cannot be judged.
            _ => Some(false),
        };
        let end = self.params.get("expires").map(|after| {
            let before = self.params.get("expiresBefore").and_then(moment);
            moment(after).is_some_and(|after| before.is_none_or(|before| after < before))
        });
        // Whether a change of anything else takes rights away is not known here.
        let judged = ["description", "permissions", "expires"];
        let is_judged =
            |param: &String| judged.contains(&param.strip_suffix("Before").unwrap_or(param.as_str()));
        self.params.keys().all(is_judged)
            && (rights.is_some() || end.is_some())
            && rights.unwrap_or(true)
            && end.unwrap_or(true)
    }

    fn rights(&self, param: &str) -> Option<Permissions> {
        serde::Deserialize::deserialize(self.params.get(param)?).ok()
    }

    /// Whether a refresh keeps older secrets for a while.
    fn keeps_older(&self) -> bool {
        let lasts = self.params.get("gracePeriod").and_then(Value::as_u64) != Some(0);
        lasts || self.params.get("keepOldUntilUsed") == Some(&Value::Bool(true))
    }
}

fn moment(shown: &Value) -> Option<Timestamp> {
    shown.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use crate::{
        event_context::{Actor, testing::Counting},
        permission::{Access, BucketId, Capability, CapabilityPatch, ComponentId, Rank},
        token::{
            Overlap, Refresher, Update,
            testing::{at, event_context, new_token, token},
        },
    };

    fn buckets(names: &[(&str, Access)]) -> BTreeMap<BucketId, Access> {
        names.iter().map(|(name, access)| (BucketId::parse(name).unwrap(), *access)).collect()
    }

    /// The capability that the token has in this test, and one that it has not.
    const HELD: Capability = Capability::CreateJobs;
    const OTHER: Capability = Capability::ReadAllFileUploads;

    fn capability(capability: Capability, granted: bool) -> CapabilityPatch {
        let mut patch = CapabilityPatch::default();
        patch.set(capability, granted);
        patch
    }

    #[test]
    fn an_update_takes_away_by_its_event_exactly_when_it_does_by_what_it_was_asked_for() {
        let rng = &mut Counting(1);
        let (token, _) = token(Some(600), rng);
        let rights = Update {
            buckets: Some(buckets(&[("in.c-one", Access::Write), ("in.c-two", Access::Read)])),
            capabilities: capability(HELD, true),
            ..Update::default()
        };
        let token =
            token.update(&rights, Rank::Master, &event_context(1, Actor::Jeton)).unwrap().unwrap().token;
        let described = |update: Update| Update { description: Some("another".to_owned()), ..update };
        let parts = || Update::default();
        let takes = [
            Update { buckets: Some(buckets(&[("in.c-one", Access::Write)])), ..parts() },
            Update { buckets: Some(buckets(&[("in.c-one", Access::Read)])), ..parts() },
            Update { capabilities: capability(HELD, false), ..parts() },
            Update { expires: Some(at(300)), ..parts() },
            Update { expires: Some(at(300)), buckets: Some(buckets(&[])), ..parts() },
            Update { disabled: Some(true), ..parts() },
        ];
        let gives = [
            parts(),
            Update {
                buckets: Some(buckets(&[("in.c-two", Access::Read), ("in.c-new", Access::Read)])),
                ..parts()
            },
            Update {
                buckets: Some(buckets(&[("in.c-one", Access::Read), ("in.c-two", Access::Write)])),
                ..parts()
            },
            Update {
                components: Some(BTreeSet::from([ComponentId::parse("acme.loader").unwrap()])),
                capabilities: capability(HELD, false),
                ..parts()
            },
            Update { capabilities: capability(OTHER, true), ..parts() },
            Update { expires: Some(at(900)), ..parts() },
            Update { expires: Some(at(900)), buckets: Some(buckets(&[])), ..parts() },
            Update { expires: Some(at(300)), capabilities: capability(OTHER, true), ..parts() },
        ];
        for (updates, expected) in [(takes.to_vec(), true), (gives.to_vec(), false)] {
            for update in updates.into_iter().map(described) {
                let change =
                    token.update(&update, Rank::Master, &event_context(2, Actor::Jeton)).unwrap().unwrap();
                assert_eq!(change.event.takes_away(), expected, "{update:?}");
                assert_eq!(update.takes_away(&token.identity).unwrap(), expected, "{update:?}");
            }
        }
        let back = Update { disabled: Some(false), ..parts() };
        let off =
            token.update(&takes[5], Rank::Master, &event_context(2, Actor::Jeton)).unwrap().unwrap().token;
        let on = off.update(&back, Rank::Master, &event_context(3, Actor::Jeton)).unwrap().unwrap();
        assert!(!on.event.takes_away());
    }

    #[test]
    fn an_end_where_there_was_none_takes_away() {
        let (token, _) = token(None, &mut Counting(1));
        let ends = Update { expires: Some(at(300)), ..Update::default() };
        let change = token.update(&ends, Rank::Master, &event_context(2, Actor::Jeton)).unwrap().unwrap();
        assert!(change.event.takes_away());
    }

    #[test]
    fn a_refresh_takes_away_unless_older_copies_go_on() {
        let rng = &mut Counting(1);
        let (token, _) = token(None, rng);
        let by = Refresher { rank: Rank::Master, ends: None };
        for (grace_seconds, until_used) in [(0, false), (60, false), (0, true), (60, true)] {
            let overlap = Overlap { grace_seconds, until_used };
            let refreshed = token.refresh(overlap, by, &event_context(1, Actor::Jeton), rng).unwrap();
            let lasts = grace_seconds > 0 || until_used;
            assert_eq!(refreshed.change.event.takes_away(), !lasts, "{overlap:?}");
        }
    }

    #[test]
    fn a_new_token_takes_nothing_away_and_a_deleted_one_does() {
        let rng = &mut Counting(1);
        let (token, _) = token(None, rng);
        let (made, _) =
            new_token(None).create(token.project, token.id, &event_context(0, Actor::Jeton), rng).unwrap();
        assert!(!made.event.takes_away());
        assert!(token.deleted_event(&event_context(1, Actor::Jeton)).takes_away());
    }
}
