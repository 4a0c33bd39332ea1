//! Advice (least privilege): which rights of a token its recorded questions used.

use std::collections::BTreeMap;

use super::{
    Access, Ask, BucketId, Capability, ComponentId, Permissions, question::BucketAsk, rights::MAX_BYTES,
};
use crate::time::Timestamp;

/// Counts the recorded questions of a token, replayed against its current rights and, for a dry run, against other rights.
///
/// The current rights decide the answers, not those at the time of the question: advice shows which rights can be removed
/// without any effect, and a denied question needs none.
#[derive(Debug, Clone)]
pub struct Advice {
    present: Permissions,
    proposed: Option<Permissions>,
    /// The number of questions.
    pub questions: Seen,
    /// Questions that the current rights deny.
    pub denied: Seen,
    /// Rights that were needed and are granted, with counts.
    pub used: Tally,
    /// Questions that the current rights allow and the proposed ones deny.
    pub would_deny: Seen,
    /// The missing rights of these questions, with counts.
    pub missing: Tally,
    /// Questions that the current rights deny and the proposed ones allow.
    pub would_allow: Seen,
}

/// Counts by right.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    asks: BTreeMap<Ask, Seen>,
    bytes: usize,
}

/// A count and the time of the last occurrence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// The count.
    pub count: u64,
    /// The last occurrence.
    pub last: Option<Timestamp>,
}

impl Advice {
    /// An empty tally for the current rights and, for a dry run, the proposed ones.
    pub fn new(present: Permissions, proposed: Option<Permissions>) -> Self {
        Self {
            present,
            proposed,
            questions: Seen::default(),
            denied: Seen::default(),
            used: Tally::default(),
            would_deny: Seen::default(),
            missing: Tally::default(),
            would_allow: Seen::default(),
        }
    }

    /// Counts a question. Questions may come in any order of time.
    pub fn asked(&mut self, asks: &[Ask], at: Timestamp) {
        self.questions.see(at);
        let allowed = asks.iter().all(|ask| ask.allowed(&self.present));
        if allowed {
            for ask in asks {
                self.used.see(ask, at, &self.present);
            }
        } else {
            self.denied.see(at);
        }
        let Some(proposed) = &self.proposed else { return };
        let missing: Vec<_> = asks.iter().filter(|ask| !ask.allowed(proposed)).collect();
        match (allowed, missing.is_empty()) {
            (true, false) => {
                self.would_deny.see(at);
                for ask in missing {
                    self.missing.see(ask, at, &self.present);
                }
            }
            (false, true) => self.would_allow.see(at),
            _ => {}
        }
    }

    /// The narrowest rights that answer every question like the current ones.
    ///
    /// They are a subset of the current ones. If the single buckets and components would exceed the size limit, the token keeps
    /// [`Capability::ManageBuckets`], if it has that.
    pub fn narrowest(&self) -> Permissions {
        let mut narrowest = Permissions::default();
        for (ask, _) in self.used.iter() {
            ask.grant(&mut narrowest);
        }
        if narrowest.has(Capability::ManageBuckets) {
            narrowest.components.clear();
        }
        let split = narrowest.clone().normalised();
        split.unwrap_or_else(|_| Permissions {
            buckets: BTreeMap::new(),
            components: [].into(),
            capabilities: narrowest.capabilities.with(Capability::ManageBuckets),
        })
    }

    /// The rights that the token has and no question needed. Write access that was only used for reading is one.
    pub fn unused(&self) -> Vec<Ask> {
        let narrowest = self.narrowest();
        self.present.grants().into_iter().filter(|ask| !ask.allowed(&narrowest)).collect()
    }
}

impl Tally {
    /// The counts, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (&Ask, Seen)> {
        self.asks.iter().map(|(ask, seen)| (ask, *seen))
    }

    /// Counts one right.
    ///
    /// A token with [`Capability::ManageBuckets`] may ask for any number of buckets and components. Beyond what another token
    /// could be granted, they count as that one right.
    fn see(&mut self, ask: &Ask, at: Timestamp, present: &Permissions) {
        let ask = if self.bytes > MAX_BYTES && ask.is_scope() {
            &Ask::Capability(Capability::ManageBuckets)
        } else {
            ask
        };
        if let Some(seen) = self.asks.get_mut(ask) {
            return seen.see(at);
        }
        self.bytes += ask.bytes();
        self.asks.entry(ask.clone()).or_default().see(at);
        if self.bytes > MAX_BYTES && present.has(Capability::ManageBuckets) {
            let (scopes, others): (BTreeMap<_, _>, _) =
                std::mem::take(&mut self.asks).into_iter().partition(|(ask, _)| ask.is_scope());
            self.asks = others;
            let all = self.asks.entry(Ask::Capability(Capability::ManageBuckets)).or_default();
            for Seen { count, last } in scopes.into_values() {
                all.count += count;
                all.last = all.last.max(last);
            }
        }
    }
}

impl Seen {
    fn see(&mut self, at: Timestamp) {
        self.count += 1;
        self.last = self.last.max(Some(at));
    }
}

impl Ask {
    /// Whether it is about a single bucket or component.
    fn is_scope(&self) -> bool {
        matches!(self, Self::Bucket(_, BucketAsk::Read | BucketAsk::Write) | Self::Component(_))
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Bucket(bucket, _) => bucket.as_str().len(),
            Self::Component(component) => component.as_str().len(),
            Self::Capability(_) => 0,
        }
    }

    /// Grants what this question needs.
    fn grant(&self, rights: &mut Permissions) {
        match self {
            Self::Bucket(bucket, BucketAsk::Read) => grant_bucket(rights, bucket, Access::Read),
            Self::Bucket(bucket, BucketAsk::Write) => grant_bucket(rights, bucket, Access::Write),
            Self::Bucket(_, BucketAsk::Manage) => rights.capabilities.insert(Capability::ManageBuckets),
            Self::Component(component) => {
                rights.components.insert(component.clone());
            }
            Self::Capability(capability) => rights.capabilities.insert(*capability),
        }
    }
}

fn grant_bucket(rights: &mut Permissions, bucket: &BucketId, access: Access) {
    let granted = rights.buckets.entry(bucket.clone()).or_insert(access);
    *granted = access.max(*granted);
}

impl Permissions {
    /// Each single right, as a question asks for it.
    pub fn grants(&self) -> Vec<Ask> {
        let bucket = |(bucket, access): (&BucketId, &Access)| {
            let ask = match access {
                Access::Read => BucketAsk::Read,
                Access::Write => BucketAsk::Write,
            };
            Ask::Bucket(bucket.clone(), ask)
        };
        let component = |component: &ComponentId| Ask::Component(component.clone());
        let capabilities = self.capabilities.rows().map(|row| Ask::Capability(row.capability));
        let scopes = self.buckets.iter().map(bucket).chain(self.components.iter().map(component));
        scopes.chain(capabilities).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{super::Capabilities, *};

    fn bucket(n: usize) -> BucketId {
        BucketId::parse(["in.a", "in.b", "out.c"][n]).unwrap()
    }

    fn component(n: usize) -> ComponentId {
        ComponentId::parse(["extract", "write"][n]).unwrap()
    }

    fn ask() -> impl Strategy<Value = Ask> {
        let access = prop_oneof![Just(BucketAsk::Read), Just(BucketAsk::Write), Just(BucketAsk::Manage)];
        let capability = prop::sample::select(Capability::ALL.to_vec());
        prop_oneof![
            (0..3_usize, access).prop_map(|(n, access)| Ask::Bucket(bucket(n), access)),
            (0..2_usize).prop_map(|n| Ask::Component(component(n))),
            capability.prop_map(Ask::Capability),
        ]
    }

    fn rights() -> impl Strategy<Value = Permissions> {
        let granted = vec(ask(), 0..8);
        granted.prop_map(|asks| {
            let mut rights = Permissions::default();
            for ask in asks {
                ask.grant(&mut rights);
            }
            rights.normalised().unwrap()
        })
    }

    fn allowed(rights: &Permissions, asks: &[Ask]) -> bool {
        asks.iter().all(|ask| ask.allowed(rights))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(1_768_478_400_000 + second * 1000)
    }

    proptest! {
        #[test]
        fn the_narrowest_rights_answer_every_question_the_same_and_lie_within_the_present_ones(
            present in rights(), history in vec(vec(ask(), 1..4), 0..20),
        ) {
            let mut advice = Advice::new(present.clone(), None);
            for asks in &history {
                advice.asked(asks, at(0));
            }
            let narrowest = advice.narrowest();
            prop_assert!(present.cover(&narrowest));
            for asks in &history {
                prop_assert_eq!(allowed(&narrowest, asks), allowed(&present, asks));
            }
        }

        #[test]
        fn without_any_one_of_them_some_question_would_be_denied(
            present in rights(), history in vec(vec(ask(), 1..4), 0..20),
        ) {
            let mut advice = Advice::new(present.clone(), None);
            for asks in &history {
                advice.asked(asks, at(0));
            }
            let narrowest = advice.narrowest();
            for left_out in narrowest.grants() {
                let mut fewer = Permissions::default();
                for kept in narrowest.grants() {
                    match &kept {
                        kept if *kept == left_out => match kept {
                            // The next narrower right.
                            Ask::Bucket(bucket, BucketAsk::Write) => {
                                Ask::Bucket(bucket.clone(), BucketAsk::Read).grant(&mut fewer);
                            }
                            // Nor do all that it opens help where the right itself was asked for.
                            Ask::Capability(Capability::ManageBuckets) => {
                                for n in 0..3 {
                                    Ask::Bucket(bucket(n), BucketAsk::Write).grant(&mut fewer);
                                }
                                for n in 0..2 {
                                    Ask::Component(component(n)).grant(&mut fewer);
                                }
                            }
                            _ => {}
                        },
                        kept => kept.grant(&mut fewer),
                    }
                }
                let denied = history.iter().any(|asks| allowed(&present, asks) && !allowed(&fewer, asks));
                prop_assert!(denied, "{left_out} is not needed");
            }
        }

        #[test]
        fn a_dry_run_counts_exactly_the_questions_that_would_be_answered_otherwise(
            present in rights(), proposed in rights(), history in vec(vec(ask(), 1..4), 0..20),
        ) {
            let mut advice = Advice::new(present.clone(), Some(proposed.clone()));
            let (mut denied, mut granted) = (0, 0);
            for asks in &history {
                advice.asked(asks, at(0));
                match (allowed(&present, asks), allowed(&proposed, asks)) {
                    (true, false) => denied += 1,
                    (false, true) => granted += 1,
                    _ => {}
                }
            }
            prop_assert_eq!((advice.would_deny.count, advice.would_allow.count), (denied, granted));
            prop_assert_eq!(advice.missing.iter().next().is_none(), denied == 0);
        }
    }

    #[test]
    fn what_is_never_asked_for_is_unused_and_so_is_writing_where_reading_was_enough() {
        let present = Permissions {
            buckets: [(bucket(0), Access::Write), (bucket(1), Access::Read)].into(),
            components: [component(0)].into(),
            capabilities: [Capability::ManageTokens, Capability::CreateJobs].into_iter().collect(),
        };
        let mut advice = Advice::new(present, None);
        let later = at(1);
        for at in [later, at(0)] {
            advice.asked(
                &[Ask::Bucket(bucket(0), BucketAsk::Read), Ask::Capability(Capability::CreateJobs)],
                at,
            );
        }
        advice.asked(&[Ask::Component(component(1))], at(0));
        let unused: Vec<_> = advice.unused().iter().map(ToString::to_string).collect();
        assert_eq!(
            unused,
            ["write bucket in.a", "read bucket in.b", "run component extract", "manage tokens"]
        );
        assert_eq!(advice.questions, Seen { count: 3, last: Some(later) });
        assert_eq!(advice.denied, Seen { count: 1, last: Some(at(0)) });
        assert_eq!(
            advice.used.iter().next().map(|(_, seen)| seen),
            Some(Seen { count: 2, last: Some(later) })
        );
    }

    #[test]
    fn single_rights_that_would_not_fit_stay_one() {
        let all_buckets = Permissions {
            capabilities: Capabilities::of(Capability::ManageBuckets),
            ..Permissions::default()
        };
        let mut advice = Advice::new(all_buckets.clone(), None);
        for n in 0..2000 {
            let bucket = BucketId::parse(&format!("in.c-{n}")).unwrap();
            advice.asked(&[Ask::Bucket(bucket, BucketAsk::Read)], at(0));
        }
        assert_eq!(advice.narrowest(), all_buckets);
        assert_eq!(advice.unused(), []);
        let (ask, seen) = advice.used.iter().next().unwrap();
        assert_eq!((ask, seen.count), (&Ask::Capability(Capability::ManageBuckets), 2000));
        assert_eq!(advice.used.iter().count(), 1);
    }
}
