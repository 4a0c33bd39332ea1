//! Paths of the real programs.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The root of the source tree.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The folders of the workspace's packages, from its root.
pub fn packages() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    members.iter().map(|member| member.as_str().unwrap().to_owned()).collect()
}

/// Whether a package is a part of the product, not of its tests and measurements.
pub fn is_production(package: &str) -> bool {
    !["tests", "benchmarks", "fuzz"].contains(&package.split('/').next().unwrap())
}

/// The `jeton` command: from `JETON_BIN`, which `./test` sets, or else where cargo builds it.
#[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
pub fn jeton() -> PathBuf {
    found(env::var_os("JETON_BIN").map_or_else(|| beside_this_test().join("jeton"), PathBuf::from))
}

/// The binary of a function: in the folder `JETON_BIN_DIR`, or else where cargo builds it.
#[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
pub fn function(name: &str) -> PathBuf {
    found(env::var_os("JETON_BIN_DIR").map_or_else(beside_this_test, PathBuf::from).join(name))
}

/// Cargo puts tests into `deps`, and programs into its parent folder.
fn beside_this_test() -> PathBuf {
    let test = env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

fn found(program: PathBuf) -> PathBuf {
    let file = program.display();
    assert!(program.exists(), "there is no {file}; `cargo build --workspace --bins` makes it");
    program
}
