//! Tools for the API description: calls that look for an undocumented answer, and a generated client.

use std::path::Path;

use serde_json::json;
use tokio::process::Command;

use crate::{place, run, service::Service};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/generated");

#[tokio::test(flavor = "multi_thread")]
async fn no_call_that_schemathesis_makes_up_is_answered_other_than_described() {
    let service = Service::start().await;
    let (token, _) = service.create(&json!({"description": "for Schemathesis"})).await;
    let scratch = tempfile::tempdir().unwrap();
    let settings = format!("{HERE}/schemathesis");
    let (storage, manage) = (
        format!("X-StorageApi-Token: {}", service.master),
        format!("X-KBC-ManageApiToken: {}", service.manage),
    );
    let mut command = Command::new("python3");
    command
        .current_dir(scratch.path())
        .args(["-m", "schemathesis.cli", "--config-file", &format!("{settings}/schemathesis.toml"), "run"])
        .args(["--checks", "all", "--max-examples", "40", "--seed", "5", "--continue-on-failure"])
        .args(["--header", &storage, "--header", &manage])
        .arg(format!("{}/openapi.json", service.url))
        .env("PYTHONPATH", format!("{}:{settings}", place("SCHEMATHESIS")))
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("JETON_PROJECT", &service.project)
        .env("JETON_TOKEN_ID", &token);
    run(&mut command).await;
}

#[tokio::test]
async fn a_generated_client_compiles_and_follows_a_token_from_its_creation_to_its_end() {
    let service = Service::start().await;
    let scratch = tempfile::tempdir().unwrap();
    let module = scratch.path();
    std::fs::write(module.join("openapi.json"), service.description().await).unwrap();
    for file in ["go.mod", "go.sum", "scenario_test.go"] {
        std::fs::copy(Path::new(HERE).join("go").join(file), module.join(file)).unwrap();
    }
    let mut generator = Command::new("java");
    generator
        .current_dir(module)
        .args(["-jar", &place("OPENAPI_GENERATOR")])
        .args(["generate", "--generator-name", "go", "--input-spec", "openapi.json", "--output", "client"])
        .args(["--global-property", "apiTests=false,modelTests=false"])
        .args(["--additional-properties", "packageName=jeton,withGoMod=false,enumClassPrefix=true"]);
    run(&mut generator).await;
    run(Command::new("go").current_dir(module).args(["vet", "-mod=readonly", "./..."])).await;
    let mut scenario = Command::new("go");
    scenario
        .current_dir(module)
        .args(["test", "-mod=readonly", "."])
        .env("JETON_URL", &service.url)
        .env("JETON_MASTER", &service.master);
    run(&mut scenario).await;
}
