//! The router of `cargo lambda watch` in the root `Cargo.toml` is a copy of the endpoint table.

use std::fs;

use jeton_service::endpoint::{Endpoint, endpoints};
use jeton_tests::program;
use toml::Table;

#[test]
fn every_path_of_the_table_leads_to_its_function_and_no_other_path_does() {
    let manifest = fs::read_to_string(program::root().join("Cargo.toml")).unwrap();
    let manifest: Table = manifest.parse().unwrap();
    let router = &manifest["workspace"]["metadata"]["lambda"]["watch"]["router"];
    let lines = lines();
    let table: Table = lines.parse().unwrap();
    assert!(
        router.as_table() == Some(&table),
        "The endpoint table has changed. In the root Cargo.toml, what follows \
         [workspace.metadata.lambda.watch.router] has to be:\n\n{lines}"
    );
}

/// The router as the endpoint table has it.
///
/// A path that belongs to one function goes there with all methods, so that the function itself says
/// which ones it has. Where several functions share a path, each method is listed.
fn lines() -> String {
    let mut paths: Vec<(String, Vec<&Endpoint>)> = Vec::new();
    for endpoint in endpoints() {
        for path in endpoint.paths() {
            match paths.iter_mut().find(|(known, _)| *known == path) {
                Some((_, rows)) => rows.push(endpoint),
                None => paths.push((path, vec![endpoint])),
            }
        }
    }
    let lines = paths.iter().map(|(path, rows)| format!("{path:?} = {}\n", target(rows)));
    lines.collect::<Vec<_>>().concat()
}

fn target(rows: &[&Endpoint]) -> String {
    let only = rows[0].function;
    if rows.iter().all(|row| row.function == only) {
        return format!("{:?}", only.name());
    }
    let methods = rows
        .iter()
        .map(|row| format!("{{ method = {:?}, function = {:?} }}", row.method.as_str(), row.function.name()));
    format!("[{}]", methods.collect::<Vec<_>>().join(", "))
}
