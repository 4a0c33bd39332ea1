//! Items of an earlier version.

use aws_sdk_dynamodb::types::AttributeValue;
use jeton_core::store::{Commit, CommitStore as _, Maintenance as _, TokenStore as _, Write};
use jeton_tests::{
    dynamodb::{client, create_table, endpoint, table_at},
    literal::World,
};

#[tokio::test]
async fn manage_tokens_of_an_earlier_version_are_in_the_list_once_the_store_was_set_up_again() {
    let table = create_table().await;
    let (store, mut world) = (table_at(&endpoint(), &table), World::new());
    let (token, _) = world.manage_token();
    let commit = Commit { writes: vec![Write::InsertManageToken(token.clone())], events: Vec::new() };
    store.commit(&commit).await.unwrap();
    // The earlier version kept no list.
    let key = [("pk", "MANAGE".to_owned()), ("sk", format!("{:08}", token.id.number()))];
    let mut delete = client(&endpoint()).delete_item().table_name(&table);
    for (name, value) in key {
        delete = delete.key(name, AttributeValue::S(value));
    }
    delete.send().await.unwrap();
    assert!(store.manage_tokens(None, 10).await.unwrap().is_empty());
    assert_eq!(store.list_earlier_manage_tokens().await, Ok(1));
    let listed = store.manage_tokens(None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|token| token.id).collect::<Vec<_>>(), [token.id]);
    assert_eq!(store.list_earlier_manage_tokens().await, Ok(0), "the table is looked through once");
}
