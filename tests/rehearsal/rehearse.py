"""A rehearsal of a deployment: the stacks of infra/ are created, updated and deleted, and what exists then is compared with what should.

It prints a line for each step, and ends with an error at the first thing that is not as it should be. `./test rehearsal` runs it.
"""

import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from moto.server import ThreadedMotoServer

from engine import ACCOUNT, REGION, Engine, Refused
from runtime import Runtime
from services import Services

INFRA = Path(__file__).resolve().parents[2] / "infra"
FUNCTIONS = sorted(re.findall(r"FunctionName: !Sub \"\$\{AWS::StackName\}-([a-z-]+)\"", (INFRA / "template.yaml").read_text()))
GIVEN = {"MailFrom": "tokens@example.org", "MailIdentity": "example.org", "NoticeEmail": "you@example.org", "ProtectTable": "false"}
SEAL_KEY = "4f8f0f4d1b4c9e6a6c5b2f7d5a1e3c9b8d7f6e5a4b3c2d1e0f9a8b7c6d5e4f30"


def same(what, found, wanted):
    if found != wanted:
        raise SystemExit(f"{what}: found {found}, and not {wanted}")


def step(text):
    print(text, flush=True)


def everything(services):
    """The names of what exists, by type; for comparing with nothing."""
    api = services.api.get_apis()["Items"]
    return {
        "tables": services.dynamodb.list_tables()["TableNames"],
        "functions": sorted(function["FunctionName"] for function in pages(services.lambda_, "list_functions", "Functions")),
        "roles": [role["RoleName"] for role in pages(services.iam, "list_roles", "Roles")],
        "policies": [policy["PolicyName"] for policy in pages(services.iam, "list_policies", "Policies", Scope="Local")],
        "log groups": [group["logGroupName"] for group in services.logs.describe_log_groups()["logGroups"]],
        "rules": [rule["Name"] for rule in services.events.list_rules()["Rules"]],
        "interfaces": [one["Name"] for one in api],
        "alarms": [alarm["AlarmName"] for alarm in pages(services.cloudwatch, "describe_alarms", "MetricAlarms")],
        "dashboards": [one["DashboardName"] for one in services.cloudwatch.list_dashboards()["DashboardEntries"]],
        "topics": [topic["TopicArn"] for topic in services.sns.list_topics()["Topics"]],
        "deployments": sorted(services.deployments),
        "identities": [one["IdentityName"] for one in services.sesv2.list_email_identities()["EmailIdentities"]],
        "secrets": [one["Name"] for one in services.secretsmanager.list_secrets()["SecretList"]],
        "distributions": [one["Id"] for one in services.cloudfront.list_distributions()["DistributionList"].get("Items", [])],
        "sets": services.sesv2.list_configuration_sets()["ConfigurationSets"],
    }


def pages(client, operation, key, **arguments):
    return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page[key]]


def left(services):
    return {kind: found for kind, found in everything(services).items() if found}


def check(services, stack, settings):
    """Holds what exists against what a deployment with these settings should be."""
    table = stack.outputs["TableName"]
    described = services.dynamodb.describe_table(TableName=table)["Table"]
    same("the keys of the table", [(key["AttributeName"], key["KeyType"]) for key in described["KeySchema"]], [("pk", "HASH"), ("sk", "RANGE")])
    same("the protection of the table", described["DeletionProtectionEnabled"], settings["protected"])
    same("the billing of the table", described["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
    lives = services.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    same("the time to live of items", (lives["TimeToLiveStatus"], lives["AttributeName"]), ("ENABLED", "ttl"))
    backups = services.dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    same("the recovery of the table", backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"], "ENABLED")

    found = everything(services)
    same("the functions", found["functions"], sorted(f"{stack.name}-{name}" for name in FUNCTIONS))
    topic, = found["topics"]
    interface, = services.api.get_apis()["Items"]
    check_functions(services, stack, table, settings, interface)
    check_routes(services, stack, interface)
    check_alarms(services, found, topic)
    check_schedules(services, stack, settings)
    subscriptions = {one["Protocol"]: one for one in services.sns.list_subscriptions()["Subscriptions"]}
    bounces = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{stack.name}-bounces:live"
    told = {protocol: one["Endpoint"] for protocol, one in subscriptions.items()}
    same("who is told", told, {"email": "you@example.org", "lambda": bounces})
    given = services.sns.get_subscription_attributes(SubscriptionArn=subscriptions["lambda"]["SubscriptionArn"])["Attributes"]
    same("what the function of bounces is told", json.loads(given["FilterPolicy"]), {"eventType": ["Bounce", "Reject"]})
    same("where that stands", given["FilterPolicyScope"], "MessageBody")
    same("who may call it", len(permitted(services, f"{stack.name}-bounces", "live", "sns.amazonaws.com")), 1)


def check_schedules(services, stack, settings):
    """The sweep runs every minute, and so does sealing when there is a key: one run at a time, none of which is repeated."""
    found = {}
    for rule in services.events.list_rules()["Rules"]:
        target, = services.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        found[target["Arn"]] = (rule["ScheduleExpression"], rule["State"])
    live = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{stack.name}"
    sealing = "ENABLED" if settings.get("key") else "DISABLED"
    same("the schedules", found, {f"{live}-expiry-sweep:live": ("rate(1 minute)", "ENABLED"), f"{live}-seal:live": ("rate(1 minute)", sealing)})
    concurrency = services.lambda_.get_function_concurrency(FunctionName=f"{stack.name}-seal").get("ReservedConcurrentExecutions")
    same("how many runs of sealing go on at once", concurrency, 1 if settings.get("key") else None)
    asynchronous = services.invocations[f"{stack.name}-seal", "live"]
    same("how often a run of sealing is tried again", asynchronous, {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0})


def check_functions(services, stack, table, settings, interface):
    for name in FUNCTIONS:
        function = f"{stack.name}-{name}"
        # What a call gets: the version that the alias names.
        live = services.lambda_.get_function_configuration(FunctionName=function, Qualifier="live")
        variables = live["Environment"]["Variables"]
        wanted = {
            "JETON_STORE": f"dynamodb:{table}", "JETON_MAIL": "ses:tokens@example.org", "JETON_LOG": settings.get("log", "info"), "JETON_EDGE_SECRET": "",
            "JETON_VERIFY_REPLICAS": settings.get("replicas", "0"),
            **{f"JETON_{part.upper()}": settings.get("brand", {}).get(f"Brand{part}", "") for part in ("Name", "Color", "Support", "Imprint")},
            "JETON_PUBLIC_URL": f"https://{interface['ApiId']}.execute-api.{REGION}.amazonaws.com",
        }
        own = {"delete": {"JETON_GITHUB_KEYS": ""}, "authorizer": {"JETON_AUTHORIZER_RULES": settings.get("rules", "")}}
        provider = ["ISSUER", "CLIENT_ID", "CLIENT_SECRET", "NAME"]
        own["console"] = {**{f"JETON_OIDC_{of}": "" for of in provider}, "JETON_SIGN_IN": ""}
        own["seal"] = {"JETON_SEAL_KEY": settings.get("key", ""), "JETON_SEAL_ANCHOR": ""}
        same(f"the variables of {name}", variables, {**wanted, **own.get(name, {})})
        same(f"what {name} runs on", (live["Runtime"], live["Architectures"], live["Handler"]), ("provided.al2023", ["arm64"], "bootstrap"))
        if SEAL_KEY in json.dumps(live):
            raise SystemExit(f"the seal key stands in the configuration of {name}")
        role = live["Role"].rsplit("/", 1)[1]
        attached = services.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        same(f"the policies of {name}", len(attached), 1)
        policy = services.iam.get_policy(PolicyArn=attached[0]["PolicyArn"])["Policy"]
        version = services.iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        for statement in version["PolicyVersion"]["Document"]["Statement"]:
            about = {
                "dynamodb": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}", "ses": f"arn:aws:ses:{REGION}:{ACCOUNT}:*",
                "secretsmanager": settings.get("key") if name == "seal" else settings.get("rules"),
                "kms": f"arn:aws:kms:*:{ACCOUNT}:key/*",
            }
            action = statement["Action"] if isinstance(statement["Action"], str) else statement["Action"][0]
            same(f"what {name} may {action}", statement["Resource"], about[action.split(":")[0]])


def check_routes(services, stack, interface):
    """Every route leads to a function by an alias that this interface may invoke."""
    integrations = {one["IntegrationId"]: one["IntegrationUri"] for one in services.api.get_integrations(ApiId=interface["ApiId"])["Items"]}
    routes = services.api.get_routes(ApiId=interface["ApiId"])["Items"]
    wanted = re.findall(r"RouteKey: \"?([^\",]+)\"?,", (INFRA / "routes.yaml").read_text())
    same("the routes", sorted(route["RouteKey"] for route in routes), sorted(wanted))
    for route in routes:
        uri = integrations[route["Target"].removeprefix("integrations/")]
        function, alias = uri.split(":")[6:]
        if not [one for one in permitted(services, function, alias, "apigateway.amazonaws.com") if f"{interface['ApiId']}/*" in one["SourceArn"]]:
            raise SystemExit(f"{route['RouteKey']} may not invoke {function}")
    stage, = services.api.get_stages(ApiId=interface["ApiId"])["Items"]
    same("the stage", (stage["StageName"], stage["AutoDeploy"]), ("$default", True))
    limits = stage["DefaultRouteSettings"]
    same("its limits", (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]), (500, 1000))


def permitted(services, function, alias, principal):
    """The permissions of a service to call a function by its alias."""
    key = {"function": function, "qualifier": alias, "Principal": principal, "Action": "lambda:InvokeFunction"}
    return [one for one in services.permissions.values() if key.items() <= one.items()]


def check_edge(services, stack, firewall):
    """CloudFront sends a secret that the functions know, and that nobody chose."""
    distribution, = services.cloudfront.list_distributions()["DistributionList"]["Items"]
    config = services.cloudfront.get_distribution_config(Id=distribution["Id"])["DistributionConfig"]
    same("the firewall", config["WebACLId"], firewall)
    header, = config["Origins"]["Items"][0]["CustomHeaders"]["Items"]
    live = services.lambda_.get_function_configuration(FunctionName=f"{stack.name}-verify", Qualifier="live")
    variables = live["Environment"]["Variables"]
    same("the header of CloudFront", header, {"HeaderName": "x-jeton-edge", "HeaderValue": variables["JETON_EDGE_SECRET"]})
    same("the length of its secret", len(variables["JETON_EDGE_SECRET"]), 48)
    same("the address of the second stage", variables["JETON_PUBLIC_URL"], f"https://{distribution['DomainName']}")


def check_alarms(services, found, topic):
    """Every alarm is told of, is about something that exists, and the ones that deployments wait for are there."""
    dimensions = {"FunctionName": found["functions"], "TableName": found["tables"], "ApiId": [one["ApiId"] for one in services.api.get_apis()["Items"]]}
    alarms = pages(services.cloudwatch, "describe_alarms", "MetricAlarms")
    for alarm in alarms:
        same(f"who hears of {alarm['AlarmName']}", (alarm["AlarmActions"], alarm["OKActions"]), ([topic], [topic]))
        about = [metric["MetricStat"]["Metric"] for metric in alarm.get("Metrics", []) if "MetricStat" in metric] or [alarm]
        for dimension in [dimension for metric in about for dimension in metric["Dimensions"]]:
            if dimension["Value"] not in dimensions[dimension["Name"]]:
                raise SystemExit(f"the alarm {alarm['AlarmName']} is about {dimension}, which is not there")
    application, = found["deployments"]
    groups = services.deployments[application]
    same("the deployment groups", len(groups), len(FUNCTIONS))
    for group, settings in groups.items():
        named = [alarm["Name"] for alarm in settings["AlarmConfiguration"]["Alarms"]]
        if not named or set(named) - set(found["alarms"]):
            raise SystemExit(f"the deployments of {group} wait for alarms that are not there: {named}")
        same(f"what rolls {group} back", "DEPLOYMENT_STOP_ON_ALARM" in settings["AutoRollbackConfiguration"]["Events"], True)
    body = json.loads(services.cloudwatch.get_dashboard(DashboardName=found["dashboards"][0])["DashboardBody"])
    shown = {name.rsplit(":", 1)[1] for widget in body["widgets"] for name in widget["properties"].get("alarms", [])}
    same("alarms of the dashboard that are not there", shown - set(found["alarms"]), set())


def refused(what, action, words):
    try:
        action()
    except Refused as reason:
        if not re.search(words, str(reason)):
            raise SystemExit(f"{what}: refused with {reason}") from None
        return
    raise SystemExit(f"{what}: not refused")


def first_verify(services, stack, binaries):
    """`jeton init` on the table, as infra/README.md has it, and one verify through the route of the gateway."""
    table = stack.outputs["TableName"]
    aws = {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION, "AWS_ENDPOINT_URL": services.url,
    }
    env = {**aws, "JETON_STORE": f"dynamodb:{table}", "PATH": os.environ["PATH"]}
    with tempfile.TemporaryDirectory() as folder:
        command = [binaries / "jeton", "init", "project", "--name", "First", "--email", "ada@example.org"]
        done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise SystemExit(f"jeton init: {done.stderr}")
        token = (Path(folder) / "jeton-master-token").read_text().strip()
    with Runtime(services, stack, binaries, aws) as runtime:
        answer = runtime.call("GET", "/v2/storage/tokens/verify", token)
        same("the answer to a verify", (answer["statusCode"], json.loads(answer["body"])["isMasterToken"]), (200, True))
        unknown = token[:-1] + ("y" if token.endswith("x") else "x")
        same("the answer to a token that nobody has", runtime.call("GET", "/v2/storage/tokens/verify", unknown)["statusCode"], 401)
        same("the answer to a path that is none", runtime.call("GET", "/none", token)["statusCode"], 404)
        if stack.parameters["SealKey"]:
            sealing = runtime.invoke(f"{stack.name}-seal", {})
            same("what is not sealed with the key of a parameter", sealing["unsealed"], 0)


def rehearse(services, binaries):
    engine = Engine(services)
    template = INFRA / "template.yaml"

    step("an identity that exists stops a creation, and nothing is left of it")
    services.sesv2.create_email_identity(EmailIdentity="example.org")
    before = left(services)
    refused("a second identity", lambda: engine.stack("jeton", template).create(GIVEN), "AlreadyExists")
    same("what could not be deleted", engine.left, [])
    same("what is left", left(services), before)

    step("a creation that fails with a protected table leaves the table, and only that")
    refused("a second identity", lambda: engine.stack("jeton", template).create({**GIVEN, "ProtectTable": "true"}), "AlreadyExists")
    table, = services.dynamodb.list_tables()["TableNames"]
    same("what is left", left(services), {**before, "tables": [table]})
    services.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    services.dynamodb.delete_table(TableName=table)
    engine.left.clear()

    step("a seal key in place of its ARN is refused before anything is made")
    refused("a key", lambda: engine.stack("jeton", template).create({**GIVEN, "SealKey": SEAL_KEY}), "never the key itself")

    step("with CreateIdentity=false the stack is created beside the identity")
    stack = engine.stack("jeton", template).create({**GIVEN, "CreateIdentity": "false"})
    check(services, stack, {"protected": False})
    stack.delete()
    same("the table outlives its stack", engine.retained[:1] and sorted(left(services)), ["identities", "sets", "tables"])
    services.dynamodb.delete_table(TableName=services.dynamodb.list_tables()["TableNames"][0])
    services.sesv2.delete_email_identity(EmailIdentity="example.org")
    for name in services.sesv2.list_configuration_sets()["ConfigurationSets"]:
        services.sesv2.delete_configuration_set(ConfigurationSetName=name)

    step("a new account: the stack is created, and what exists is what should")
    stack = engine.stack("jeton", template).create(GIVEN)
    check(services, stack, {"protected": False})
    same("the DKIM records", stack.outputs["DkimRecords"].count("_domainkey.example.org CNAME"), 3)
    same("the authorizer", stack.outputs["AuthorizerArn"], f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:jeton-authorizer:live")
    first_verify(services, stack, binaries)

    step("an update protects the table, gives sealing a key, the authorizer rules and pages a brand, and reaches every alias")
    services.ssm.put_parameter(Name="/jeton/seal-key", Value=SEAL_KEY, Type="SecureString")
    key = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/jeton/seal-key"
    brand = {"BrandName": "Acme Tokens", "BrandColor": "#d62828", "BrandSupport": "support@example.org", "BrandImprint": "Acme Ltd.\\nPrague"}
    later = {**GIVEN, **brand, "ProtectTable": "true", "SealKey": key, "AuthorizerRules": "authenticate-only", "LogFilter": "debug", "Release": "2"}
    engine.replaced.clear()
    stack.code = "2"
    stack.update({**later, "VerifyConcurrency": "100", "VerifyReplicas": "8"})
    check(services, stack, {"protected": True, "key": key, "rules": "authenticate-only", "log": "debug", "replicas": "8", "brand": brand})
    same("reserved for verify", services.lambda_.get_function_concurrency(FunctionName="jeton-verify")["ReservedConcurrentExecutions"], 100)
    same("what an update replaces", sorted({re.sub(r"(Version)[0-9a-f]+", r"\1", name) for name in engine.replaced}), [])
    first_verify(services, stack, binaries)

    step("a second stage of the account uses the identity of the first, and its own table")
    firewall = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/jeton/1"
    second = engine.stack("stage", template).create({**GIVEN, "CreateIdentity": "false", "WebAclArn": firewall})
    same("two tables", len(services.dynamodb.list_tables()["TableNames"]), 2)
    check_edge(services, second, firewall)
    second.delete()

    step("a table that was restored is given to the functions by its name")
    other = services.dynamodb.list_tables()["TableNames"]
    restored = next(name for name in other if name != stack.outputs["TableName"])
    stack.update({**later, "ExistingTable": restored, "Release": "3"})
    same("the table of the functions", stack.outputs["TableName"], restored)
    live = services.lambda_.get_function_configuration(FunctionName="jeton-verify", Qualifier="live")
    same("the table of a verify", live["Environment"]["Variables"]["JETON_STORE"], f"dynamodb:{restored}")

    step("deleting the stack leaves the tables and the identity, and nothing else")
    stack.delete()
    same("what could not be deleted", engine.left, [])
    same("what is left", sorted(left(services)), ["identities", "sets", "tables"])

    step("the table of its own for jeton serve is created by table.yaml")
    alone = engine.stack("jeton-table", INFRA / "table.yaml").create({})
    same("its protection", services.dynamodb.describe_table(TableName=alone.outputs["TableName"])["Table"]["DeletionProtectionEnabled"], True)
    alone.delete()


def main():
    binaries = Path(sys.argv[1])
    # Nobody is to be asked but the stand-in.
    os.environ.update({"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION})
    for noisy in ("werkzeug", "samtranslator"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        rehearse(Services(f"http://{host}:{port}"), binaries)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
