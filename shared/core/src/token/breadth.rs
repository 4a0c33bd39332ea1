//! The breadth of rights: how much a token may do, as a total order.

use serde::{Deserialize, Serialize};

use crate::permission::{Access, Capability, Permissions};

/// How much a token may do. It is compared by
///
/// 1. what is for all: managing all buckets, and so all components, before managing tokens, before neither,
/// 2. the number of buckets that it may write,
/// 3. the number of buckets that it may only read,
/// 4. the number of components,
/// 5. the number of capabilities.
///
/// Single buckets and components do not count beside all of them. So rights that include others are never smaller, and no rights are greater
/// than those of a master token, which has everything.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Breadth([u32; 5]);

impl Breadth {
    /// The breadth of these rights.
    pub fn of(rights: &Permissions) -> Self {
        let all = rights.has(Capability::ManageBuckets);
        let tokens = rights.has(Capability::ManageTokens);
        let single = |count: usize| if all { 0 } else { bounded(count) };
        let buckets = |access: Access| single(rights.buckets.values().filter(|has| **has == access).count());
        Self([
            u32::from(all) * 2 + u32::from(tokens),
            buckets(Access::Write),
            buckets(Access::Read),
            single(rights.components.len()),
            bounded(rights.capabilities.rows().count()),
        ])
    }
}

fn bounded(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::permission::{BucketId, Capabilities, ComponentId};

    fn rights(buckets: &[(u8, Access)], components: &[u8], capabilities: Capabilities) -> Permissions {
        let bucket = |number: u8| BucketId::parse(&format!("in.c-{number}")).unwrap();
        Permissions {
            buckets: buckets.iter().map(|(number, access)| (bucket(*number), *access)).collect(),
            components: components.iter().map(|n| ComponentId::parse(&format!("a.{n}")).unwrap()).collect(),
            capabilities,
        }
    }

    fn any_rights() -> impl Strategy<Value = Permissions> {
        let access = any::<bool>().prop_map(|writes| if writes { Access::Write } else { Access::Read });
        let buckets = proptest::collection::vec((0..4u8, access), 0..4);
        let components = proptest::collection::vec(0..3u8, 0..3);
        let capabilities = proptest::sample::subsequence(Capability::ALL.to_vec(), 0..=Capability::ALL.len());
        let capabilities =
            capabilities.prop_map(|of| of.into_iter().fold(Capabilities::NONE, Capabilities::with));
        (buckets, components, capabilities).prop_map(|(buckets, components, capabilities)| {
            rights(&buckets, &components, capabilities).normalised().unwrap()
        })
    }

    #[test]
    fn rights_are_compared_by_what_is_for_all_then_writes_reads_components_and_capabilities() {
        use Access::{Read, Write};
        use Capability::{ManageBuckets, ManageTokens};
        let is_other = |capability: &Capability| ![ManageBuckets, ManageTokens].contains(capability);
        let other = Capability::ALL.into_iter().find(is_other).unwrap();
        let none = Capabilities::NONE;
        let ascending = [
            Permissions::default(),
            rights(&[], &[], Capabilities::of(other)),
            rights(&[], &[1], none),
            rights(&[], &[1, 2], none),
            rights(&[(1, Read)], &[], none),
            rights(&[(1, Read)], &[1], none),
            rights(&[(1, Read), (2, Read)], &[], none),
            rights(&[(1, Write)], &[], none),
            rights(&[(1, Write)], &[], Capabilities::of(other)),
            rights(&[(1, Write), (2, Read)], &[], none),
            rights(&[(1, Write), (2, Write)], &[], none),
            rights(&[], &[], Capabilities::of(ManageTokens)),
            rights(&[(1, Read)], &[], Capabilities::of(ManageTokens)),
            rights(&[], &[], Capabilities::of(ManageBuckets)),
            rights(&[], &[], Capabilities::of(ManageBuckets).with(other)),
            rights(&[], &[], Capabilities::of(ManageBuckets).with(ManageTokens)),
            Permissions::everything(),
        ];
        let breadths: Vec<_> = ascending.iter().map(Breadth::of).collect();
        assert!(breadths.is_sorted_by(|one, other| one < other), "{breadths:?}");
    }

    #[test]
    fn single_components_do_not_count_beside_all_of_them() {
        let all = Capabilities::of(Capability::ManageBuckets);
        assert_eq!(Breadth::of(&rights(&[], &[1, 2], all)), Breadth::of(&rights(&[], &[], all)));
    }

    proptest! {
        #[test]
        fn rights_that_include_others_are_never_smaller_and_none_are_greater_than_everything(
            one in any_rights(),
            other in any_rights(),
        ) {
            if one.cover(&other) {
                prop_assert!(Breadth::of(&one) >= Breadth::of(&other));
            }
            prop_assert!(Breadth::of(&Permissions::everything()) >= Breadth::of(&one));
        }
    }
}
