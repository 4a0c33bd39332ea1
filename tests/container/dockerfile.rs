//! The Dockerfile.

use std::fs;

use jeton_service::function::Function;
use jeton_tests::program::root;

use crate::{file, image_port, last_stage};

#[test]
fn it_listens_where_it_says() {
    assert_eq!(last_stage("ENV"), [format!("PORT={}", image_port())]);
}

#[test]
fn it_runs_the_program_that_was_built_and_not_as_root() {
    let [user] = &last_stage("USER")[..] else { panic!("not one USER") };
    let ids: Vec<u32> = user.split(':').map(|id| id.parse().expect("a number")).collect();
    assert!(ids.len() == 2 && !ids.contains(&0), "{user}");
    let [entry] = &last_stage("ENTRYPOINT")[..] else { panic!("not one ENTRYPOINT") };
    let program = entry.strip_prefix("[\"").and_then(|entry| entry.strip_suffix("\"]")).unwrap();
    let copies = last_stage("COPY");
    assert!(copies.iter().any(|copy| copy.ends_with(&format!("/out/program {program}"))), "{copies:?}");
    let [folder] = &last_stage("WORKDIR")[..] else { panic!("not one WORKDIR") };
    let owned = format!("--chown={user} /out/data {folder}");
    assert!(copies.iter().any(|copy| copy.ends_with(&owned)), "{copies:?}");
    assert_eq!(last_stage("RUN"), [""; 0], "there is no shell to run anything with");
}

#[test]
fn it_is_built_by_a_compiler_that_the_workspace_accepts_and_from_programs_that_exist() {
    let (image, manifest) = (file("Dockerfile"), fs::read_to_string(root().join("Cargo.toml")).unwrap());
    let wanted = manifest.split_once("rust-version = \"").unwrap().1.split('"').next().unwrap();
    assert!(image.contains(&format!("ARG RUST=rust:{wanted}-")), "rust-version is {wanted}");
    assert!(image.contains("ARG PACKAGE=jeton\nARG PROGRAM=jeton\n"));
    let named: Vec<_> =
        image.split("PROGRAM=").skip(1).map(|rest| rest.split_whitespace().next().unwrap()).collect();
    assert!(named.len() > 1, "{named:?}");
    for program in named {
        assert!(
            program == "jeton" || Function::ALL.iter().any(|function| function.name() == program),
            "{program}"
        );
    }
}

/// A tag may be moved, so every image can be named by its digest, which is that of a list of architectures.
#[test]
fn every_image_that_it_is_made_of_can_be_named_by_a_digest() {
    let image = file("Dockerfile");
    let from: Vec<_> = image.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    assert_eq!(from, ["$RUST AS build", "$BASE"]);
    let before = image.split("FROM ").next().unwrap();
    for name in ["RUST", "BASE"] {
        let arg = before.lines().find_map(|line| line.strip_prefix(&format!("ARG {name}=")));
        let (image, tag) = arg.unwrap().rsplit_once(':').unwrap();
        assert!(!image.is_empty() && !tag.is_empty() && !tag.contains('@'), "{name}");
    }
    // Nothing of the build is for one architecture only.
    assert!(!image.contains("--platform=") && image.contains("id=jeton-target-$TARGETARCH"));
}

#[test]
fn nothing_secret_and_nothing_built_goes_to_the_builder() {
    let ignored = file("Dockerfile.dockerignore");
    for line in [".git", "target", "*.db", "outbox", "jeton-*-token*"] {
        assert!(ignored.lines().any(|known| known == line), "{line}");
    }
}
