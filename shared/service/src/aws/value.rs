//! Values that AWS keeps: secrets of Secrets Manager, and parameters of Systems Manager.
//!
//! Both services answer a signed POST with JSON. Their SDKs have hundreds of operations, of which one each is used here.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use http::{Request, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Limited};
use jeton_core::secret::PlainSecret;
use serde::Deserialize;
use serde_json::json;

use super::Aws;
use crate::{
    clock::Clock,
    http_client::{Roots, client},
};

/// How often a value is asked for. A start fails only when none succeeds.
const ATTEMPTS: usize = 3;

/// The timeout of an attempt.
const PATIENCE: Duration = Duration::from_secs(3);

/// The largest answer, in bytes. A secret has 64 KB at most, and JSON may escape each of them.
const LARGEST: usize = 512 * 1024;

/// The ARN of a secret of Secrets Manager, or of a parameter of Systems Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueArn {
    text: String,
    service: Service,
}

/// The service that keeps a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Secrets,
    Parameters,
}

/// A value, as its service answered.
#[derive(Debug)]
pub struct Value {
    /// The text.
    pub text: PlainSecret,
    /// Whether the service stores it encrypted: a secret, or a parameter of the type `SecureString`.
    pub encrypted: bool,
}

/// Custom endpoints of the two services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueEndpoints {
    secrets: Option<String>,
    parameters: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Secret {
    secret_string: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    parameter: Parameter,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    r#type: String,
    value: String,
}

#[derive(Deserialize)]
struct Denied {
    #[serde(rename = "__type")]
    kind: Option<String>,
}

impl ValueArn {
    /// Parses an ARN; `None` if it names no secret and no parameter.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let plain = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let (service, kind) = match service {
            "secretsmanager" => (Service::Secrets, "secret:"),
            "ssm" => (Service::Parameters, "parameter/"),
            _ => return None,
        };
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let name = resource.strip_prefix(kind)?;
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic());
        let fits = arn == "arn" && plain(partition) && plain(region) && is_account && is_name;
        fits.then(|| Self { text: text.to_owned(), service })
    }

    /// Reads the value.
    ///
    /// Errors: why it cannot be read, as the end of a sentence. It contains nothing of the value.
    pub async fn read(&self, aws: &Aws, endpoints: &ValueEndpoints) -> Result<Value, String> {
        let mut attempt = 1;
        loop {
            let read = tokio::time::timeout(PATIENCE, self.ask(aws, endpoints)).await;
            match read.unwrap_or_else(|_| Err(Problem::Passing("there is no answer in time".to_owned()))) {
                Ok(value) => return Ok(value),
                Err(Problem::Passing(_)) if attempt < ATTEMPTS => attempt += 1,
                Err(Problem::Passing(why) | Problem::Lasting(why)) => return Err(why),
            }
        }
    }

    async fn ask(&self, aws: &Aws, endpoints: &ValueEndpoints) -> Result<Value, Problem> {
        let (endpoint, target, question) = match self.service {
            Service::Secrets => {
                (&endpoints.secrets, "secretsmanager.GetSecretValue", json!({"SecretId": self.text}))
            }
            Service::Parameters => (
                &endpoints.parameters,
                "AmazonSSM.GetParameter",
                json!({"Name": self.text, "WithDecryption": true}),
            ),
        };
        let endpoint = endpoint.clone().unwrap_or_else(|| self.endpoint(aws));
        let request = Request::post(format!("{}/", endpoint.trim_end_matches('/')))
            .header(CONTENT_TYPE, "application/x-amz-json-1.1")
            .header("x-amz-target", target)
            .body(question.to_string())
            .map_err(lasting)?;
        let (status, answer) = send(self.signed(request, aws).await?).await?;
        if !status.is_success() {
            let denied: Option<Denied> = serde_json::from_slice(&answer).ok();
            let kind = denied.and_then(|denied| denied.kind).unwrap_or_default();
            let kind = kind.rsplit('#').next().unwrap_or_default().to_owned();
            let why = format!("{} answers {} {kind}", self.service, status.as_u16());
            let passes = status.is_server_error() || kind.contains("Throttl");
            return Err(if passes { Problem::Passing(why) } else { Problem::Lasting(why) });
        }
        self.value(&answer).ok_or_else(|| Problem::Lasting(format!("{} has no text there", self.service)))
    }

    /// The value in an answer.
    fn value(&self, answer: &[u8]) -> Option<Value> {
        let (text, encrypted) = match self.service {
            Service::Secrets => (serde_json::from_slice::<Secret>(answer).ok()?.secret_string?, true),
            Service::Parameters => {
                let Parameter { r#type, value } = serde_json::from_slice::<Found>(answer).ok()?.parameter;
                (value, r#type == "SecureString")
            }
        };
        Some(Value { text: PlainSecret::new(text), encrypted })
    }

    /// Signs a request with the credentials of this process.
    async fn signed(&self, mut request: Request<String>, aws: &Aws) -> Result<Request<String>, Problem> {
        let provider = aws.shared.credentials_provider();
        let provider = provider.ok_or_else(|| Problem::Lasting("there are no AWS credentials".to_owned()))?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| Problem::Passing(format!("there are no AWS credentials: {}", chain(&error))))?;
        let identity = credentials.into();
        let now = u64::try_from(Clock::System.now().millis()).unwrap_or_default();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region())
            .name(self.service.name())
            .time(SystemTime::UNIX_EPOCH + Duration::from_millis(now))
            .settings(SigningSettings::default())
            .build()
            .map_err(lasting)?
            .into();
        let uri = request.uri().to_string();
        let headers =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
        let body = SignableBody::Bytes(request.body().as_bytes());
        let signable = SignableRequest::new("POST", uri, headers, body).map_err(lasting)?;
        let (instructions, _) = sign(signable, &parameters).map_err(lasting)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }

    fn region(&self) -> &str {
        self.text.split(':').nth(3).unwrap_or_default()
    }

    /// The public endpoint of the service in the region of the ARN.
    fn endpoint(&self, aws: &Aws) -> String {
        let (fips, dual) = (aws.shared.use_fips(), aws.shared.use_dual_stack());
        let (fips, dual) = (fips.unwrap_or_default(), dual.unwrap_or_default());
        let suffix = match (self.text.split(':').nth(1).unwrap_or_default(), dual) {
            ("aws-cn", false) => "amazonaws.com.cn",
            ("aws-cn", true) => "api.amazonwebservices.com.cn",
            ("aws-eusc", false) => "amazonaws.eu",
            ("aws-eusc", true) => "api.amazonwebservices.eu",
            ("aws-iso", _) => "c2s.ic.gov",
            ("aws-iso-b", _) => "sc2s.sgov.gov",
            (_, false) => "amazonaws.com",
            (_, true) => "api.aws",
        };
        let fips = if fips { "-fips" } else { "" };
        format!("https://{}{fips}.{}.{suffix}", self.service.name(), self.region())
    }
}

impl ValueEndpoints {
    /// Reads `AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL_SSM`, and for both `AWS_ENDPOINT_URL`.
    pub fn parse(variable: impl Fn(&'static str) -> Option<String>) -> Self {
        let endpoint = |name| variable(name).or_else(|| variable("AWS_ENDPOINT_URL"));
        Self {
            secrets: endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
            parameters: endpoint("AWS_ENDPOINT_URL_SSM"),
        }
    }
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Secrets => "secretsmanager",
            Self::Parameters => "ssm",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secrets => "Secrets Manager",
            Self::Parameters => "Systems Manager",
        })
    }
}

impl fmt::Display for ValueArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why an attempt failed.
enum Problem {
    /// Another attempt may succeed.
    Passing(String),
    /// No attempt would.
    Lasting(String),
}

fn lasting(error: impl fmt::Display) -> Problem {
    Problem::Lasting(error.to_string())
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

async fn send(request: Request<String>) -> Result<(http::StatusCode, Bytes), Problem> {
    let client = client(Roots::System.tls().map_err(lasting)?, Some(PATIENCE));
    let answer =
        client.request(request.map(Into::into)).await.map_err(|error| Problem::Passing(chain(&error)))?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), LARGEST).collect().await;
    Ok((status, body.map_err(|error| Problem::Passing(error.to_string()))?.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{AwsEnvironment, Keys};

    const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jeton/seal-key-AbCdEf";
    const PARAMETER: &str = "arn:aws:ssm:us-east-1:123456789012:parameter/jeton/seal-key";

    fn arn(text: &str) -> ValueArn {
        ValueArn::parse(text).unwrap()
    }

    fn aws(fips: bool, dual_stack: bool) -> Aws {
        let keys = Keys { id: "id".to_owned(), secret: PlainSecret::new("secret".to_owned()), session: None };
        let region = "eu-central-1".to_owned();
        Aws::given(AwsEnvironment { region, keys, fips, dual_stack, dynamodb: None, ses: None })
    }

    #[test]
    fn an_arn_names_a_secret_or_a_parameter() {
        for fine in [SECRET, PARAMETER, "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/x"] {
            assert_eq!(arn(fine).to_string(), fine);
        }
        for wrong in [
            "",
            "arn:aws:s3:eu-central-1:123456789012:secret:x",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:",
            "arn:aws:secretsmanager:eu-central-1:123456789012:parameter/x",
            "arn:aws:secretsmanager:evil.example/:123456789012:secret:x",
            "arn:aws:secretsmanager::123456789012:secret:x",
            "arn:aws:ssm:us-east-1:12345678901:parameter/x",
            "arn:aws:ssm:us-east-1:123456789012:parameter/a b",
            "seal-key",
        ] {
            assert_eq!(ValueArn::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_value_is_asked_for_in_the_region_of_its_arn() {
        for (text, fips, dual, url) in [
            (SECRET, false, false, "https://secretsmanager.eu-central-1.amazonaws.com"),
            (PARAMETER, true, false, "https://ssm-fips.us-east-1.amazonaws.com"),
            (PARAMETER, false, true, "https://ssm.us-east-1.api.aws"),
            (
                "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/x",
                false,
                false,
                "https://ssm.cn-north-1.amazonaws.com.cn",
            ),
        ] {
            assert_eq!(arn(text).endpoint(&aws(fips, dual)), url);
        }
    }

    #[test]
    fn an_answer_without_a_text_is_no_value() {
        let secret = arn(SECRET).value(br#"{"SecretString": "text", "Name": "x"}"#).unwrap();
        assert!(secret.encrypted && secret.text.expose() == "text");
        let open = arn(PARAMETER).value(br#"{"Parameter": {"Type": "String", "Value": "text"}}"#).unwrap();
        assert!(!open.encrypted && open.text.expose() == "text");
        for (of, answer) in [(SECRET, r#"{"SecretBinary": "dGV4dA=="}"#), (PARAMETER, "{}"), (SECRET, "")] {
            assert!(arn(of).value(answer.as_bytes()).is_none(), "{answer}");
        }
    }
}
