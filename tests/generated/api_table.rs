//! The table of the API in README.md, from the endpoint table.

use jeton_service::endpoint::{Site, endpoints};
use jeton_tests::copy;

#[test]
fn every_endpoint_of_the_api_is_in_the_table_of_the_readme() {
    // The console and static files are not part of the API.
    let rows = endpoints().filter(|row| row.site != Site::Console && !row.path.contains("/-/"));
    let rows: Vec<_> =
        rows.map(|row| format!("| `{} {}` | {} |", row.method, row.path, row.summary)).collect();
    let head = "| call | what it does |\n| --- | --- |";
    copy::is_part(
        "README.md",
        "<!-- table: API -->",
        "<!-- end -->",
        &format!("{head}\n{}", rows.join("\n")),
    );
}
