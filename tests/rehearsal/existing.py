"""What exists after a deployment, held against what should."""

import json
import re
from pathlib import Path

from engine import ACCOUNT, REGION

INFRA = Path(__file__).resolve().parents[2] / "infra"
FUNCTIONS = sorted(re.findall(r"FunctionName: !Sub \"\$\{AWS::StackName\}-([a-z-]+)\"", (INFRA / "template.yaml").read_text()))
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


def allowed(services, version):
    """The statements of the policy of the role that a version of a function has."""
    attached = services.iam.list_attached_role_policies(RoleName=version["Role"].rsplit("/", 1)[1])["AttachedPolicies"]
    same(f"the policies of {version['FunctionName']}", len(attached), 1)
    policy = services.iam.get_policy(PolicyArn=attached[0]["PolicyArn"])["Policy"]
    found = services.iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
    return found["PolicyVersion"]["Document"]["Statement"]


def table_arn(name):
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def version(services, stack, name, qualifier):
    return services.lambda_.get_function_configuration(FunctionName=f"{stack.name}-{name}", Qualifier=qualifier)


def live_versions(services, stack):
    """The number of the version of each function that calls go to."""
    return {name: version(services, stack, name, "live")["Version"] for name in FUNCTIONS}


def check_versions(services, stack, before):
    """While calls go over, those of the version before are allowed as well: what its variables name stands in the policy of its role."""
    for name, old in before.items():
        for number in {old, version(services, stack, name, "live")["Version"]}:
            found = version(services, stack, name, number)
            variables, statements = found["Environment"]["Variables"], allowed(services, found)
            used = {
                "dynamodb": table_arn(variables["JETON_STORE"].removeprefix("dynamodb:")), "ses": variables["JETON_MAIL"].removeprefix("ses:").split("?")[0],
            }
            stored = ("JETON_SEAL_KEY", "JETON_OIDC_CLIENT_SECRET", "JETON_AUTHORIZER_RULES")
            used["secretsmanager"] = next((variables[key] for key in stored if variables.get(key, "").startswith("arn:")), None)
            used["kms"] = used["secretsmanager"]
            services_of = set()
            for statement in statements:
                service = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
                service = service[0].split(":")[0]
                services_of.add(service)
                conditions = statement.get("Condition", {}).get("StringEquals", {})
                values = [*conditions.values()][0] if service in ("ses", "kms") else statement["Resource"]
                if used[service] and used[service] not in values:
                    raise SystemExit(f"version {number} of {name} is denied {service} on {used[service]}: {values}")
            if used["secretsmanager"] and "secretsmanager" not in services_of:
                raise SystemExit(f"version {number} of {name} may not read {used['secretsmanager']}")


def check_functions(services, stack, table, settings, interface):
    for name in FUNCTIONS:
        function = f"{stack.name}-{name}"
        # What a call gets: the version that the alias names.
        live = services.lambda_.get_function_configuration(FunctionName=function, Qualifier="live")
        variables = live["Environment"]["Variables"]
        wanted = {
            "JETON_MAIL": f"ses:{settings.get('from', 'tokens@example.org')}?set={sent_with(stack)}", "RELEASE": stack.parameters["Release"],
            "JETON_STORE": f"dynamodb:{table}", "JETON_LOG": settings.get("log", "info"), "JETON_EDGE_SECRET": "",
            **{name: "" for name in ("JETON_LOGO", "JETON_CORS_ORIGINS", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME")},
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
        for statement in allowed(services, live):
            about = {
                "dynamodb": [table_arn(table)], "ses": f"arn:aws:ses:{REGION}:{ACCOUNT}:*",
                "secretsmanager": [settings.get("key") if name == "seal" else settings.get("rules")],
                "kms": f"arn:aws:kms:*:{ACCOUNT}:key/*",
            }
            action = statement["Action"] if isinstance(statement["Action"], str) else statement["Action"][0]
            same(f"what {name} may {action}", statement["Resource"], about[action.split(":")[0]])
            if action.startswith("ses:"):
                same(f"from whom {name} may send", statement["Condition"]["StringEquals"]["ses:FromAddress"], ["tokens@example.org"])


def sent_with(stack):
    """The name of the configuration set of a stack."""
    return stack.resources["Mail"].attributes["Outputs.ConfigurationSet"]


def check_mail(services, stack):
    """What SES says of mails goes to the topic of the stack that sent them, whosever identity they are from."""
    mailer = version(services, stack, "share", "live")["Environment"]["Variables"]["JETON_MAIL"]
    name = mailer.partition("?set=")[2]
    found = services.ses.describe_configuration_set(ConfigurationSetName=name, ConfigurationSetAttributeNames=["eventDestinations"])
    destination, = found["EventDestinations"]
    topic = stack.resources["Alarms"].attributes["Outputs.Notices"]
    same(f"who hears of mails of {stack.name}", destination["SNSDestination"], {"TopicARN": topic})
    bounces = [one for one in services.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] if one["Protocol"] == "lambda"]
    same("what ends their shares", [one["Endpoint"].split(":")[6] for one in bounces], [f"{stack.name}-bounces"])


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
        # The operations of DynamoDB are held against the policies by the suite infra.
        about = [metric["MetricStat"]["Metric"] for metric in alarm.get("Metrics", []) if "MetricStat" in metric] or [alarm]
        for dimension in [dimension for metric in about for dimension in metric["Dimensions"]]:
            if dimension["Name"] != "Operation" and dimension["Value"] not in dimensions[dimension["Name"]]:
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
