//! The routes of the HTTP API in `infra/routes.yaml`, from the endpoint table.

use std::fmt::Write as _;

use jeton_service::{
    endpoint::{GROUPS, Route, owner, routes},
    function::Function,
};
use jeton_tests::copy;

/// The route limit of an HTTP API of AWS.
const MOST: usize = 300;

#[test]
fn the_gateway_has_the_routes_of_the_endpoint_table_and_may_invoke_their_functions() {
    let routes = routes();
    assert!(routes.len() < MOST, "there may be {MOST} routes, the one for everything else included");
    let mut text = String::from(BEGINNING);
    for rows in GROUPS {
        text.push_str(&integration(owner(rows)));
    }
    text.push_str(FOR_EVERYTHING_ELSE);
    for route in &routes {
        let method = route.method.as_ref().map_or("ANY", |method| method.as_str());
        let (path, integration) = (&route.path, camel(route.function.name()));
        let key = format!("\"{method} {path}\"");
        writeln!(text, "  {}:\n    Type: AWS::ApiGatewayV2::Route", id(method, route)).unwrap();
        let properties =
            format!("ApiId: !Ref Api, RouteKey: {key}, Target: !Sub \"integrations/${{{integration}}}\"");
        writeln!(text, "    Properties: {{ {properties} }}").unwrap();
    }
    copy::is_file("infra/routes.yaml", &text);
}

/// The name of a route in the template. It must not change: under another one, a deployed route would be
/// created anew before the old one is removed, which AWS rejects.
fn id(method: &str, route: &Route) -> String {
    let path = route.path.trim_start_matches("/v2");
    let slash = if path.ends_with('/') { "Slash" } else { "" };
    format!("{}{}{slash}", camel(&method.to_ascii_lowercase()), camel(path))
}

pub fn camel(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .map(|word| {
            word.split_at_checked(1).map_or(String::new(), |(first, rest)| first.to_uppercase() + rest)
        })
        .collect()
}

fn integration(function: Function) -> String {
    let (name, id) = (function.name(), camel(function.name()));
    format!(
        "  {id}:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {{ ApiId: !Ref Api, IntegrationType: AWS_PROXY, PayloadFormatVersion: \"2.0\",
      IntegrationUri: !Sub \"${{Functions}}-{name}:live\" }}
  {id}Permission:
    Type: AWS::Lambda::Permission
    Properties: {{ Action: \"lambda:InvokeFunction\", Principal: apigateway.amazonaws.com,
      FunctionName: !Sub \"${{Functions}}-{name}:live\", SourceArn: !Ref Callers }}
"
    )
}

const BEGINNING: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
# Made from the endpoint table by ./test --write.
Description: "The routes of Jeton's HTTP API"

Parameters:
  Api: { Type: String, Description: "The id of the HTTP API" }
  Functions: { Type: String, Description: "What the ARNs of all functions begin with" }
  Callers: { Type: String, Description: "The ARN of every route" }

Resources:
"#;

const FOR_EVERYTHING_ELSE: &str = r#"
  # What no route fits is answered by Jeton too, in its own words.
  NoRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${Index}" }

"#;
