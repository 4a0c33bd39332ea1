//! The typed client, and the layer that guards the routes of a service with it.

mod first_calls;
mod guarded;
mod lost_answers;
mod presented;
mod restarts;
mod standing_still;
mod typed;
mod unavailable;
