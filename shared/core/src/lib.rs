//! The domain of Jeton.
