//! Whether a run of the HTTP suite on functions called each row of the endpoint table. That run is a choice
//! of tests (`tests/http/on-functions.txt`), and a row that none of them calls is not tested through the gateway.

use std::{collections::BTreeSet, fs};

use jeton_service::endpoint::endpoints;
use jeton_tests::called;

#[test]
fn every_row_of_the_endpoint_table_was_called() {
    let file = called::file()
        .expect("JETON_TEST_CALLED names what a run of the HTTP suite called; run ./test http-functions");
    let recorded = fs::read_to_string(&file).unwrap();
    let called: BTreeSet<&str> = recorded.lines().collect();
    let rows = endpoints().map(|row| called::line(&row.method, row.path));
    let missing: Vec<String> = rows.filter(|row| !called.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "no test of tests/http/on-functions.txt calls {missing:#?}");
}
