//! Events of gateways, and the rules that say what their routes ask.

use bolero::check;
use jeton_service::authorizer::{event::GatewayRequest, rules::Rules, template::split};

use crate::text;

#[test]
fn gateway_events() {
    check!().for_each(|bytes: &[u8]| {
        if let Ok(event) = serde_json::from_slice(bytes) {
            let _ = GatewayRequest::read(&event).map(|request| request.kind.arn_holds_wildcards());
        }
    });
}

#[test]
fn rules_and_paths() {
    check!().for_each(|bytes: &[u8]| {
        let text = text(bytes);
        let (rules, path) = text.split_once('\u{1}').unwrap_or((&text, "/"));
        if let Ok(rules) = Rules::parse(rules) {
            let _ = rules.demand("GET", path);
        }
        let _ = split(path);
    });
}
