//! The router of `cargo lambda watch` in the root `Cargo.toml` is a copy of the endpoint table.

use std::fs;

use jeton_service::endpoint::{Route, routes};
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

/// The router as the endpoint table has it: a path, and the function of all its methods or that of each.
fn lines() -> String {
    let routes = routes();
    let of_path = routes.chunk_by(|one, other| one.path == other.path);
    let lines: Vec<String> =
        of_path.map(|routes| format!("{:?} = {}\n", routes[0].path, target(routes))).collect();
    lines.concat()
}

fn target(routes: &[Route]) -> String {
    let named = |route: &Route| format!("{:?}", route.function.name());
    let [Route { method: None, .. }] = routes else {
        let methods = routes.iter().map(|route| {
            let method = route.method.as_ref().map_or("ANY", |method| method.as_str());
            format!("{{ method = {method:?}, function = {} }}", named(route))
        });
        return format!("[{}]", methods.collect::<Vec<_>>().join(", "));
    };
    named(&routes[0])
}
