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
/// It is serialised as the fields that a token has on the wire, each of them there; one that is missing is not granted.
/// In a stored record its fields are a part of [`super::Permissions`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Capabilities(u16);

/// What an update makes of single capabilities, each of which it grants, takes away, or leaves as it is.
///
/// It is serialised as the fields on the wire that it names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CapabilityPatch {
    named: Capabilities,
    /// Some of those that are named.
    granted: Capabilities,
}

impl Capabilities {
    /// None.
    pub const NONE: Self = Self(0);
    /// All there are.
    pub const ALL: Self = {
        let (mut all, mut at) = (Self::NONE, 0);
        while at < TABLE.len() {
            all = all.with(TABLE[at].capability);
            at += 1;
        }
        all
    };
    /// Those that can be given and taken away after a token was made.
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

    /// This one alone.
    pub const fn of(capability: Capability) -> Self {
        Self::NONE.with(capability)
    }

    /// The same and this one.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | 1 << capability as u16)
    }

    /// Whether this one is among them.
    pub const fn contains(self, capability: Capability) -> bool {
        self.0 & 1 << capability as u16 != 0
    }

    /// Adds one.
    pub const fn insert(&mut self, capability: Capability) {
        *self = self.with(capability);
    }

    /// Whether all of these are among the others.
    pub const fn is_subset(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are among these or among the others.
    #[must_use]
    pub const fn union(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those that are among these and among the others.
    #[must_use]
    pub const fn intersection(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Those that are not among the others.
    #[must_use]
    pub const fn difference(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// The row of each, in the order of the table.
    pub fn rows(self) -> impl Iterator<Item = &'static Row> {
        Capability::rows().filter(move |row| self.contains(row.capability))
    }

    /// What everybody but a manage token is told who would grant these; none when they may.
    pub fn refusal(self) -> Option<&'static str> {
        self.rows().find_map(|row| match row.granted_by {
            GrantedBy::Holder => None,
            GrantedBy::ManageToken { refusal } => Some(refusal),
        })
    }
}

impl CapabilityPatch {
    /// Grants or takes away one.
    pub const fn set(&mut self, capability: Capability, granted: bool) {
        let one = Capabilities::of(capability);
        self.named = self.named.union(one);
        self.granted = if granted { self.granted.union(one) } else { self.granted.difference(one) };
    }

    /// Whether it grants or takes away this one; none when it leaves it as it is.
    pub fn get(self, capability: Capability) -> Option<bool> {
        self.named.contains(capability).then(|| self.granted.contains(capability))
    }

    /// Those that it grants.
    pub const fn granted(self) -> Capabilities {
        self.granted
    }

    /// Those that it takes away.
    pub const fn taken(self) -> Capabilities {
        self.named.difference(self.granted)
    }

    /// Whether it leaves all as they are.
    pub const fn is_empty(self) -> bool {
        self.named.is_empty()
    }

    /// Only what it says of these.
    #[must_use]
    pub const fn only(self, these: Capabilities) -> Self {
        Self { named: self.named.intersection(these), granted: self.granted.intersection(these) }
    }

    /// What becomes of these.
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

        // By name, so that only these are taken where they are fields among others.
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
