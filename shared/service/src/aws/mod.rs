//! AWS clients: credentials, endpoints, certificates and timeouts.

#[cfg(feature = "aws-chain")]
mod credentials;
mod environment;
mod skew;
mod transport;
mod value;

use std::time::Duration;

use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient, SharedInterceptor,
    StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_types::SdkConfig;
use transport::Transport;

pub use environment::{AwsEnvironment, Keys};
pub use value::{Value, ValueArn, ValueEndpoints};

use crate::http_client::Roots;

/// The root certificates of AWS endpoints: those of Amazon Trust Services.
///
/// A test compares them with the fingerprints of <https://www.amazontrust.com/repository/>.
const ROOTS: &[u8] = include_bytes!("roots.pem");

/// An AWS configuration, from which clients are made.
#[derive(Debug, Clone)]
pub struct Aws {
    shared: SdkConfig,
    dynamodb: Option<String>,
    ses: Option<String>,
}

impl Aws {
    /// The configuration from the environment only. So a cold start reads no files, parses no system certificates and calls no
    /// credential service.
    pub fn given(environment: AwsEnvironment) -> Self {
        let AwsEnvironment { region, keys, fips, dual_stack, dynamodb, ses } = environment;
        let http = over(roots(&region));
        let session = keys.session.as_ref().map(|session| session.expose().to_owned());
        let credentials = Credentials::new(keys.id, keys.secret.expose(), session, None, "environment");
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .use_fips(fips)
            .use_dual_stack(dual_stack)
            .http_client(http)
            .timeout_config(timeouts(ATTEMPT))
            .retry_config(retries())
            .build();
        Self { shared, dynamodb, ses }
    }

    /// The configuration from all sources of the SDK: environment, profiles, containers, instances.
    #[cfg(feature = "aws-chain")]
    pub async fn found() -> Self {
        let loading = aws_config::defaults(BehaviorVersion::latest())
            .http_client(over(Roots::System))
            .timeout_config(timeouts(ATTEMPT))
            .retry_config(retries())
            .load();
        // Boxed, because the nested future type would exceed the recursion limit of the compiler.
        let mut shared = Box::pin(loading).await;
        if let Some(source) = shared.credentials_provider() {
            let ahead = credentials::LoadedAhead::of(source).await;
            // Their cache is the only one: that of the SDK knows no renewal ahead.
            shared = shared
                .into_builder()
                .credentials_provider(SharedCredentialsProvider::new(ahead))
                .identity_cache(aws_sdk_dynamodb::config::IdentityCache::no_cache())
                .build();
        }
        Self { shared, dynamodb: None, ses: None }
    }

    /// A client of DynamoDB, for reads with this patience: the store gives its writes three seconds at least.
    pub fn dynamodb(&self, patience: Patience) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.shared);
        config.set_timeout_config(Some(timeouts(patience.attempt())));
        if let Some(endpoint) = &self.dynamodb {
            config.set_endpoint_url(Some(endpoint.clone()));
            if endpoint.starts_with("http:") {
                config.set_http_client(Some(plain_http()));
            }
        }
        config.push_interceptor(SharedInterceptor::permanent(skew::SkewWarning::new()));
        // Each attempt ends with its body or at its timeout, so no further timers look for bodies that stall.
        config.set_stalled_stream_protection(Some(StalledStreamProtectionConfig::disabled()));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// A client of SES. It does not retry: after a lost answer, a retry could send a second mail.
    pub fn ses(&self) -> aws_sdk_ses::Client {
        let mut config = aws_sdk_ses::config::Builder::from(&self.shared);
        if let Some(endpoint) = &self.ses {
            config.set_endpoint_url(Some(endpoint.clone()));
            if endpoint.starts_with("http:") {
                config.set_http_client(Some(plain_http()));
            }
        }
        aws_sdk_ses::Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
    }
}

/// The root certificates to trust. Isolated partitions may use others, so there those of the system are trusted.
fn roots(region: &str) -> Roots {
    if ["cn-", "us-iso", "eu-iso", "eusc-"].iter().any(|apart| region.starts_with(apart)) {
        Roots::System
    } else {
        Roots::These(ROOTS)
    }
}

fn over(roots: Roots) -> SharedHttpClient {
    SharedHttpClient::new(Transport::new(roots))
}

/// The HTTP client for an address without TLS, such as a local emulator: it trusts no certificate.
pub fn plain_http() -> SharedHttpClient {
    over(Roots::None)
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3)
}

/// How long one attempt to read from the table may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Somebody waits for an answer. The table answers in milliseconds; an attempt on a dead connection, or at a server of
    /// DynamoDB that hangs, is given up while the caller still waits for the next one.
    Answer,
    /// A command of the terminal, perhaps far from the region.
    Command,
}

impl Patience {
    const fn attempt(self) -> Duration {
        match self {
            Self::Answer => Duration::from_millis(500),
            Self::Command => Duration::from_secs(10),
        }
    }
}

/// The timeout of any other attempt.
const ATTEMPT: Duration = Duration::from_secs(3);

/// The timeout of a new connection. It is the same for reads and writes, so that they share connections.
const CONNECT: Duration = Duration::from_secs(1);

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(attempt).build()
}

#[cfg(test)]
impl Aws {
    /// A configuration with invented keys, and this endpoint of DynamoDB.
    fn of_tests(dynamodb: Option<String>) -> Self {
        let secret = jeton_core::secret::PlainSecret::new("secret".to_owned());
        let keys = Keys { id: "id".to_owned(), secret, session: None };
        let region = "eu-central-1".to_owned();
        Self::given(AwsEnvironment { region, keys, fips: false, dual_stack: false, dynamodb, ses: None })
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// As the repository of Amazon Trust Services has them: Amazon Root CA 1 to 4, and Starfield
    /// Services Root Certificate Authority - G2.
    const FINGERPRINTS: [&str; 5] = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];

    #[test]
    fn a_read_of_the_table_is_tried_again_after_half_a_second_and_a_mail_or_a_command_is_given_more_time() {
        let aws = Aws::of_tests(None);
        let far = aws.dynamodb(Patience::Command);
        let far = far.config().timeout_config().unwrap().operation_attempt_timeout();
        assert_eq!(far, Some(Duration::from_secs(10)));
        let table = aws.dynamodb(Patience::Answer);
        let (timeouts, retries) = (table.config().timeout_config(), table.config().retry_config());
        assert_eq!(timeouts.unwrap().operation_attempt_timeout(), Some(Duration::from_millis(500)));
        assert_eq!(retries.unwrap().max_attempts(), 3);
        assert!(
            !table.config().stalled_stream_protection().unwrap().is_enabled(),
            "it has timers of its own"
        );
        let ses = aws.ses();
        let timeouts = ses.config().timeout_config().unwrap();
        assert_eq!(timeouts.operation_attempt_timeout(), Some(Duration::from_secs(3)));
    }

    #[test]
    fn the_roots_are_those_of_amazon_trust_services() {
        let text = std::str::from_utf8(ROOTS).unwrap();
        let certificates = text.split("-----BEGIN CERTIFICATE-----").skip(1);
        let found: Vec<String> = certificates
            .map(|part| {
                let base64: String = part.split("-----END").next().unwrap().split_whitespace().collect();
                let certificate = decoded(&base64);
                hex::encode(Sha256::digest(certificate))
            })
            .collect();
        assert_eq!(found, FINGERPRINTS.map(str::to_owned));
    }

    /// Base 64 without padding errors to care about: what is decoded here is part of the program.
    fn decoded(text: &str) -> Vec<u8> {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut bits = (0_u32, 0_u8);
        let mut bytes = Vec::new();
        for digit in text.bytes().take_while(|byte| *byte != b'=') {
            let value = DIGITS.iter().position(|known| *known == digit).unwrap();
            bits = (bits.0 << 6 | u32::try_from(value).unwrap(), bits.1 + 6);
            if bits.1 >= 8 {
                bits.1 -= 8;
                bytes.push(u8::try_from(bits.0 >> bits.1 & 255).unwrap());
            }
        }
        bytes
    }
}
