//! Sets of capabilities.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap as _,
};

use super::capability::{Capability, GrantedBy, Row, TABLE};

/// A set of capabilities.
///
/// Serialized as the wire fields of a token, all of them. A missing field is not granted. In stored records the fields are
/// part of [`super::Permissions`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u16);

/// An update of capabilities: each is granted, removed, or left unchanged.
///
/// Serialized as the wire fields that it changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CapabilityPatch {
    named: Capabilities,
    /// The changes.
    granted: Capabilities,
}

impl Capabilities {
    /// No capability.
    pub const NONE: Self = Self(0);
    /// All capabilities.
    pub const ALL: Self = {
        let (mut all, mut at) = (Self::NONE, 0);
        while at < TABLE.len() {
            all = all.with(TABLE[at].capability);
            at += 1;
        }
        all
    };
    /// The capabilities that an update can change.
    pub const EDITABLE: Self = {
        let (mut editable, mut at) = (Self::NONE, 0);
        while at < TABLE.len() {
            if TABLE[at].editable {
                editable = editable.with(TABLE[at].capability);
            }
            at += 1;
        }
        editable
    };

    /// A set of one.
    pub const fn of(capability: Capability) -> Self {
        Self::NONE.with(capability)
    }

    /// The set with another one added.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | 1 << capability as u16)
    }

    /// Whether the set contains it.
    pub const fn contains(self, capability: Capability) -> bool {
        self.0 & 1 << capability as u16 != 0
    }

    /// Adds one.
    pub const fn insert(&mut self, capability: Capability) {
        *self = self.with(capability);
    }

    /// Whether the set is a subset of another.
    pub const fn is_subset(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The union.
    #[must_use]
    pub const fn union(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// The intersection.
    #[must_use]
    pub const fn intersection(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// The difference.
    #[must_use]
    pub const fn difference(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// The table rows of the set, in the order of the table.
    pub fn rows(self) -> impl Iterator<Item = &'static Row> {
        Capability::rows().filter(move |row| self.contains(row.capability))
    }

    /// The error message for a storage token that wants to grant these; `None` if it may.
    pub fn denial(self) -> Option<&'static str> {
        self.rows().find_map(|row| match row.granted_by {
            GrantedBy::Holder => None,
            GrantedBy::ManageToken { denial } => Some(denial),
        })
    }
}

impl CapabilityPatch {
    /// Grants or removes one.
    pub const fn set(&mut self, capability: Capability, granted: bool) {
        let one = Capabilities::of(capability);
        self.named = self.named.union(one);
        self.granted = if granted { self.granted.union(one) } else { self.granted.difference(one) };
    }

    /// Whether it grants or removes this one; `None` if unchanged.
    pub fn get(self, capability: Capability) -> Option<bool> {
        self.named.contains(capability).then(|| self.granted.contains(capability))
    }

    /// The granted ones.
    pub const fn granted(self) -> Capabilities {
        self.granted
    }

    /// The removed ones.
    pub const fn taken(self) -> Capabilities {
        self.named.difference(self.granted)
    }

    /// Whether it changes nothing.
    pub const fn is_empty(self) -> bool {
        self.named.is_empty()
    }

    /// The update, restricted to these capabilities.
    #[must_use]
    pub const fn only(self, these: Capabilities) -> Self {
        Self { named: self.named.intersection(these), granted: self.granted.intersection(these) }
    }

    /// Applies the update.
    pub const fn applied_to(self, before: Capabilities) -> Capabilities {
        before.difference(self.named).union(self.granted)
    }
}

/// Grants these, and leaves all others as they are.
impl From<Capabilities> for CapabilityPatch {
    fn from(granted: Capabilities) -> Self {
        Self { named: granted, granted }
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<T: IntoIterator<Item = Capability>>(capabilities: T) -> Self {
        capabilities.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.rows().map(|row| row.capability)).finish()
    }
}

impl Serialize for Capabilities {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(Some(TABLE.len()))?;
        for row in Capability::rows() {
            fields.serialize_entry(row.flag, &self.contains(row.capability))?;
        }
        fields.end()
    }
}

impl Serialize for CapabilityPatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        for row in self.named.rows() {
            fields.serialize_entry(row.flag, &self.granted.contains(row.capability))?;
        }
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Capabilities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Capabilities;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the rights of a token")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Capabilities, A::Error> {
                let mut capabilities = Capabilities::NONE;
                while let Some(flag) = fields.next_key::<std::borrow::Cow<'de, str>>()? {
                    let Some(capability) = Capability::of_flag(&flag) else {
                        fields.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if fields.next_value()? {
                        capabilities.insert(capability);
                    }
                }
                Ok(capabilities)
            }
        }

        // As a struct with named fields, so that it can be flattened among other fields.
        deserializer.deserialize_struct("Capabilities", &Capability::FLAGS, Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_fields_on_the_wire_and_back() {
        for capability in Capability::ALL {
            let set = Capabilities::of(capability);
            let json = serde_json::to_value(set).unwrap();
            assert_eq!(json.as_object().unwrap().len(), TABLE.len());
            assert_eq!(json[capability.row().flag], true);
            assert_eq!(serde_json::from_value::<Capabilities>(json).unwrap(), set);
        }
        let unknown = serde_json::json!({"canFly": true});
        assert_eq!(serde_json::from_value::<Capabilities>(unknown).unwrap(), Capabilities::NONE);
    }

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let [one, two, three, ..] = Capability::ALL;
        let mut patch = CapabilityPatch::default();
        assert!(patch.is_empty());
        patch.set(one, true);
        patch.set(two, true);
        patch.set(two, false);
        assert_eq!((patch.get(one), patch.get(two), patch.get(three)), (Some(true), Some(false), None));
        let before = Capabilities::of(two).with(three);
        assert_eq!(patch.applied_to(before), Capabilities::of(one).with(three));
        assert_eq!(patch.only(Capabilities::of(two)).applied_to(before), Capabilities::of(three));
        assert_eq!(
            serde_json::to_value(patch).unwrap(),
            serde_json::json!({one.row().flag: true, two.row().flag: false})
        );
    }
}
