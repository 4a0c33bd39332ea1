//! Invalid credentials, at every endpoint.

use jeton_service::endpoint::{Handler, endpoints};
use jeton_tests::random::mistyped;

use super::{
    bench::{Bench, Rejection, rejection},
    world::World,
};

const MISSING: Rejection<'_> = rejection(401, "", "Access token must be set");
const INVALID: Rejection<'_> = rejection(401, "storage.tokenInvalid", "Invalid access token");
const EXPIRED: Rejection<'_> = rejection(401, "storage.tokenExpired", "expired");

const STORAGE: &str = "x-storageapi-token";
const MANAGE: &str = "x-kbc-manageapitoken";
const BEARER: &str = "authorization";

/// The credential, its headers, and the expected error.
type Presented = (&'static str, Vec<(&'static str, String)>, Rejection<'static>);

/// At an endpoint for storage tokens.
fn at_storage(world: &World) -> Vec<Presented> {
    let master = &world.jeton.master;
    let bearer = |token: &str| format!("Bearer {token}");
    vec![
        ("none", vec![], MISSING),
        ("an empty header", vec![(STORAGE, String::new())], MISSING),
        ("a header of spaces", vec![(STORAGE, "   ".to_owned())], MISSING),
        ("an empty bearer", vec![(BEARER, "Bearer ".to_owned())], MISSING),
        ("another scheme", vec![(BEARER, format!("Basic {master}"))], MISSING),
        ("a string that is no token", vec![(STORAGE, "no token".to_owned())], INVALID),
        ("a long string", vec![(STORAGE, "1".repeat(5000))], INVALID),
        ("a string of clients' format", vec![(STORAGE, "1-2-abcdefghijklmnopqrst".to_owned())], INVALID),
        ("a mistyped token", vec![(STORAGE, mistyped(master))], INVALID),
        ("two tokens in one header", vec![(STORAGE, format!("{master},{master}"))], INVALID),
        ("a token never issued", vec![(STORAGE, world.never_issued.clone())], INVALID),
        ("a token of a deleted one", vec![(STORAGE, world.deleted.clone())], INVALID),
        ("a token refreshed away", vec![(STORAGE, world.refreshed_away.clone())], INVALID),
        ("an expired token", vec![(STORAGE, world.expired.token.clone())], EXPIRED),
        ("an expired bearer", vec![(BEARER, bearer(&world.expired.token))], EXPIRED),
        ("a mistyped expired token", vec![(STORAGE, mistyped(&world.expired.token))], INVALID),
        (
            "two headers that differ",
            vec![(STORAGE, master.clone()), (BEARER, bearer(&world.other.token))],
            INVALID,
        ),
        (
            "the same header twice, differing",
            vec![(STORAGE, master.clone()), (STORAGE, world.other.token.clone())],
            INVALID,
        ),
        ("a manage token", vec![(STORAGE, world.jeton.manage.clone())], INVALID),
        ("a manage token as bearer", vec![(BEARER, bearer(&world.jeton.manage))], INVALID),
        ("a manage token in its own header", vec![(MANAGE, world.jeton.manage.clone())], MISSING),
        ("a master in the manage header", vec![(MANAGE, master.clone())], MISSING),
    ]
}

/// At an endpoint for manage tokens.
fn at_manage(world: &World) -> Vec<Presented> {
    let manage = &world.jeton.manage;
    let bearer = |token: &str| format!("Bearer {token}");
    vec![
        ("none", vec![], MISSING),
        ("an empty header", vec![(MANAGE, String::new())], MISSING),
        ("another scheme", vec![(BEARER, format!("Basic {manage}"))], MISSING),
        ("a string that is no token", vec![(MANAGE, "no token".to_owned())], INVALID),
        ("a mistyped token", vec![(MANAGE, mistyped(manage))], INVALID),
        ("a token never issued", vec![(MANAGE, world.manage_never_issued.clone())], INVALID),
        ("an expired token", vec![(MANAGE, world.manage_expired.clone())], EXPIRED),
        ("two headers that differ", vec![(MANAGE, manage.clone()), (BEARER, bearer("no token"))], INVALID),
        ("a master token", vec![(MANAGE, world.jeton.master.clone())], INVALID),
        ("a master token as bearer", vec![(BEARER, bearer(&world.jeton.master))], INVALID),
        ("a master token in its own header", vec![(STORAGE, world.jeton.master.clone())], MISSING),
        ("a manage token in the storage header", vec![(STORAGE, manage.clone())], MISSING),
    ]
}

#[tokio::test]
async fn a_malformed_or_unknown_credential_is_not_accepted() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    for endpoint in endpoints() {
        let presented = match endpoint.handler {
            // An endpoint without credentials ignores those that are sent; cookies are tested in `console/`.
            Handler::Open(_) | Handler::Session(_) | Handler::Member(_) => continue,
            Handler::Storage(_) => at_storage(&world),
            Handler::Manage(_) => at_manage(&world),
        };
        for (about, headers, expected) in presented {
            let mut call = world.jeton.call(endpoint.method.clone(), &world.path(endpoint.path, &[]));
            for (header, value) in &headers {
                call = call.header(header, value);
            }
            let secrets: Vec<&str> = headers.iter().map(|(_, value)| value.as_str()).collect();
            bench.rejects(endpoint, about, call, expected, &secrets).await;
        }
    }
    bench.nothing_changed("all credentials").await;
    bench.finish();
}

#[tokio::test]
async fn an_open_endpoint_ignores_a_bad_credential() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    for row in super::rows::ROWS {
        let endpoint = row.endpoint();
        if matches!(endpoint.handler, Handler::Open(_)) {
            let call = world.good_call(row).token("no token").manage("no token");
            bench.answers(endpoint, "bad credentials", call, &[row.answers]).await;
        }
    }
    bench.nothing_changed("reading").await;
    bench.finish();
}
