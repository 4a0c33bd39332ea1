//! Rate limits, quotas, memory limits and the coalescing of denied events.

pub mod answers;
pub mod bodies;
pub mod budgets;
pub mod changes;
mod denied_counts;
pub mod denied_events;
pub mod event_quota;
pub mod exports;
mod quota_lease;
pub mod signals;
pub mod throttle;
mod use_marks;

pub use budgets::Budgets;
pub use denied_counts::DeniedCounts;
pub use event_quota::EventQuota;
pub use quota_lease::{FREE, FREE_ALONE, QuotaLeases};
pub use use_marks::{PAUSE, UseMarks, Used};
