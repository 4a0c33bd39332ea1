//! The AWS configuration in the environment.

use jeton_core::secret::PlainSecret;

/// The AWS configuration, as Lambda sets it for a function.
#[derive(Debug, Clone)]
pub struct AwsEnvironment {
    /// `AWS_REGION`.
    pub region: String,
    /// The keys of the function's role.
    pub keys: Keys,
    /// `AWS_USE_FIPS_ENDPOINT`.
    pub fips: bool,
    /// `AWS_USE_DUALSTACK_ENDPOINT`.
    pub dual_stack: bool,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, or `AWS_ENDPOINT_URL`.
    pub dynamodb: Option<String>,
    /// `AWS_ENDPOINT_URL_SES`, or `AWS_ENDPOINT_URL`.
    pub ses: Option<String>,
}

/// The keys that sign requests.
#[derive(Debug, Clone)]
pub struct Keys {
    /// `AWS_ACCESS_KEY_ID`, which is not secret.
    pub id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret: PlainSecret,
    /// `AWS_SESSION_TOKEN`.
    pub session: Option<PlainSecret>,
}

impl AwsEnvironment {
    /// The required variables.
    pub const NEEDED: [&'static str; 3] = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

    /// Reads the variables; `None` without region or keys.
    pub fn parse(variable: impl Fn(&'static str) -> Option<String>) -> Option<Self> {
        let is = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let endpoint = |name| variable(name).or_else(|| variable("AWS_ENDPOINT_URL"));
        Some(Self {
            region: variable("AWS_REGION")?,
            keys: Keys {
                id: variable("AWS_ACCESS_KEY_ID")?,
                secret: PlainSecret::new(variable("AWS_SECRET_ACCESS_KEY")?),
                session: variable("AWS_SESSION_TOKEN").map(PlainSecret::new),
            },
            fips: is("AWS_USE_FIPS_ENDPOINT"),
            dual_stack: is("AWS_USE_DUALSTACK_ENDPOINT"),
            dynamodb: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
            ses: endpoint("AWS_ENDPOINT_URL_SES"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: [(&str, &str); 4] = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "hidden"),
        ("AWS_SESSION_TOKEN", "hidden too"),
    ];

    fn parse(variables: &[(&str, &str)]) -> Option<AwsEnvironment> {
        AwsEnvironment::parse(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn keys_and_region_are_enough_and_no_key_shows() {
        let environment = parse(&GIVEN).unwrap();
        assert_eq!((environment.region.as_str(), environment.dynamodb.as_deref()), ("eu-central-1", None));
        assert!(!format!("{environment:?}").contains("hidden"));
        for (missing, _) in &GIVEN[..3] {
            let others: Vec<_> = GIVEN.into_iter().filter(|(name, _)| name != missing).collect();
            assert!(parse(&others).is_none(), "without {missing}");
        }
    }

    #[test]
    fn an_endpoint_is_that_of_the_service_or_else_that_of_all() {
        let all = ("AWS_ENDPOINT_URL", "http://all");
        let environment =
            parse(&[&GIVEN[..], &[all, ("AWS_ENDPOINT_URL_SES", "http://ses")]].concat()).unwrap();
        assert_eq!(environment.dynamodb.as_deref(), Some("http://all"));
        assert_eq!(environment.ses.as_deref(), Some("http://ses"));
    }

    #[test]
    fn endpoints_of_a_kind_are_asked_for_by_name() {
        let environment = parse(&[&GIVEN[..], &[("AWS_USE_FIPS_ENDPOINT", "true")]].concat()).unwrap();
        assert!(environment.fips && !environment.dual_stack);
    }
}
