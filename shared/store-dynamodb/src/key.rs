//! The keys of all items, in one place.
//!
//! A partition key groups the items that are read together; a sort key orders them. Ids in sort keys are
//! padded, so that the order of the texts is the order of the numbers.

use std::fmt::Display;

use jeton_core::{
    budget::Spend,
    email::Email,
    event::Feed,
    id::{ManageTokenId, MemberId, ProjectId, TokenId},
    idempotency::IdempotencyRecordId,
    passkey::CredentialId,
    seal::{Digest, Seal, Sealed},
    session::SessionId,
    share::ShareId,
    store::{Due, Revocable},
    time::{Day, Timestamp},
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The partition of the list of manage tokens.
const MANAGE_TOKENS: &str = "MANAGE";

/// The number of partitions of due entries. Fixed for good.
const DUE_PARTITIONS: u64 = 64;

/// The beginning of the sort keys of guards.
const GUARD: &str = "GUARD#";

/// The greatest number in the sort key of a token, far above every id.
const GREATEST_TOKEN: u64 = 999_999_999_999_999;

/// Longer free text is hashed in a key: a sort key holds 1,024 bytes at most.
const MAX_FREE_TEXT: usize = 800;

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The partition key.
    pub(super) pk: String,
    /// The sort key.
    pub(super) sk: String,
}

/// The items of one partition with sort keys between these two, both included.
#[derive(Debug, Clone)]
pub(super) struct Span {
    /// The partition key.
    pub(super) pk: String,
    /// The first sort key.
    pub(super) first: String,
    /// The last sort key.
    pub(super) last: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The verify item of a token, and the tombstone that replaces it.
    pub(super) fn verify(project: ProjectId, token: TokenId) -> Self {
        Self::new(format!("V#{project}#{token}"), "V")
    }

    /// The item that decides about a token or manage token: the verify item, or the manage token.
    pub(super) fn revocable(of: Revocable) -> Self {
        match of {
            Revocable::Token(project, token) => Self::verify(project, token),
            Revocable::ManageToken(id) => Self::manage_token(id),
        }
    }

    /// The whole record of a token.
    pub(super) fn token(project: ProjectId, token: TokenId) -> Self {
        Self::new(project_partition(project), token_sort_key(token.number()))
    }

    /// A project.
    pub(super) fn project(project: ProjectId) -> Self {
        Self::new(project_partition(project), "PROJECT")
    }

    /// A project in the list of projects.
    pub(super) fn listed_project(project: ProjectId) -> Self {
        Self::new("PROJECTS", format!("{:08}", project.number()))
    }

    /// A member.
    pub(super) fn member(project: ProjectId, member: MemberId) -> Self {
        Self::new(project_partition(project), format!("MEMBER#{:08}", member.number()))
    }

    /// The relation of an address to a project.
    pub(super) fn email(project: ProjectId, email: &Email) -> Self {
        Self::new(project_partition(project), format!("EMAIL#{}", email.key()))
    }

    /// The token of a component configuration.
    pub(super) fn configuration(project: ProjectId, component: &str, configuration: &str) -> Self {
        Self::new(project_partition(project), format!("CONFIG#{}", free_pair(component, configuration)))
    }

    /// A share or invitation.
    pub(super) fn share(share: &ShareId) -> Self {
        Self::new(format!("S#{share}"), "S")
    }

    /// A project of an address, in the list of those.
    pub(super) fn project_of(email: &Email, project: ProjectId) -> Self {
        Self::new(address_partition(email), format!("PROJECT#{:08}", project.number()))
    }

    /// A budget.
    pub(super) fn budget(budget: &Spend) -> Self {
        Self::new(format!("B#{}", budget.key), "B")
    }

    /// The idempotency record of a call.
    pub(super) fn idempotency_record(record: &IdempotencyRecordId) -> Self {
        Self::new(format!("I#{record}"), "I")
    }

    /// A session.
    pub(super) fn session(session: &SessionId) -> Self {
        Self::new(format!("N#{session}"), "N")
    }

    /// A session of an address, in the list of those.
    pub(super) fn session_of(email: &Email, session: &SessionId) -> Self {
        Self::new(address_partition(email), format!("SESSION#{session}"))
    }

    /// The passkeys of an address.
    pub(super) fn passkeys(email: &Email) -> Self {
        Self::new(address_partition(email), "PASSKEYS")
    }

    /// The address that has a passkey. A credential id can be longer than a key is useful.
    pub(super) fn passkey_owner(credential: &CredentialId) -> Self {
        Self::new(format!("K#{}", hex::encode(Sha256::digest(credential.as_str()))), "K")
    }

    /// A manage token.
    pub(super) fn manage_token(id: ManageTokenId) -> Self {
        Self::new(format!("M#{id}"), "M")
    }

    /// A manage token in the list of manage tokens.
    pub(super) fn listed_manage_token(id: ManageTokenId) -> Self {
        Self::new(MANAGE_TOKENS, format!("{:08}", id.number()))
    }

    /// The mark that every manage token is in the list.
    pub(super) fn all_manage_tokens_are_listed() -> Self {
        Self::new("META", "MANAGE")
    }

    /// The due entry of a token. The partition depends on the token alone.
    pub(super) fn due(due: &Due) -> Self {
        let partition = due.token.number() % DUE_PARTITIONS;
        Self::new(format!("DUE#{partition}"), format!("{}#{}#{}", due_moment(due.at), due.project, due.token))
    }

    /// An event in one of the partitions of a feed.
    pub(super) fn event(feed: &Feed, shard: u32, uuid: Uuid) -> Self {
        Self::new(feed_partition(feed, shard), uuid.hyphenated().to_string())
    }

    /// The number of shards of the events about an object.
    pub(super) fn shards(project: ProjectId, kind: &str, id: &str) -> Self {
        Self::new(project_partition(project), format!("SHARDS#{}", free_pair(kind, id)))
    }

    /// A seal of a day.
    pub(super) fn seal(seal: &Seal) -> Self {
        let of = match seal.of {
            Sealed::Project => 0,
            Sealed::Token(token) => token.number(),
        };
        Self::new(seal_partition(seal.project, seal.day), format!("{of:015}"))
    }

    /// The head of a day.
    pub(super) fn head(project: ProjectId, day: Day) -> Self {
        Self::new(head_partition(project), day.to_string())
    }

    /// The last head that was delivered to a place for anchors. It sorts after all heads.
    pub(super) fn delivered(project: ProjectId, place: Digest) -> Self {
        Self::new(head_partition(project), format!("DELIVERED#{place}"))
    }

    /// How far the sealing of a day is. It sorts after all heads.
    pub(super) fn seal_progress(project: ProjectId) -> Self {
        Self::new(head_partition(project), "PROGRESS")
    }

    /// A guard of the version of the token with this verify item.
    pub(super) fn guard(verify: &Self, number: usize) -> Self {
        Self::new(verify.pk.clone(), format!("{GUARD}{number:02}"))
    }

    /// A replica of this verify item.
    pub(super) fn replica(verify: &Self, number: u32) -> Self {
        Self::new(format!("{}#{number}", verify.pk), verify.sk.clone())
    }

    /// Whether it is the key of a guard.
    pub(super) fn is_guard(&self) -> bool {
        self.sk.starts_with(GUARD)
    }

    /// The version of the layout.
    pub(super) fn schema() -> Self {
        Self::new("META", "SCHEMA")
    }
}

impl Span {
    /// The tokens of a project after this id, in one or the other direction.
    pub(super) fn tokens(project: ProjectId, after: Option<TokenId>, ascending: bool) -> Self {
        let (first, last) = match after {
            Some(after) if ascending => (after.number() + 1, GREATEST_TOKEN),
            // Of a first token the span is from 0 to 0, which is no id.
            Some(after) => (0, after.number() - 1),
            None => (0, GREATEST_TOKEN),
        };
        Self { pk: project_partition(project), first: token_sort_key(first), last: token_sort_key(last) }
    }

    /// The addresses of a project.
    pub(super) fn emails(project: ProjectId) -> Self {
        // `$` follows `#`.
        Self { pk: project_partition(project), first: "EMAIL#".to_owned(), last: "EMAIL$".to_owned() }
    }

    /// The members of a project.
    pub(super) fn members(project: ProjectId) -> Self {
        Self {
            pk: project_partition(project),
            first: "MEMBER#00000000".to_owned(),
            last: "MEMBER#99999999".to_owned(),
        }
    }

    /// The projects that an address is a member of.
    pub(super) fn projects_of(email: &Email) -> Self {
        Self {
            pk: address_partition(email),
            first: "PROJECT#00000000".to_owned(),
            last: "PROJECT#99999999".to_owned(),
        }
    }

    /// The sessions of an address.
    pub(super) fn sessions_of(email: &Email) -> Self {
        // `g` follows every hexadecimal digit.
        Self { pk: address_partition(email), first: "SESSION#0".to_owned(), last: "SESSION#g".to_owned() }
    }

    /// All projects.
    pub(super) fn projects() -> Self {
        Self { pk: "PROJECTS".to_owned(), first: "0".to_owned(), last: "99999999".to_owned() }
    }

    /// The manage tokens after this id.
    pub(super) fn manage_tokens(after: Option<ManageTokenId>) -> Self {
        let first = after.map_or(0, |after| after.number() + 1);
        Self { pk: MANAGE_TOKENS.to_owned(), first: format!("{first:08}"), last: "99999999".to_owned() }
    }

    /// The due entries at `now` after this one, in each partition.
    pub(super) fn due(now: Timestamp, after: Option<Due>) -> Vec<Self> {
        // `!` sorts before every character of a sort key, so this is just behind the entry.
        let first = after.map_or_else(|| "0".to_owned(), |after| format!("{}!", Key::due(&after).sk));
        // `$` follows `#`, so this is after every entry of this time and before the next.
        let last = format!("{}$", due_moment(now));
        let span =
            |partition| Self { pk: format!("DUE#{partition}"), first: first.clone(), last: last.clone() };
        (0..DUE_PARTITIONS).map(span).collect()
    }

    /// The seals of a day.
    pub(super) fn seals(project: ProjectId, day: Day) -> Self {
        Self { pk: seal_partition(project, day), first: format!("{:015}", 0), last: "9".repeat(15) }
    }

    /// The heads of the days from this one on, or of all days.
    pub(super) fn heads(project: ProjectId, from: Option<Day>) -> Self {
        let first = from.map_or_else(|| "0".to_owned(), |day| day.to_string());
        Self { pk: head_partition(project), first, last: "9999-12-31".to_owned() }
    }

    /// A part of a feed in one partition.
    pub(super) fn events(feed: &Feed, shard: u32, first: Uuid, last: Uuid) -> Self {
        Self {
            pk: feed_partition(feed, shard),
            first: first.hyphenated().to_string(),
            last: last.hyphenated().to_string(),
        }
    }
}

/// Parses the partition key of [`Key::verify`].
#[cfg(feature = "batch")]
pub(super) fn parse_verify(pk: &str) -> Option<(ProjectId, TokenId)> {
    let (project, token) = pk.strip_prefix("V#")?.split_once('#')?;
    Some((project.parse().ok()?, token.parse().ok()?))
}

/// Parses a sort key of [`Key::due`].
pub(super) fn parse_due(sk: &str) -> Option<Due> {
    let mut parts = sk.split('#');
    let at = parts.next()?.parse().ok().map(Timestamp::from_millis)?;
    Some(Due { at, project: parts.next()?.parse().ok()?, token: parts.next()?.parse().ok()? })
}

/// The project of this partition; `None` if it is of no single project.
pub(super) fn parse_project(pk: &str) -> Option<ProjectId> {
    let of_project = pk.strip_prefix("P#").or_else(|| pk.strip_prefix("V#"))?;
    of_project.split('#').next()?.parse().ok()
}

fn project_partition(project: ProjectId) -> String {
    format!("P#{project}")
}

fn head_partition(project: ProjectId) -> String {
    format!("P#{project}#HEADS")
}

fn seal_partition(project: ProjectId, day: Day) -> String {
    format!("P#{project}#SEALS#{day}")
}

fn address_partition(email: &Email) -> String {
    format!("E#{}", email.key())
}

fn token_sort_key(number: u64) -> String {
    format!("TOKEN#{number:015}")
}

/// Parses a sort key of [`Key::token`].
pub(super) fn parse_token_sort_key(sk: &str) -> Option<TokenId> {
    TokenId::new(sk.strip_prefix("TOKEN#")?.parse().ok()?)
}

/// Parses a sort key of [`Key::member`].
pub(super) fn parse_member_sort_key(sk: &str) -> Option<MemberId> {
    MemberId::new(sk.strip_prefix("MEMBER#")?.parse().ok()?)
}

/// Fifteen digits suffice until the end of the year 9999.
fn due_moment(at: Timestamp) -> String {
    format!("{:015}", at.millis())
}

fn feed_partition(feed: &Feed, shard: u32) -> String {
    match feed {
        Feed::Token(project, token) => format!("P#{project}#T#{token}#{shard}"),
        Feed::Project(project) => format!("P#{project}#F#{shard}"),
        Feed::Manage(id) => format!("M#{id}#F#{shard}"),
        Feed::Object(project, kind, id) => format!("P#{project}#O#{}#{shard}", free_pair(kind, id)),
    }
}

/// Joins two free texts unambiguously: the length of the first shows where the second begins.
fn free_pair(first: &str, second: &str) -> String {
    let pair = format!("{}#{first}#{second}", first.len());
    if pair.len() <= MAX_FREE_TEXT { pair } else { format!("SHA256#{}", hex::encode(Sha256::digest(pair))) }
}

impl Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} / {}", self.pk, self.sk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_free_texts_never_share_a_key() {
        let project = ProjectId::new(7).unwrap();
        let key =
            |component: &str, configuration: &str| Key::configuration(project, component, configuration);
        assert_eq!(key("a", "b").sk, "CONFIG#1#a#b");
        assert_ne!(key("a#b", "c"), key("a", "b#c"));
        assert_ne!(key("", "#"), key("#", ""));
        let (long, longer) = ("x".repeat(2000), "x".repeat(2001));
        assert!(key(&long, "").sk.len() <= 1024);
        assert_ne!(key(&long, ""), key(&longer, ""));
    }

    #[test]
    fn tokens_are_ordered_by_the_numbers_of_their_ids() {
        let project = ProjectId::new(7).unwrap();
        let [first, second, third] = [9, 10, (1 << 48) - 1].map(|number| TokenId::new(number).unwrap());
        let key = |token| Key::token(project, token).sk;
        assert!(key(first) < key(second) && key(second) < key(third));
        let later = Span::tokens(project, Some(second), true);
        assert!(key(second) < later.first && later.first <= key(third) && key(third) <= later.last);
        let earlier = Span::tokens(project, Some(second), false);
        assert!(earlier.first <= key(first) && key(first) <= earlier.last && earlier.last < key(second));
        assert_eq!(parse_token_sort_key(&key(third)), Some(third));
    }

    #[test]
    fn what_is_due_is_ordered_by_its_moment_and_reads_back() {
        let due = Due {
            at: Timestamp::MAX,
            project: ProjectId::new(7).unwrap(),
            token: TokenId::new((1 << 48) - 1).unwrap(),
        };
        let earlier = Due { at: Timestamp::from_millis(5), ..due };
        assert!(Key::due(&earlier).sk < Key::due(&due).sk);
        assert_eq!(parse_due(&Key::due(&due).sk), Some(due));
        let spans = Span::due(earlier.at, None);
        let span = spans.iter().find(|span| span.pk == Key::due(&earlier).pk).unwrap();
        assert!(
            span.first < Key::due(&earlier).sk
                && Key::due(&earlier).sk < span.last
                && span.last < Key::due(&due).sk
        );
    }
}
