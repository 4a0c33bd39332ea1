//! Every endpoint has a correct row in `tests/src/rows.rs`. All bad calls are variations of it.

use std::collections::BTreeSet;

use jeton_service::{
    endpoint::{Endpoint, endpoints},
    function::Function,
};
use jeton_tests::rows::name;
pub use jeton_tests::rows::{ROWS, Row};

use super::world::World;

/// Fails if a table of this folder and the endpoint table differ in their endpoints.
pub fn assert_complete<'a>(
    table: &str,
    named: impl Iterator<Item = &'a str>,
    wanted: impl Fn(&Endpoint) -> bool,
) {
    let named: BTreeSet<String> = named.map(str::to_owned).collect();
    let endpoints: BTreeSet<String> = endpoints().filter(|row| wanted(row)).map(name).collect();
    let missing: Vec<_> = endpoints.difference(&named).collect();
    assert!(missing.is_empty(), "add a row to {table}, so that bad input is tried on {missing:#?}");
    let unknown: Vec<_> = named.difference(&endpoints).collect();
    assert!(unknown.is_empty(), "there is no such endpoint any more, so remove from {table}: {unknown:#?}");
}

#[test]
fn every_endpoint_has_a_row_and_every_row_an_endpoint() {
    assert_complete("ROWS in tests/src/rows.rs", ROWS.iter().map(|row| row.endpoint), |row| {
        // Its forms are tested in `console/`.
        row.function != Function::Console
    });
}

#[tokio::test]
async fn what_the_rows_call_good_is_good() {
    for row in ROWS {
        // Some rows delete what others need.
        let world = World::start().await;
        let answer = world.good_call(row).send().await;
        assert_eq!(answer.status.as_u16(), row.answers, "{}: {}", row.endpoint, answer.text());
    }
}
