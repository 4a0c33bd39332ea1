//! Domain values with literal times, and with ids that are the same in every run.

use jeton_core::{
    email::Email,
    event::{Event, Feed, Object, Origin, UuidSequence, names},
    event_context::{Actor, Context, EventContext},
    id::{CopyId, ManageTokenId, MemberId, ProjectId, TokenId},
    idempotency::{CreatedResource, IdempotencyKey, IdempotencyRecord, Salt},
    manage::ManageToken,
    member::{Member, MemberCard, Role},
    passkey::{Algorithm, CredentialId, Passkey, Passkeys},
    permission::Rank,
    project::Project,
    session::Session,
    share::{DEFAULT_SECONDS, Invitee, NewShare, Offer, Sender, SentBy, Share, ShareId},
    store::{Commit, Write},
    time::Timestamp,
    token::{Change, Kind, NewToken, Settings, Token, Update},
};
use rand_core::Rng as _;
use serde_json::Map;

pub(crate) use counting::Counting;

#[path = "../../shared/core/src/event_context/testing.rs"]
mod counting;

/// This many seconds after the time at which the tests begin: noon in UTC, at which notices come due.
pub fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_699_963_200_000).plus_seconds(seconds)
}

/// Parses an e-mail address.
pub fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// Builds values of one project. Each has an id of its own.
pub struct World {
    /// The project.
    pub project: Project,
    rng: Counting,
    uuids: UuidSequence,
}

impl World {
    /// The world of a test.
    pub fn new() -> Self {
        Self::number(0)
    }

    /// One of many worlds with different ids.
    pub fn number(number: u64) -> Self {
        let mut rng = Counting(number << 32);
        let project = Project {
            id: ProjectId::random(&mut rng),
            name: "Warehouse".to_owned(),
            organization: 1,
            created: at(0),
            closed: None,
            unknown: Map::new(),
        };
        Self { project, rng, uuids: UuidSequence::default() }
    }

    /// An action of Jeton itself, at this second.
    pub fn event_context(&mut self, seconds: u64) -> EventContext {
        self.event_context_of(Actor::Jeton, seconds)
    }

    /// An action of this actor, at this second.
    pub fn event_context_of(&mut self, actor: Actor, seconds: u64) -> EventContext {
        let uuid = self.uuids.next(at(seconds), &mut self.rng);
        EventContext { now: at(seconds), uuid, actor, context: Context::default(), run_id: None }
    }

    /// The id of a token: any, as earlier builds drew them.
    fn token_id(&mut self) -> TokenId {
        TokenId::new(self.rng.next_u64() >> 16).unwrap()
    }

    /// The creation of a token.
    pub fn token(&mut self) -> Change {
        self.token_of(Kind::Limited, None)
    }

    /// The creation of a token that expires after this many seconds.
    pub fn token_for(&mut self, seconds: u64) -> Change {
        self.token_of(Kind::Limited, Some(seconds))
    }

    /// The creation of the token of the configuration `keboola.ex-db-mysql/1`.
    pub fn configuration_token(&mut self) -> Change {
        let (component, configuration) = ("keboola.ex-db-mysql".to_owned(), "1".to_owned());
        self.token_of(Kind::Configuration { component, configuration }, None)
    }

    fn token_of(&mut self, kind: Kind, expires_in: Option<u64>) -> Change {
        let new = NewToken {
            settings: Settings {
                description: "MySQL extractor".to_owned(),
                expires_in,
                ..Settings::default()
            },
            creator_ends: None,
            kind,
            creator: None,
            member: None,
            owner: self.project.owner(),
        };
        let event_context = self.event_context(0);
        let id = self.token_id();
        new.create(self.project.id, id, &event_context, &mut self.rng).unwrap().0
    }

    /// A change of a token's description.
    pub fn renamed(&mut self, token: &Token, description: &str) -> Change {
        let update = Update { description: Some(description.to_owned()), ..Update::default() };
        token.update(&update, Rank::Manager, &self.event_context(1)).unwrap().unwrap()
    }

    /// A change of a token's expiry to this second.
    pub fn ending(&mut self, token: &Token, seconds: u64) -> Change {
        let update = Update { expires: Some(at(seconds)), ..Update::default() };
        token.update(&update, Rank::Master, &self.event_context(1)).unwrap().unwrap()
    }

    /// The expiry notice of a token, at this second.
    pub fn noticed(&mut self, token: &Token, seconds: u64) -> Change {
        token.notice(&[], &[], &self.event_context(seconds)).unwrap().change
    }

    /// An event that a token posted.
    pub fn posted_by(&mut self, token: &Token) -> Event {
        let event_context = self.event_context_of(acting(token), 2);
        let mut event =
            event_context.event_named(Some(token.project), "ext.it.", "Imported".to_owned(), Map::new());
        event.origin = Origin::Posted;
        event
    }

    /// An event that a token posted about the table `in.c-main.users`.
    pub fn posted_about_table(&mut self, token: &Token) -> Event {
        let (kind, id) = (Some("table".to_owned()), Some("in.c-main.users".to_owned()));
        Event { object: Some(Object { r#type: kind, id, name: None }), ..self.posted_by(token) }
    }

    /// The event of a token's question.
    pub fn asked_by(&mut self, token: &Token) -> Event {
        Event { origin: Origin::Question, ..self.posted_by(token) }
    }

    /// A new member, with their master token.
    pub fn member(&mut self, address: &str) -> (Member, Change) {
        let id = MemberId::random(&mut self.rng);
        let card = MemberCard { id, name: address.to_owned(), email: email(address) };
        let master = NewToken::of_member(id, Role::Admin, card, self.project.owner());
        let event_context = self.event_context(0);
        let token = self.token_id();
        let (change, _) = master.create(self.project.id, token, &event_context, &mut self.rng).unwrap();
        let member = Member {
            project: self.project.id,
            id,
            email: email(address),
            name: address.to_owned(),
            created: at(0),
            role: Role::Admin,
            master: change.token.id,
            unknown: Map::new(),
        };
        (member, change)
    }

    /// A share of a token, open for a day.
    pub fn share_of(&mut self, token: &Token) -> Share {
        self.share(Offer::Copy(token.id), "colleague@example.org", SentBy::Token(token.id))
    }

    /// An invitation, open for a day.
    pub fn invitation(&mut self, address: &str) -> Share {
        let (_, by) = self.manage_token();
        self.share(Offer::Membership(Invitee { name: "Ann".to_owned(), role: Role::Admin }), address, by)
    }

    fn share(&mut self, offer: Offer, address: &str, by: SentBy) -> Share {
        let new = NewShare {
            project: self.project.id,
            project_name: self.project.name.clone(),
            offer,
            recipient: email(address),
            sender: Sender {
                by,
                name: "Bob".to_owned(),
                email: None,
                credential: None,
                version: None,
                secret: None,
                token: None,
            },
            seconds: DEFAULT_SECONDS,
        };
        let id = ShareId::random(&mut self.rng);
        new.open(id, at(0), &mut self.rng).0
    }

    /// A console session.
    pub fn session(&mut self, address: &str) -> Session {
        Session::open(email(address), None, None, at(0), &mut self.rng).0
    }

    /// A passkey with this credential id.
    pub fn passkey(&self, credential: &str) -> Passkey {
        Passkey {
            credential: CredentialId::parse(credential).unwrap(),
            user: "dXNlcg".to_owned(),
            algorithm: Algorithm::Es256,
            key: "a2V5".to_owned(),
            name: "Laptop".to_owned(),
            created: at(0),
            last_used: None,
            counter: 0,
            unknown: Map::new(),
        }
    }

    /// The passkeys of an address with one more, after those that it has.
    pub fn with_passkey(&mut self, before: Option<&Passkeys>, address: &str, credential: &str) -> Passkeys {
        let random = self.rng.next_u64();
        Passkeys::with(before, &email(address), self.passkey(credential), random).unwrap()
    }

    /// The idempotency record of a call that created this token.
    pub fn idempotency_record(&mut self, token: &Token) -> IdempotencyRecord {
        let key = format!("{:043}", token.id.number());
        let key = IdempotencyKey::parse(&key).unwrap();
        IdempotencyRecord {
            id: key.record_id(),
            salt: Salt::random(&mut self.rng),
            call: key.fingerprint(&[]),
            made: CreatedResource::Copy(token.project, token.id),
            created: at(0),
            unknown: Map::new(),
        }
    }

    /// A manage token, and its actor.
    pub fn manage_token(&mut self) -> (ManageToken, SentBy) {
        let (id, event_context) = (ManageTokenId::random(&mut self.rng), self.event_context(0));
        let created = ManageToken::create(id, "setup", None, None, &event_context, &mut self.rng);
        let token = created.unwrap().change.token;
        let by = SentBy::Manage(token.id);
        (token, by)
    }

    /// A commit of these changes, with an event in the project's feed.
    pub fn commit(&mut self, writes: impl Into<Vec<Write>>) -> Commit {
        let event_context = self.event_context(0);
        let event = event_context.event_in(
            self.project.id,
            names::PROJECT_CREATED,
            "Happened".to_owned(),
            Map::new(),
        );
        Commit { writes: writes.into(), events: vec![event] }
    }

    /// The commit that deletes a token.
    pub fn removal(&mut self, token: &Token) -> Commit {
        let event_context = self.event_context(3);
        let (event, tombstone) = (token.deleted_event(&event_context), token.tombstone(event_context.now));
        Commit { writes: vec![Write::RemoveToken { token: token.clone(), tombstone }], events: vec![event] }
    }

    /// The feed of the project.
    pub fn feed(&self) -> Feed {
        Feed::Project(self.project.id)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// The feed of a token.
pub fn feed_of(token: &Token) -> Feed {
    Feed::Token(token.project, token.id)
}

/// The actor of a token with its first copy.
pub fn acting(token: &Token) -> Actor {
    Actor::Token { id: token.id, name: token.identity.description.clone(), copy: Some(CopyId(1)) }
}

/// The commit that adds a token.
pub fn insert(change: &Change) -> Commit {
    Commit { writes: vec![Write::InsertToken(change.token.clone())], events: vec![change.event.clone()] }
}

/// The commit that replaces a token.
pub fn replace(change: &Change) -> Commit {
    Commit { writes: vec![Write::ReplaceToken(change.token.clone())], events: vec![change.event.clone()] }
}
