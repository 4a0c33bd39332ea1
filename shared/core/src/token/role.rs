//! Changing the role of a member, of which their own token is the part that decides.

use std::sync::Arc;

use serde_json::{Map, json};

use super::{Change, Kind, Token};
use crate::{
    event::names,
    event_context::EventContext,
    member::{Member, Role},
    permission::Permissions,
};

impl Token {
    /// The token of this member once they have another role; `None` if it is not their own token, or has that role already.
    ///
    /// It keeps its copies. A read-only member has no share and no invitation left open: the shares that they sent end with a new
    /// generation, and their invitations with the version; a later promotion does not bring them back.
    pub fn with_role(&self, member: &Member, role: Role, event_context: &EventContext) -> Option<Change> {
        let before =
            Role::ALL.into_iter().find(|role| self.identity.kind == Kind::of_member(member.id, *role))?;
        if before == role {
            return None;
        }
        let mut token = self.next_version(event_context.now);
        token.identity.kind = Kind::of_member(member.id, role);
        token.identity.permissions = Arc::new(Permissions::of_member(role));
        if role == Role::ReadOnly {
            token.generation += 1;
            token.demoted = token.version;
        }
        let params = Map::from_iter([
            ("email".to_owned(), json!(member.email)),
            ("member".to_owned(), json!(member.id)),
            ("role".to_owned(), json!(role)),
            ("roleBefore".to_owned(), json!(before)),
        ]);
        let message = format!("Made {} {}", member.email, role.with_article());
        let event = event_context.event_about(&token, names::MEMBER_ROLE_CHANGED, message, params);
        Some(Change { token, event })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        email::Email,
        event_context::{Actor, testing::Counting},
        id::{MemberId, ProjectId, TokenId},
        member::MemberCard,
        permission::Rank,
        token::{
            NewToken, VerifyItem,
            testing::{at, event_context, token},
        },
    };

    fn admin() -> (Member, Token) {
        let (id, rng) = (MemberId::new(3).unwrap(), &mut Counting(1));
        let email = Email::parse("ann@example.org").unwrap();
        let card = MemberCard { id, name: "Ann".to_owned(), email: email.clone() };
        let owner = token(None, &mut Counting(9)).0.identity.owner;
        let new = NewToken::of_member(id, Role::Admin, card, owner);
        let (project, master) = (ProjectId::new(1).unwrap(), TokenId::new(2).unwrap());
        let (change, _) = new.create(project, master, &event_context(0, Actor::Jeton), rng).unwrap();
        let name = "Ann".to_owned();
        let role = Role::Admin;
        let member = Member { project, id, email, name, created: at(0), role, master, unknown: Map::new() };
        (member, change.token)
    }

    #[test]
    fn a_demotion_takes_all_rights_away_and_a_promotion_gives_them_back() {
        let (member, before) = admin();
        assert!(before.stands_by_invitation(None), "one of an earlier build");
        let demoted = before.with_role(&member, Role::ReadOnly, &event_context(1, Actor::Jeton)).unwrap();
        let reader = &demoted.token;
        assert_eq!((reader.identity.rank(), reader.version), (Rank::Reader, before.version + 1));
        assert_eq!(*reader.identity.permissions, Permissions::default());
        assert_eq!((reader.generation, reader.copies.len()), (before.generation + 1, before.copies.len()));
        assert!(demoted.event.takes_away(), "a full disk stores it");
        let promoted = reader.with_role(&member, Role::Admin, &event_context(2, Actor::Jeton)).unwrap();
        assert_eq!(promoted.token.identity, before.identity);
        assert_eq!(promoted.token.generation, reader.generation, "what was sent before stays ended");
        let stands = |version| promoted.token.stands_by_invitation(version);
        assert_eq!([None, Some(before.version)].map(stands), [false; 2]);
        assert!(stands(Some(promoted.token.version)), "a new invitation stands");
        assert!(!reader.stands_by_invitation(Some(reader.version)), "only an admin invites");
        assert!(!promoted.event.takes_away());
    }

    #[test]
    fn the_same_role_again_and_the_token_of_somebody_else_are_no_change() {
        let (member, master) = admin();
        let other = Member { id: MemberId::new(4).unwrap(), ..member.clone() };
        let now = event_context(1, Actor::Jeton);
        assert!(master.with_role(&member, Role::Admin, &now).is_none());
        assert!(master.with_role(&other, Role::ReadOnly, &now).is_none());
        let (limited, _) = token(None, &mut Counting(5));
        assert!(limited.with_role(&member, Role::Admin, &now).is_none());
    }

    #[test]
    fn a_stored_reader_has_no_rights_whatever_its_record_says() {
        let (member, master) = admin();
        let reader =
            master.with_role(&member, Role::ReadOnly, &event_context(1, Actor::Jeton)).unwrap().token;
        let mut stored = serde_json::to_value(reader.verify_item()).unwrap();
        stored["identity"]["permissions"]["manageBuckets"] = json!(true);
        let read: VerifyItem = serde_json::from_value(stored).unwrap();
        assert_eq!(*read.identity.permissions, Permissions::default());
        assert_eq!(read.of_member(member.id).map(|caller| caller.rank), Some(Rank::Reader));
    }
}
