//! Patches of one setting in a request.

use serde::{Serialize, Serializer};

/// A patch of a setting that can be cleared, so that `null` differs from an absent field.
///
/// A field of this type is left out when it is kept (`skip_serializing_if = "Patch::is_kept"`).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Patch<T> {
    /// The field is absent: the setting stays as it is.
    #[default]
    Keep,
    /// The field is `null`: the setting is removed.
    Clear,
    /// The field has this value.
    Set(T),
}

impl<T> Patch<T> {
    /// The new value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Keep | Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The same with a reference to the value.
    pub const fn as_ref(&self) -> Patch<&T> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(value),
        }
    }

    /// Whether the setting stays as it is.
    pub const fn is_kept(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

/// Sets a value; `None` keeps the setting.
impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Keep, Self::Set)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().value().serialize(serializer)
    }
}
