//! What the variables of the environment are read as, and what is rejected.

use super::*;

fn parse(variables: &[(&str, &str)]) -> Result<Config, BadConfig> {
    Config::parse(|name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

fn bad(variables: &[(&str, &str)]) -> String {
    parse(variables).map(|_| ()).unwrap_err().variable.into_owned()
}

#[test]
fn nothing_set_is_a_service_for_this_machine() {
    let config = parse(&[]).unwrap();
    assert_eq!(config.store, StoreConfig::Sqlite("jeton.db".into()));
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.public_url, None);
    assert_eq!(config.verify_replicas, 0);
    assert_eq!(config.safe_to_listen(), Ok(()));
}

#[test]
fn what_is_wrong_names_its_variable() {
    assert_eq!(bad(&[("JETON_STORE", "postgres:x")]), "JETON_STORE");
    assert_eq!(bad(&[("JETON_STORE", "dynamodb:")]), "JETON_STORE");
    for store in [
        "sqlite://x.db",
        "sqlite::memory:",
        "sqlite:file:x.db?mode=memory",
        "sqlite:x.db?mode=ro",
        "sqlite: x.db",
        "sqlite:\tx.db",
        "sqlite:x\n.db",
        "sqlite:folder/",
        "sqlite:",
        "sqlite: ",
        "dynamodb: jeton",
        "dynamodb://jeton",
        "dynamodb:a b",
    ] {
        assert_eq!(bad(&[("JETON_STORE", store)]), "JETON_STORE", "{store}");
    }
    for log in
        ["!!", "inof", "info,!!", "jeton=loud", "=debug", "debug=", "jeton_service=debug;warn", "verbose"]
    {
        assert_eq!(bad(&[("JETON_LOG", log)]), "JETON_LOG", "{log}");
    }
    for origins in ["*", "app.example.org", "https://app.example.org/path"] {
        assert_eq!(bad(&[("JETON_CORS_ORIGINS", origins)]), "JETON_CORS_ORIGINS", "{origins}");
    }
    assert_eq!(bad(&[("JETON_MAIL", "outbox://mails")]), "JETON_MAIL");
    assert_eq!(bad(&[("JETON_LISTEN", "3000")]), "JETON_LISTEN");
    assert_eq!(bad(&[("PORT", "x")]), "PORT");
    for number in ["-1", "17", "4 ,", "many"] {
        assert_eq!(bad(&[("JETON_VERIFY_REPLICAS", number)]), "JETON_VERIFY_REPLICAS", "{number}");
    }
    assert_eq!(bad(&[("JETON_METRICS", "9090")]), "JETON_METRICS");
    for endpoint in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
        for address in ["localhost:4318", "http://*", "http://*.example.org:4318", "ftp://x"] {
            assert_eq!(bad(&[(endpoint, address)]), endpoint, "{address}");
        }
    }
    let azure = "FUNCTIONS_CUSTOMHANDLER_PORT";
    assert_eq!(bad(&[(azure, "70000")]), azure);
    assert_eq!(bad(&[("JETON_MAIL", "pigeon:x")]), "JETON_MAIL");
    for proxies in
        [",", "10.0.0.0/33", "10.0.0.1 10.0.0.2", "proxy.example.org", "10.0.0.1:80", "2001:db8::/129"]
    {
        assert_eq!(bad(&[("JETON_TRUSTED_PROXIES", proxies)]), "JETON_TRUSTED_PROXIES", "{proxies}");
    }
    for url in ["ftp://x", "http://example.org", "https://", "https://x/y", "https://a@b", "tokens"] {
        assert_eq!(bad(&[("JETON_PUBLIC_URL", url)]), "JETON_PUBLIC_URL", "{url}");
    }
}

#[test]
fn space_around_a_value_is_none_of_it() {
    let config = parse(&[
        ("JETON_STORE", "sqlite:x.db\n"),
        ("JETON_LISTEN", " 127.0.0.1:4000 "),
        ("JETON_MAIL", " outbox:mails\r\n"),
        ("JETON_PUBLIC_URL", "   "),
    ])
    .unwrap();
    assert_eq!(config.store, StoreConfig::Sqlite("x.db".into()));
    assert_eq!(config.listen.port(), 4000);
    assert_eq!(config.mail, MailConfig::Outbox("mails".into()));
    assert_eq!(config.public_url, None);
}

#[test]
fn an_anchor_without_a_key_is_rejected() {
    let (anchor, key) = (("JETON_SEAL_ANCHOR", "file:anchors"), "ab".repeat(32));
    for keys in [&[][..], &[("JETON_SEAL_KEY", " ")]] {
        let refused = parse(&[&[anchor], keys].concat()).unwrap_err();
        assert_eq!(refused.variable, "JETON_SEAL_ANCHOR");
        assert!(refused.problem.contains("JETON_SEAL_KEY"), "{refused}");
    }
    assert!(parse(&[anchor, ("JETON_SEAL_KEY", &key)]).is_ok());
    for bad in ["file: anchors", "file:", "file:folder/", "file://anchors", "exec: ", "http://example.org"] {
        let refused = parse(&[("JETON_SEAL_ANCHOR", bad), ("JETON_SEAL_KEY", &key)]).unwrap_err();
        assert_eq!(refused.variable, "JETON_SEAL_ANCHOR", "{bad}");
    }
}

#[test]
fn what_is_logged_and_where_things_are_kept_can_be_said_in_every_right_way() {
    for log in [
        "info",
        "WARN",
        "off",
        "3",
        "jeton_service=debug",
        "warn,jeton_service::http=trace, hyper=info",
        "jeton",
    ] {
        assert!(parse(&[("JETON_LOG", log)]).is_ok(), "{log}");
    }
    let store = |text: &str| parse(&[("JETON_STORE", text)]).unwrap().store;
    assert_eq!(store("sqlite:/var/lib/jeton.db"), StoreConfig::Sqlite("/var/lib/jeton.db".into()));
    assert_eq!(store("sqlite:///var/lib/jeton.db"), StoreConfig::Sqlite("/var/lib/jeton.db".into()));
    let arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/jeton";
    assert_eq!(store(&format!("dynamodb:{arn}")), StoreConfig::DynamoDb(arn.to_owned()));
}

#[test]
fn a_brand_has_each_of_its_parts() {
    let brand = parse(&[
        ("JETON_NAME", " Acme Tokens "),
        ("JETON_COLOR", "#d62828"),
        ("JETON_SUPPORT", "support@acme.com"),
        ("JETON_IMPRINT", "Acme Ltd.\\nPrague"),
    ]);
    let brand = brand.unwrap().brand;
    assert_eq!((brand.name.as_str(), brand.imprint.len()), ("Acme Tokens", 2));
    assert_eq!(brand.support.unwrap().as_str(), "support@acme.com");
    let plain = parse(&[]).unwrap().brand;
    assert_eq!((plain.name.as_str(), plain.support, plain.imprint.len()), ("Jeton", None, 0));
    for (variable, value) in [
        ("JETON_NAME", "a@b"),
        ("JETON_COLOR", "red"),
        ("JETON_SUPPORT", "https://acme.com"),
        ("JETON_IMPRINT", "a\u{200b}b"),
    ] {
        assert_eq!(bad(&[(variable, value)]), variable);
    }
}

#[test]
fn proxies_are_addresses_and_networks() {
    let text = "10.0.0.1, 10.0.0.0/8,2001:db8::/32,::ffff:192.0.2.0/120,::ffff:192.0.2.9,";
    let proxies = parse(&[("JETON_TRUSTED_PROXIES", text)]).unwrap().trusted_proxies;
    let wanted = ["10.0.0.1/32", "10.0.0.0/8", "2001:db8::/32", "192.0.2.0/24", "192.0.2.9/32"];
    assert_eq!(proxies, wanted.map(|network| network.parse().unwrap()));
}

#[test]
fn traces_go_where_the_variables_of_opentelemetry_say() {
    let traces = |variables: &[(&str, &str)]| parse(variables).unwrap().traces;
    let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/");
    assert_eq!(traces(&[]), None);
    assert_eq!(traces(&[base]).unwrap().endpoint, "http://127.0.0.1:4318/v1/traces");
    let whole = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector.example/x");
    let both = traces(&[base, whole, ("OTEL_SERVICE_NAME", "tokens")]).unwrap();
    assert_eq!((both.endpoint.as_str(), both.service.as_deref()), (whole.1, Some("tokens")));
    assert_eq!(traces(&[base, ("OTEL_SDK_DISABLED", "true")]), None);
}

#[test]
fn beyond_loopback_links_and_mail_must_be_real() {
    let unsafe_to =
        |variables: &[(&str, &str)]| parse(variables).unwrap().safe_to_listen().unwrap_err().variable;
    let port = ("PORT", "8080");
    assert_eq!(unsafe_to(&[port]), "JETON_PUBLIC_URL");
    assert_eq!(unsafe_to(&[port, ("JETON_PUBLIC_URL", "http://localhost:1")]), "JETON_PUBLIC_URL");
    let url = ("JETON_PUBLIC_URL", "https://tokens.example.org/");
    assert_eq!(unsafe_to(&[port, url]), "JETON_MAIL");
    let config = parse(&[port, url, ("JETON_MAIL", "ses:tokens@example.org")]).unwrap();
    assert_eq!(config.safe_to_listen(), Ok(()));
    assert_eq!(config.public_url.as_deref(), Some("https://tokens.example.org"));
}

#[test]
fn who_has_an_address_for_others_is_reached_by_them_wherever_it_listens() {
    for url in [
        "https://tokens.example.org",
        "HTTPS://Tokens.Example.org:443",
        "https://localhost",
        "https://127.0.0.1",
    ] {
        let behind_a_proxy = [("JETON_LISTEN", "127.0.0.1:3000"), ("JETON_PUBLIC_URL", url)];
        let config = parse(&behind_a_proxy).unwrap();
        assert!(config.beyond_this_machine, "{url}");
        assert_eq!(config.safe_to_listen().unwrap_err().variable, "JETON_MAIL", "{url}");
        let mail = ("JETON_MAIL", "ses:tokens@example.org");
        assert_eq!(
            parse(&[&behind_a_proxy[..], &[mail]].concat()).unwrap().safe_to_listen(),
            Ok(()),
            "{url}"
        );
    }
    for url in ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"] {
        let config = parse(&[("JETON_PUBLIC_URL", url)]).unwrap();
        assert_eq!((config.beyond_this_machine, config.safe_to_listen()), (false, Ok(())), "{url}");
    }
}

#[test]
fn a_public_url_is_kept_as_browsers_write_it() {
    for url in ["https://tokens.example.org:443", "HTTPS://Tokens.Example.org", "https://tokens.example.org/"]
    {
        let config = parse(&[("JETON_PUBLIC_URL", url)]).unwrap();
        assert_eq!(config.public_url.as_deref(), Some("https://tokens.example.org"), "{url}");
    }
}

#[test]
fn a_port_that_a_platform_gives_is_reached_from_elsewhere_wherever_it_listens() {
    let azure = ("FUNCTIONS_CUSTOMHANDLER_PORT", "7071");
    let config = parse(&[azure, ("PORT", "8080")]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:7071");
    assert_eq!(config.safe_to_listen().unwrap_err().variable, "JETON_PUBLIC_URL");
    assert_eq!(parse(&[("PORT", "8080")]).unwrap().listen.to_string(), "0.0.0.0:8080");
    let config = parse(&[azure, ("PORT", "8080"), ("JETON_LISTEN", "127.0.0.1:1")]).unwrap();
    assert_eq!((config.listen.port(), config.safe_to_listen()), (1, Ok(())));
}

#[test]
fn the_environment_tells_what_calls_a_function() {
    let platform = |variables: &[(&str, &str)]| parse(variables).unwrap().platform;
    assert_eq!(platform(&[]), Platform::Unknown);
    let lambda = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
    for address in
        [("PORT", "8080"), ("FUNCTIONS_CUSTOMHANDLER_PORT", "7071"), ("JETON_LISTEN", "127.0.0.1:0")]
    {
        assert_eq!(platform(&[address]), Platform::Http);
        assert_eq!(platform(&[address, lambda]), Platform::Lambda);
    }
}
