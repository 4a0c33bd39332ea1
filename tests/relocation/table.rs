//! `jeton init table`.

use jeton_tests::{dynamodb, process::jeton, store::fresh_folder};

#[tokio::test]
async fn a_table_is_created_as_the_template_has_it_and_an_existing_one_is_left_as_it_is() {
    let (folder, name) = (fresh_folder(), dynamodb::unused_name());
    let variables = dynamodb::variables(&name);
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let made = jeton(&folder, &["init", "table"], &variables);
    assert!(made.status.success(), "{}", made.logged);
    assert!(made.said.starts_with(&format!("The table {name} is created.")), "{}", made.said);

    let client = dynamodb::client(&dynamodb::endpoint());
    let table = client.describe_table().table_name(&name).send().await.unwrap().table.unwrap();
    let [partition, sort] = table.key_schema() else { panic!("{:?}", table.key_schema()) };
    assert_eq!((partition.attribute_name(), sort.attribute_name()), ("pk", "sk"));
    assert_eq!(table.deletion_protection_enabled, Some(true));
    let lives = client.describe_time_to_live().table_name(&name).send().await.unwrap();
    let lives = lives.time_to_live_description.unwrap();
    assert_eq!(lives.attribute_name(), Some("ttl"));

    let again = jeton(&folder, &["init", "table"], &variables);
    assert!(again.status.success(), "{}", again.logged);
    let told = "exists already. It was not changed.\nThis DynamoDB has no point-in-time recovery.\n";
    assert_eq!(again.said, format!("The table {name} {told}"));
    let first = ["init", "project", "--name", "Sales", "--email", "eve@example.org"];
    assert!(jeton(&folder, &first, &variables).status.success(), "the table can be used");
}

#[test]
fn a_file_needs_no_table() {
    let refused = jeton(&fresh_folder(), &["init", "table"], &[("JETON_STORE", "sqlite:jeton.db")]);
    assert!(!refused.status.success());
    assert_eq!(refused.logged, "jeton: JETON_STORE must be dynamodb:TABLE: a file needs no table\n");
}
