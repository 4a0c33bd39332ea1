//! The manifests for Knative, Cloud Run and Kubernetes.

use std::{cell::RefCell, collections::BTreeSet, fs};

use http::Method;
use jeton_service::{config::Config, endpoint::endpoints, runtime::DRAIN};
use jeton_tests::program::root;
use yaml_rust2::{Yaml, YamlLoader};

use crate::{file, image_port, last_stage};

fn documents(name: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The one document of a kind.
fn kind<'a>(documents: &'a [Yaml], kind: &str) -> &'a Yaml {
    let found: Vec<_> = documents.iter().filter(|document| document["kind"].as_str() == Some(kind)).collect();
    let [document] = found[..] else { panic!("not one {kind}") };
    document
}

/// The one container of a pod.
fn container(pod: &Yaml) -> &Yaml {
    let containers = pod["containers"].as_vec().unwrap();
    assert_eq!(containers.len(), 1);
    &containers[0]
}

fn text(value: &Yaml) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value:?}"))
}

fn number(value: &Yaml) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("no number: {value:?}"))
}

/// The value of a variable; one from a secret is unknown, but not empty.
fn value(given: &Yaml) -> &str {
    if given["valueFrom"]["secretKeyRef"].is_badvalue() { text(&given["value"]) } else { "from a secret" }
}

/// Checks that Jeton accepts these variables, knows each of them, and would listen beyond its machine with them.
fn accepts(container: &Yaml, port_of_the_platform: Option<&str>) {
    let env = container["env"].as_vec().unwrap();
    let asked = RefCell::new(BTreeSet::new());
    let config = Config::parse(|name| {
        asked.borrow_mut().insert(name.to_owned());
        let given = env.iter().find(|given| given["name"].as_str() == Some(name));
        let given = given.map(|given| value(given).to_owned());
        given.or_else(|| port_of_the_platform.filter(|_| name == "PORT").map(str::to_owned))
    });
    let config = config.unwrap();
    assert!(config.beyond_this_machine);
    config.safe_to_listen().unwrap();
    assert_eq!(i64::from(config.listen.port()), port(container));
    for given in env {
        let name = text(&given["name"]);
        assert!(asked.borrow().contains(name), "nobody reads {name}");
        let secret = name.contains("KEY");
        assert_eq!(secret, !given["valueFrom"]["secretKeyRef"].is_badvalue(), "{name}");
    }
}

/// The port of a container, which must be that of the image.
fn port(container: &Yaml) -> i64 {
    let ports = container["ports"].as_vec().unwrap();
    assert_eq!(ports.len(), 1);
    let port = number(&ports[0]["containerPort"]);
    assert_eq!(port, image_port());
    port
}

/// Checks that a probe requests this path, which needs no token, with a timeout below its period.
fn probes(container: &Yaml, probe: &str, path: &str) {
    let probe = &container[probe];
    assert_eq!(text(&probe["httpGet"]["path"]), path);
    assert!(endpoints().any(|row| row.path == path && row.method == Method::GET), "{path}");
    if !probe["httpGet"]["port"].is_badvalue() {
        assert_eq!(probe["httpGet"]["port"], container["ports"][0]["name"]);
    }
    assert!(number(&probe["timeoutSeconds"]) <= number(&probe["periodSeconds"]));
    assert!(number(&probe["failureThreshold"]) > 1, "one lost answer is no outage");
}

#[test]
fn knative_gives_jeton_what_it_needs() {
    let documents = documents("knative.yaml");
    let service = kind(&documents, "Service");
    assert_eq!(text(&service["apiVersion"]), "serving.knative.dev/v1");
    let container = container(&service["spec"]["template"]["spec"]);
    let port = port(container).to_string();
    // The platform sets PORT, and rejects a service that does.
    assert!(container["env"].as_vec().unwrap().iter().all(|given| given["name"].as_str() != Some("PORT")));
    accepts(container, Some(&port));
    probes(container, "startupProbe", "/ready");
    probes(container, "livenessProbe", "/health");
    assert!(!container["resources"]["limits"]["memory"].is_badvalue());
}

#[test]
fn kubernetes_gives_jeton_what_it_needs() {
    let documents = documents("kubernetes.yaml");
    let pod = &kind(&documents, "Deployment")["spec"]["template"]["spec"];
    let container = container(pod);
    accepts(container, None);
    probes(container, "readinessProbe", "/ready");
    probes(container, "livenessProbe", "/health");
    for limit in ["cpu", "memory"] {
        assert!(!container["resources"]["limits"][limit].is_badvalue(), "{limit}");
        assert!(!container["resources"]["requests"][limit].is_badvalue(), "{limit}");
    }
    let account = kind(&documents, "ServiceAccount");
    assert_eq!(pod["serviceAccountName"], account["metadata"]["name"]);
}

#[test]
fn kubernetes_gives_jeton_nothing_that_it_does_not_need() {
    let documents = documents("kubernetes.yaml");
    let pod = &kind(&documents, "Deployment")["spec"]["template"]["spec"];
    let security = &pod["securityContext"];
    let user = format!("{}:{}", number(&security["runAsUser"]), number(&security["runAsGroup"]));
    assert_eq!(last_stage("USER"), [user]);
    assert_eq!(security["runAsNonRoot"].as_bool(), Some(true));
    assert_eq!(text(&security["seccompProfile"]["type"]), "RuntimeDefault");
    let security = &container(pod)["securityContext"];
    assert_eq!(security["readOnlyRootFilesystem"].as_bool(), Some(true));
    assert_eq!(security["allowPrivilegeEscalation"].as_bool(), Some(false));
    assert_eq!(security["capabilities"]["drop"][0].as_str(), Some("ALL"));
}

#[test]
fn kubernetes_waits_for_running_requests_and_finds_the_pods() {
    let documents = documents("kubernetes.yaml");
    let template = &kind(&documents, "Deployment")["spec"]["template"];
    let pod = &template["spec"];
    let pause = number(&container(pod)["lifecycle"]["preStop"]["sleep"]["seconds"]);
    let drain = i64::try_from(DRAIN.as_secs()).unwrap();
    assert!(number(&pod["terminationGracePeriodSeconds"]) > pause + drain);
    let labels = &template["metadata"]["labels"];
    let service = kind(&documents, "Service");
    assert_eq!(&service["spec"]["selector"], labels);
    assert_eq!(service["spec"]["ports"][0]["targetPort"], container(pod)["ports"][0]["name"]);
    for name in ["Deployment", "PodDisruptionBudget"] {
        assert_eq!(&kind(&documents, name)["spec"]["selector"]["matchLabels"], labels, "{name}");
    }
}

#[test]
fn cloud_run_gives_jeton_a_processor_between_requests_and_versions_of_secrets() {
    let documents = documents("cloud-run.yaml");
    let service = kind(&documents, "Service");
    let template = &service["spec"]["template"];
    // The sweep and the notices run between requests.
    assert_eq!(text(&template["metadata"]["annotations"]["run.googleapis.com/cpu-throttling"]), "false");
    let container = container(&template["spec"]);
    let port = port(container).to_string();
    assert!(container["env"].as_vec().unwrap().iter().all(|given| given["name"].as_str() != Some("PORT")));
    accepts(container, Some(&port));
    for given in container["env"].as_vec().unwrap() {
        let secret = &given["valueFrom"]["secretKeyRef"];
        // A key is a version there, and what Knative has is none.
        assert!(secret.is_badvalue() || text(&secret["key"]) == "latest", "{given:?}");
    }
    probes(container, "startupProbe", "/ready");
    probes(container, "livenessProbe", "/health");
}

#[test]
fn compose_gives_jeton_what_it_needs_and_nothing_else() {
    let documents = documents("compose.yaml");
    let service = &documents[0]["services"]["jeton"];
    let env = service["environment"].as_hash().unwrap();
    let given = |name: &str| {
        let value = env.get(&Yaml::String(name.to_owned()))?.as_str()?;
        Some(match value.strip_prefix("${") {
            Some(asked) if asked.starts_with("JETON_PUBLIC_URL:?") => "https://tokens.example.org".to_owned(),
            Some(asked) if asked.starts_with("JETON_MAIL:?") => {
                "smtps://mail.example.org?from=a@example.org".to_owned()
            }
            Some(asked) => panic!("nobody gives {asked}"),
            None => value.to_owned(),
        })
    };
    let image_port = image_port().to_string();
    let config =
        Config::parse(|name| if name == "PORT" { Some(image_port.clone()) } else { given(name) }).unwrap();
    config.safe_to_listen().unwrap();
    assert_eq!(config.store.to_string(), "/data/jeton.db");
    assert_eq!(service["ports"][0].as_str(), Some(format!("127.0.0.1:{image_port}:{image_port}").as_str()));
    assert_eq!(service["volumes"][0].as_str(), Some("data:/data"));
    assert_eq!(service["read_only"].as_bool(), Some(true));
    assert_eq!(service["cap_drop"][0].as_str(), Some("ALL"));
    let grace: u64 = text(&service["stop_grace_period"]).trim_end_matches('s').parse().unwrap();
    assert!(grace > DRAIN.as_secs());
}

#[test]
fn azure_sends_every_path_and_method_to_jeton_as_it_came() {
    let json = |name: &str| serde_json::from_str::<serde_json::Value>(&file(name)).unwrap();
    let host = json("azure/host.json");
    assert_eq!(host["customHandler"]["enableForwardingHttpRequest"], true);
    assert_eq!(host["extensions"]["http"]["routePrefix"], "", "paths begin as Jeton's do");
    // The host starts the program that lies beside host.json. Each function is a folder there, and a folder of the same name leaves no
    // place for the program.
    let program = host["customHandler"]["description"]["defaultExecutablePath"].as_str().unwrap();
    let app = root().join("infra/container/azure");
    let entries: Vec<_> = fs::read_dir(app).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(entries.iter().any(|name| name == "all"), "{entries:?}");
    assert!(
        !entries.iter().any(|name| name == program),
        "{program} is the program, and a folder of a function"
    );
    let function = json("azure/all/function.json");
    let trigger = &function["bindings"][0];
    assert_eq!(
        (trigger["route"].as_str(), trigger["authLevel"].as_str()),
        (Some("{*path}"), Some("anonymous"))
    );
    let methods: BTreeSet<_> =
        trigger["methods"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for row in endpoints() {
        assert!(
            methods.contains(row.method.as_str().to_ascii_lowercase().as_str()),
            "{} {}",
            row.method,
            row.path
        );
    }
}
