//! Members, their addresses, and invitations.

use std::slice;
use std::sync::Arc;

use jeton_core::{
    member::{Member, Membership, Role},
    project::Project,
    share::{Share, State},
    store::{CommitError::Conflict, Store, Write},
};

use crate::literal::{World, at, email};

fn joins(member: &Member) -> Write {
    Write::InsertMember { member: member.clone(), invitation: None }
}

fn accepts(member: &Member, invitation: &Share) -> Write {
    Write::InsertMember { member: member.clone(), invitation: Some(invitation.id.clone()) }
}

fn withdraws(invitation: &Share) -> Write {
    Write::RemoveInvitation(invitation.project, invitation.recipient.clone(), invitation.id.clone())
}

async fn membership(store: &dyn Store, world: &World, address: &str) -> Option<Membership> {
    store.membership(world.project.id, &email(address)).await.unwrap()
}

pub(crate) async fn a_member_is_found_by_id_and_by_address_in_any_case(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (ann, _) = world.member("Ann@example.org");
    store.commit(&world.commit([joins(&ann)])).await.unwrap();
    assert_eq!(store.member(world.project.id, ann.id).await.unwrap(), Some(ann.clone()));
    assert_eq!(membership(&*store, &world, "aNN@EXAMPLE.org").await, Some(Membership::Member(ann.clone())));
    assert_eq!(membership(&*store, &world, "bob@example.org").await, None);
    let elsewhere = World::number(50);
    assert_eq!(membership(&*store, &elsewhere, "ann@example.org").await, None);
}

pub(crate) async fn an_address_is_one_members_and_an_id_too(store: Arc<dyn Store>) {
    let mut world = World::new();
    let ((ann, _), (twin, _)) = (world.member("ann@example.org"), world.member("ANN@example.org"));
    store.commit(&world.commit([joins(&ann)])).await.unwrap();
    assert_eq!(store.commit(&world.commit([joins(&twin)])).await, Err(Conflict(0)));
    let same_id = Member { email: email("bob@example.org"), ..ann.clone() };
    assert_eq!(store.commit(&world.commit([joins(&same_id)])).await, Err(Conflict(0)));
    let invitation = Write::InsertInvitation(world.invitation("Ann@Example.org"));
    assert_eq!(store.commit(&world.commit([invitation])).await, Err(Conflict(0)));
    assert_eq!(store.members(world.project.id).await.unwrap(), [ann]);
    assert_eq!(membership(&*store, &world, "bob@example.org").await, None);
}

pub(crate) async fn a_replaced_member_is_the_same_by_id_and_by_address(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (ann, master) = world.member("Ann@example.org");
    let reads = Member { role: Role::ReadOnly, ..ann.clone() };
    let replaces = Write::ReplaceMember(reads.clone());
    assert_eq!(store.commit(&world.commit([replaces.clone()])).await, Err(Conflict(0)), "nobody joined");
    assert_eq!(store.member(world.project.id, ann.id).await.unwrap(), None);
    assert_eq!(membership(&*store, &world, "ann@example.org").await, None);
    store.commit(&world.commit([joins(&ann), Write::InsertToken(master.token.clone())])).await.unwrap();

    // A condition of the same commit that fails leaves the member as they were.
    let outdated = Write::RequireVersion(ann.project, ann.master, master.token.version + 1);
    assert_eq!(store.commit(&world.commit([replaces.clone(), outdated])).await, Err(Conflict(1)));
    assert_eq!(membership(&*store, &world, "ann@example.org").await, Some(Membership::Member(ann)));

    store.commit(&world.commit([replaces])).await.unwrap();
    assert_eq!(store.member(world.project.id, reads.id).await.unwrap(), Some(reads.clone()));
    assert_eq!(store.members(world.project.id).await.unwrap(), slice::from_ref(&reads));
    assert_eq!(membership(&*store, &world, "aNN@example.org").await, Some(Membership::Member(reads.clone())));
    store.commit(&world.commit([Write::RemoveMember(reads.clone())])).await.unwrap();
    assert_eq!(store.commit(&world.commit([Write::ReplaceMember(reads)])).await, Err(Conflict(0)));
    assert_eq!(membership(&*store, &world, "ann@example.org").await, None);
}

pub(crate) async fn members_are_listed_by_their_ids(store: Arc<dyn Store>) {
    let mut world = World::new();
    let mut members: Vec<Member> =
        ["a@example.org", "b@example.org", "c@example.org"].map(|address| world.member(address).0).into();
    for member in &members {
        store.commit(&world.commit([joins(member)])).await.unwrap();
    }
    members.sort_by_key(|member| member.id);
    assert_eq!(store.members(world.project.id).await.unwrap(), members);
}

pub(crate) async fn a_removed_members_address_is_free_again(store: Arc<dyn Store>) {
    let mut world = World::new();
    let ((ann, _), (again, _)) = (world.member("ann@example.org"), world.member("Ann@example.org"));
    store.commit(&world.commit([joins(&ann)])).await.unwrap();
    store.commit(&world.commit([Write::RemoveMember(ann.clone())])).await.unwrap();
    assert_eq!(store.member(world.project.id, ann.id).await.unwrap(), None);
    assert_eq!(membership(&*store, &world, "ann@example.org").await, None);
    assert_eq!(
        store.commit(&world.commit([Write::RemoveMember(ann.clone())])).await,
        Err(Conflict(0)),
        "nobody is removed twice"
    );
    store.commit(&world.commit([joins(&again)])).await.unwrap();
    assert_eq!(membership(&*store, &world, "ann@example.org").await, Some(Membership::Member(again)));
}

pub(crate) async fn a_later_invitation_takes_the_place_of_an_earlier_one(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (first, second) = (world.invitation("ann@example.org"), world.invitation("Ann@example.org"));
    let (ann, _) = world.member("ann@example.org");
    store.commit(&world.commit([Write::InsertInvitation(first.clone())])).await.unwrap();
    store.commit(&world.commit([Write::InsertInvitation(second.clone())])).await.unwrap();
    let invited = Some(Membership::Invited(second.id.clone()));
    assert_eq!(membership(&*store, &world, "ANN@example.org").await, invited);

    assert_eq!(store.commit(&world.commit([accepts(&ann, &first)])).await, Err(Conflict(0)));
    assert_eq!(store.commit(&world.commit([withdraws(&first)])).await, Err(Conflict(0)));
    assert_eq!(store.member(world.project.id, ann.id).await.unwrap(), None);
    store.commit(&world.commit([accepts(&ann, &second)])).await.unwrap();
    assert_eq!(membership(&*store, &world, "ann@example.org").await, Some(Membership::Member(ann)));
}

pub(crate) async fn an_invitation_is_accepted_once_and_then_settled(store: Arc<dyn Store>) {
    let mut world = World::new();
    let invitation = world.invitation("ann@example.org");
    let ((ann, _), (twin, _)) = (world.member("ann@example.org"), world.member("ann@example.org"));
    store.commit(&world.commit([Write::InsertInvitation(invitation.clone())])).await.unwrap();
    assert_eq!(
        store.reserve_attempt(&invitation.id, &jeton_core::share::AttemptId::from_store("a")).await.unwrap(),
        Some(1)
    );
    let ends = Write::EndShare(invitation.ended(State::Used(at(1))));
    store.commit(&world.commit([ends, accepts(&ann, &invitation)])).await.unwrap();
    assert_eq!(store.commit(&world.commit([accepts(&twin, &invitation)])).await, Err(Conflict(0)));
    assert_eq!(store.commit(&world.commit([withdraws(&invitation)])).await, Err(Conflict(0)));
    assert_eq!(store.members(world.project.id).await.unwrap(), slice::from_ref(&ann));

    // After the removal of the member, the old invitation does not make anybody a member.
    store.commit(&world.commit([Write::RemoveMember(ann)])).await.unwrap();
    assert_eq!(store.commit(&world.commit([accepts(&twin, &invitation)])).await, Err(Conflict(0)));
}

pub(crate) async fn a_withdrawn_invitation_admits_nobody(store: Arc<dyn Store>) {
    let mut world = World::new();
    let invitation = world.invitation("ann@example.org");
    let (ann, _) = world.member("ann@example.org");
    assert_eq!(store.commit(&world.commit([accepts(&ann, &invitation)])).await, Err(Conflict(0)));
    store.commit(&world.commit([Write::InsertInvitation(invitation.clone())])).await.unwrap();
    store.commit(&world.commit([withdraws(&invitation)])).await.unwrap();
    assert_eq!(membership(&*store, &world, "ann@example.org").await, None);
    assert_eq!(store.commit(&world.commit([withdraws(&invitation)])).await, Err(Conflict(0)));
    assert_eq!(store.commit(&world.commit([accepts(&ann, &invitation)])).await, Err(Conflict(0)));
    assert_eq!(store.commit(&world.commit([joins(&ann)])).await, Ok(()));
}

pub(crate) async fn an_invited_person_may_be_added_without_the_invitation(store: Arc<dyn Store>) {
    let mut world = World::new();
    let invitation = world.invitation("ann@example.org");
    let ((ann, _), (twin, _)) = (world.member("ann@example.org"), world.member("ann@example.org"));
    store.commit(&world.commit([Write::InsertInvitation(invitation.clone())])).await.unwrap();
    store.commit(&world.commit([joins(&ann)])).await.unwrap();
    assert_eq!(membership(&*store, &world, "ann@example.org").await, Some(Membership::Member(ann)));
    assert_eq!(store.commit(&world.commit([accepts(&twin, &invitation)])).await, Err(Conflict(0)));
}

pub(crate) async fn a_conflict_over_the_master_token_leaves_the_address_free(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (ann, master) = world.member("ann@example.org");
    let taken = [Write::InsertToken(master.token.clone())];
    store.commit(&world.commit(taken.clone())).await.unwrap();
    let [insert_token] = taken;
    assert_eq!(store.commit(&world.commit([joins(&ann), insert_token])).await, Err(Conflict(1)));
    assert_eq!(membership(&*store, &world, "ann@example.org").await, None);
    assert!(store.members(world.project.id).await.unwrap().is_empty());
}

pub(crate) async fn a_closed_project_is_found_closed_by_the_commit_that_asks(store: Arc<dyn Store>) {
    let mut world = World::new();
    let open = Write::RequireOpen(world.project.id);
    let (ann, _) = world.member("ann@example.org");
    assert_eq!(store.commit(&world.commit([joins(&ann), open.clone()])).await, Err(Conflict(1)), "unknown");
    store.commit(&world.commit([Write::InsertProject(world.project.clone())])).await.unwrap();
    let closed = Project { closed: Some(at(1)), ..world.project.clone() };
    store.commit(&world.commit([Write::ReplaceProject(closed.clone())])).await.unwrap();
    assert_eq!(store.project(closed.id).await.unwrap(), Some(closed));
    assert_eq!(store.commit(&world.commit([joins(&ann), open.clone()])).await, Err(Conflict(1)));
    assert_eq!(store.member(world.project.id, ann.id).await.unwrap(), None);
    store.commit(&world.commit([Write::ReplaceProject(world.project.clone())])).await.unwrap();
    store.commit(&world.commit([joins(&ann), open])).await.unwrap();
}

pub(crate) async fn a_project_that_comes_closed_is_closed(store: Arc<dyn Store>) {
    let mut world = World::new();
    let closed = Project { closed: Some(at(1)), ..world.project.clone() };
    store.commit(&world.commit([Write::InsertProject(closed.clone())])).await.unwrap();
    let asked = world.commit([Write::RequireOpen(closed.id)]);
    assert_eq!(store.commit(&asked).await, Err(Conflict(0)));
    let elsewhere = World::number(50).project;
    assert_eq!(store.commit(&world.commit([Write::ReplaceProject(elsewhere)])).await, Err(Conflict(0)));
}

pub(crate) async fn the_invitations_of_a_project_are_those_that_are_pending_and_open(store: Arc<dyn Store>) {
    let mut world = World::new();
    let listed = async |seconds| {
        let found = store.invitations(world_id(), at(seconds)).await.unwrap();
        let mut ids: Vec<_> = found.into_iter().map(|share| share.unwrap().id.to_string()).collect();
        ids.sort();
        ids
    };
    let (replaced, ann) = (world.invitation("ann@example.org"), world.invitation("Ann@example.org"));
    let (bob, carol, dan) = (
        world.invitation("bob@example.org"),
        world.invitation("carol@example.org"),
        world.invitation("dan@example.org"),
    );
    for invitation in [&replaced, &ann, &bob, &carol, &dan] {
        store.commit(&world.commit([Write::InsertInvitation(invitation.clone())])).await.unwrap();
    }
    let (member, _) = world.member("bob@example.org");
    store.commit(&world.commit([accepts(&member, &bob)])).await.unwrap();
    store.commit(&world.commit([withdraws(&carol)])).await.unwrap();
    store.commit(&world.commit([Write::EndShare(dan.ended(State::Locked(at(1))))])).await.unwrap();
    assert_eq!(listed(1).await, [ann.id.to_string()]);
    assert!(listed(86_400).await.is_empty(), "its time is over");
    let elsewhere = World::number(50).project.id;
    assert!(store.invitations(elsewhere, at(1)).await.unwrap().is_empty());
}

fn world_id() -> jeton_core::id::ProjectId {
    World::new().project.id
}
