"""Values of the parameters of template.yaml: those that stop a function are refused before anything is deployed.

Each function is started with the variables that a deployment would give it, so the template is held against what the programs do.
"""

import re
import subprocess

from constraints import Refused, checked

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret"
PROVIDER = {"OidcIssuer": "https://login.example.org", "OidcClientId": "jeton", "OidcClientSecret": f"{ARN}:oidc-AbCdEf"}
KEY = {"SealKey": f"{ARN}:seal-AbCdEf"}
CERTIFICATE = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1"}
PUBLIC_KEY = (
    "-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEao26j7U2QCg2DXiFlfI5YQXKaF6o\\n"
    "RYA6P1TcCRiU4ACTwHRR1t83AnkMvnTqhwOJiwwyGmt5cUjYUi8kDUWP3w==\\n-----END PUBLIC KEY-----\\n"
)
PUBLIC_KEYS = f'{{"public_keys":[{{"key_identifier":"a","key":"{PUBLIC_KEY}","is_current":true}}]}}'

# Parameters, and the variable that a function then complains of; None where the service that takes the value does.
WRONG = [
    ({"BrandName": "x" * 61}, "JETON_NAME"),
    ({"BrandName": "Acme <a@example.org>"}, "JETON_NAME"),
    ({"BrandName": "=?utf-8?q?Acme?="}, "JETON_NAME"),
    ({"BrandName": "Acme\tTokens"}, "JETON_NAME"),
    ({"BrandColor": "red"}, "JETON_COLOR"),
    ({"BrandSupport": "https://example.org"}, "JETON_SUPPORT"),
    ({"BrandSupport": "Acme <support@example.org>"}, "JETON_SUPPORT"),
    ({"BrandImprint": "\\n".join("abcdefghijk")}, "JETON_IMPRINT"),
    ({"BrandImprint": "x" * 1001}, "JETON_IMPRINT"),
    ({"BrandLogo": "logo.png"}, "JETON_LOGO"),
    ({"SignIn": "oidc"}, "JETON_SIGN_IN"),
    ({"SignIn": "mail,oidc"}, "JETON_SIGN_IN"),
    ({"SignIn": "password"}, "JETON_SIGN_IN"),
    ({"OidcIssuer": PROVIDER["OidcIssuer"]}, "JETON_OIDC_ISSUER"),
    ({**PROVIDER, "OidcClientSecret": ""}, "JETON_OIDC_ISSUER"),
    ({"OidcClientId": "jeton"}, "JETON_OIDC_CLIENT_ID"),
    ({"OidcClientSecret": PROVIDER["OidcClientSecret"]}, "JETON_OIDC_CLIENT_SECRET"),
    ({"OidcName": "Acme"}, "JETON_OIDC_NAME"),
    ({**PROVIDER, "OidcIssuer": "https://login.example.org/?tenant=1"}, "JETON_OIDC_ISSUER"),
    ({**PROVIDER, "OidcIssuer": "https://user@login.example.org"}, "JETON_OIDC_ISSUER"),
    ({**PROVIDER, "OidcClientId": "a b"}, "JETON_OIDC_CLIENT_ID"),
    ({**PROVIDER, "OidcName": "x" * 41}, "JETON_OIDC_NAME"),
    ({"LogFilter": "chatty"}, "JETON_LOG"),
    ({"LogFilter": "info;debug"}, "JETON_LOG"),
    ({"LogFilter": "info,jeton_servce=debug"}, "JETON_LOG"),
    ({"MailFrom": "Acme <tokens@example.org>"}, "JETON_MAIL"),
    ({"MailFrom": "example.org"}, "JETON_MAIL"),
    ({"MailFrom": "a@example.org,b@example.org"}, "JETON_MAIL"),
    ({"GitHubKeys": "{"}, "JETON_GITHUB_KEYS"),
    ({"GitHubKeys": "https://api.github.com/meta/public_keys/secret_scanning"}, "JETON_GITHUB_KEYS"),
    ({"SealAnchor": "https://log.example.org"}, "JETON_SEAL_ANCHOR"),
    ({**KEY, "SealAnchor": "ftp://log.example.org"}, "JETON_SEAL_ANCHOR"),
    ({**CERTIFICATE, "DomainName": "https://tokens.example.org"}, "JETON_PUBLIC_URL"),
    ({**CERTIFICATE, "DomainName": "tokens.example.org/jeton"}, "JETON_PUBLIC_URL"),
    ({"DomainName": "tokens.example.org"}, None),
    ({"CorsOrigins": "*"}, "JETON_CORS_ORIGINS"),
    ({"CorsOrigins": "app.example.org"}, "JETON_CORS_ORIGINS"),
    ({"CorsOrigins": "https://app.example.org/page"}, "JETON_CORS_ORIGINS"),
    ({"TracesEndpoint": "127.0.0.1:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ({"VerifyReplicas": "17"}, "JETON_VERIFY_REPLICAS"),
    ({"LogDays": "45"}, None),
    ({"AuthorizerRules": "authenticate_only"}, None),
    ({"ExistingTable": "a b"}, "JETON_STORE"),
]

RIGHT = [
    {},
    {**PROVIDER, "SignIn": "oidc", "OidcName": "Žluťoučký kůň"},
    {**PROVIDER, "OidcIssuer": "https://login.example.org/realms/acme", "SignIn": "mail,oidc"},
    {"BrandName": "Žluť & Co., a.s.", "BrandColor": "#D62828", "BrandSupport": "support+eu@acme.example"},
    {"BrandName": "x", "BrandImprint": "\\n".join(["Acme Ltd.", "", "Main Street 1", "Prague"])},
    {"BrandName": "x" * 60, "BrandImprint": "x" * 1000},
    {"LogFilter": "warn,jeton_service=debug, jeton_service::http=trace,hyper=error"},
    {"LogFilter": "WARN"},
    {"LogFilter": "jeton_store_dynamodb"},
    {"MailFrom": "tokens+eu@mail.example.org"},
    {"GitHubKeys": PUBLIC_KEYS},
    {**KEY, "SealAnchor": "https://log.example.org/jeton?stage=1"},
    {**CERTIFICATE, "DomainName": "tokens.example.org"},
    {"CorsOrigins": "https://app.example.org, http://127.0.0.1:5173"},
    {"TracesEndpoint": "http://127.0.0.1:4318", "TracesService": "jeton"},
    {"VerifyReplicas": "16", "LogDays": "365"},
    {"AuthorizerRules": "authenticate-only"},
]


def variables(stack, function, given):
    """The variables of a function with these parameters, whatever the template says of them."""
    before = stack.parameters
    stack.parameters = {**before, **given}
    try:
        return stack.value(stack.template["Resources"][function]["Properties"]["Environment"]["Variables"])
    finally:
        stack.parameters = before


def starts(binaries, stack, function, given):
    """What a function says that is started with these parameters and by no platform."""
    program = binaries / stack.template["Resources"][function]["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
    aws = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
    found = subprocess.run(
        [program], env={**variables(stack, function, given), **aws}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )
    if found.returncode == 0:
        raise SystemExit(f"{function} ends by itself")
    return found.stdout + found.stderr


def check(stack, defaults, binaries):
    functions = [name for name, resource in stack.template["Resources"].items() if resource["Type"] == "AWS::Lambda::Function"]
    for given, variable in WRONG:
        try:
            checked("template.yaml", stack.template, {**defaults, **given})
        except Refused:
            pass
        else:
            raise SystemExit(f"the template takes {given}")
        if variable is not None:
            function = next(name for name in functions if variable in variables(stack, name, given))
            if variable not in (said := starts(binaries, stack, function, given)):
                raise SystemExit(f"{function} starts with {given}, which the template does not take: {said}")
    for given in RIGHT:
        try:
            checked("template.yaml", stack.template, {**defaults, **given})
        except Refused as reason:
            raise SystemExit(f"the template does not take {given}: {reason}") from None
        changed = [name for name in functions if variables(stack, name, given) != variables(stack, name, {})]
        for function in changed[:1]:
            # The last thing that a function looks for is the platform.
            if not re.search("(PORT|AWS_LAMBDA_RUNTIME_API) must be set", said := starts(binaries, stack, function, given)):
                raise SystemExit(f"{function} does not start with {given}: {said}")
