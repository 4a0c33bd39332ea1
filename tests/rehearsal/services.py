"""The services of AWS as the engine uses them: each type of resource by the calls that create, change and delete it.

The calls go to moto, which keeps what each service would and refuses much of what it would. A property that no call takes is an error,
so that nothing of a template is silently left out.
"""

import io
import json
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from constraints import Refused
from engine import ACCOUNT, REGION

STUB = io.BytesIO()
with zipfile.ZipFile(STUB, "w") as archive:
    archive.writestr("bootstrap", "")


class Taken(dict):
    """The properties of a resource, of which each has to be taken."""

    def __init__(self, properties):
        super().__init__(properties)
        self.left = set(properties)

    def get(self, key, default=None):
        self.left.discard(key)
        return super().get(key, default)

    def __getitem__(self, key):
        self.left.discard(key)
        return super().__getitem__(key)

    def given(self, *keys):
        """Those of these properties that are there, under the same names."""
        return {key: self[key] for key in keys if key in self}


def listed(items):
    """A list as CloudFront takes it."""
    return {"Quantity": len(items), "Items": items}


def called(target):
    """The name of a function, and its alias or version, in a name or an ARN."""
    parts = target.split(":")
    parts = parts[6:] if parts[0] == "arn" else parts
    return parts[0], parts[1] if len(parts) > 1 else None


def boolean(value):
    return str(value).lower() == "true"


class Services:
    def __init__(self, url):
        self.url, self.clients = url, {}
        self.deployments, self.permissions, self.invocations = {}, {}, {}

    def __getattr__(self, name):
        """A client by the name of its service."""
        if name.startswith("_"):
            raise AttributeError(name)
        service = {"lambda_": "lambda", "api": "apigatewayv2"}.get(name, name)
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service, endpoint_url=self.url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self.clients[service]

    def create(self, kind, properties, name):
        """The physical id of a new resource, which is what `Ref` gives, and its attributes."""
        taken = Taken(properties)
        try:
            made = getattr(self, "create_" + kind.removeprefix("AWS::").replace("::", "_"))(taken, name)
        except ClientError as error:
            raise Refused(f"{kind}: {error}") from None
        if taken.left:
            raise Refused(f"{kind}: nothing takes {sorted(taken.left)}")
        return made

    def update(self, kind, physical, properties, changed):
        change = getattr(self, "update_" + kind.removeprefix("AWS::").replace("::", "_"), None)
        if change is None:
            raise Refused(f"{kind}: the engine cannot change {sorted(changed)}")
        change(physical, properties, changed)

    def delete(self, kind, physical, properties):
        try:
            getattr(self, "delete_" + kind.removeprefix("AWS::").replace("::", "_"))(physical, properties)
        except ClientError as error:
            raise Refused(str(error)) from None

    # The table.

    def create_DynamoDB_Table(self, p, name):
        name, protection = p.get("TableName", name), boolean(p["DeletionProtectionEnabled"])
        sse = {"Enabled": boolean(p["SSESpecification"]["SSEEnabled"])}
        self.dynamodb.create_table(
            TableName=name, DeletionProtectionEnabled=protection, SSESpecification=sse,
            **p.given("KeySchema", "AttributeDefinitions", "BillingMode"),
        )
        self.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=p["TimeToLiveSpecification"])
        self.dynamodb.update_continuous_backups(TableName=name, **p.given("PointInTimeRecoverySpecification"))
        return name, {"Arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"}

    def update_DynamoDB_Table(self, name, p, changed):
        if changed != {"DeletionProtectionEnabled"}:
            raise Refused(f"the table changes: {changed}")
        self.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=boolean(p["DeletionProtectionEnabled"]))

    def delete_DynamoDB_Table(self, name, _):
        self.dynamodb.delete_table(TableName=name)

    # Functions.

    def create_Logs_LogGroup(self, p, name):
        name = p.get("LogGroupName", name)
        self.logs.create_log_group(logGroupName=name)
        self.logs.put_retention_policy(logGroupName=name, retentionInDays=int(p["RetentionInDays"]))
        return name, {"Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*"}

    def update_Logs_LogGroup(self, name, p, _):
        self.logs.put_retention_policy(logGroupName=name, retentionInDays=int(p["RetentionInDays"]))

    def delete_Logs_LogGroup(self, name, _):
        self.logs.delete_log_group(logGroupName=name)

    def document(self, p, name):
        document = json.dumps(p["PolicyDocument"])
        if len("".join(document.split())) > 6144:
            raise Refused(f"{name}: a managed policy has 6,144 characters at most")
        return document

    def create_IAM_ManagedPolicy(self, p, name):
        made = self.iam.create_policy(PolicyName=name[-128:], PolicyDocument=self.document(p, name))["Policy"]["Arn"]
        return made, {"PolicyArn": made}

    def update_IAM_ManagedPolicy(self, arn, p, _):
        old = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=self.document(p, arn), SetAsDefault=True)
        self.iam.delete_policy_version(PolicyArn=arn, VersionId=old)

    def delete_IAM_ManagedPolicy(self, arn, _):
        self.iam.delete_policy(PolicyArn=arn)

    def create_IAM_Role(self, p, name):
        name = name[-64:]
        self.iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps(p["AssumeRolePolicyDocument"]), Tags=p.get("Tags", []),
        )
        for arn in p["ManagedPolicyArns"]:
            if arn.split(":")[4] == ACCOUNT:
                self.iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        return name, {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}

    def delete_IAM_Role(self, name, _):
        for policy in self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            self.iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        self.iam.delete_role(RoleName=name)

    def settings(self, p):
        found = p.given("Role", "Runtime", "Handler", "Description", "MemorySize", "Timeout", "Environment", "LoggingConfig", "Layers")
        variables = found.get("Environment", {}).get("Variables", {})
        if sum(len(key) + len(value) for key, value in variables.items()) > 4096:
            raise Refused("the variables of a function have 4 KB at most")
        return {**found, "MemorySize": int(found["MemorySize"]), "Timeout": int(found["Timeout"])}

    def create_Lambda_Function(self, p, name):
        name, code = p.get("FunctionName", name), p["Code"]
        if not code["S3Key"]:
            raise Refused(f"{name} has no code")
        tags = {tag["Key"]: tag["Value"] for tag in p.get("Tags", [])}
        made = self.lambda_.create_function(
            FunctionName=name, Code={"ZipFile": STUB.getvalue()}, Tags=tags, **p.given("Architectures"), **self.settings(p),
        )
        self.reserve(name, p.get("ReservedConcurrentExecutions"))
        return name, {"Arn": made["FunctionArn"]}

    def reserve(self, name, wanted):
        if wanted is not None:
            self.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=int(wanted))

    def update_Lambda_Function(self, name, p, changed):
        self.lambda_.update_function_configuration(FunctionName=name, **self.settings(Taken(p)))
        if "Code" in changed:
            self.lambda_.update_function_code(FunctionName=name, ZipFile=STUB.getvalue() + p["Code"]["S3Key"].encode())
        self.reserve(name, p.get("ReservedConcurrentExecutions"))

    def delete_Lambda_Function(self, name, _):
        self.lambda_.delete_function(FunctionName=name)

    def create_Lambda_Version(self, p, _):
        before = {one["Version"] for one in self.lambda_.list_versions_by_function(FunctionName=p["FunctionName"])["Versions"]}
        made = self.lambda_.publish_version(**p.given("FunctionName", "Description"))
        if made["Version"] in before:
            raise Refused(f"{p['FunctionName']}: a version for this function exists ({made['Version']}): modify the function to create a new one")
        return made["FunctionArn"], {"Version": made["Version"]}

    def delete_Lambda_Version(self, arn, _):
        self.lambda_.delete_function(FunctionName=arn.split(":")[6], Qualifier=arn.split(":")[7])

    def create_Lambda_Alias(self, p, _):
        made = self.lambda_.create_alias(**p.given("FunctionName", "Name", "FunctionVersion"))
        return made["AliasArn"], {"AliasArn": made["AliasArn"]}

    def update_Lambda_Alias(self, _, p, __):
        self.lambda_.update_alias(**{key: p[key] for key in ("FunctionName", "Name", "FunctionVersion")})

    def delete_Lambda_Alias(self, _, p):
        self.lambda_.delete_alias(FunctionName=p["FunctionName"], Name=p["Name"])

    def create_Lambda_Permission(self, p, name):
        function, qualifier = called(p["FunctionName"])
        qualified = {"Qualifier": qualifier} if qualifier else {}
        if qualifier:
            self.lambda_.get_alias(FunctionName=function, Name=qualifier)
        permission = p.given("Action", "Principal", "SourceArn")
        self.lambda_.add_permission(FunctionName=function, StatementId=name[-100:], **qualified, **permission)
        # moto does not tell which of them are for an alias.
        self.permissions[name] = {"function": function, "qualifier": qualifier, **permission}
        return name, {"Id": name}

    def delete_Lambda_Permission(self, name, p):
        function, qualifier = called(p["FunctionName"])
        qualified = {"Qualifier": qualifier} if qualifier else {}
        del self.permissions[name]
        self.lambda_.remove_permission(FunctionName=function, StatementId=name[-100:], **qualified)

    # moto keeps these for functions, not for their aliases.

    def create_Lambda_EventInvokeConfig(self, p, _):
        self.lambda_.get_alias(FunctionName=p["FunctionName"], Name=p["Qualifier"])
        # SAM writes it, and it is empty.
        if any(p.get("DestinationConfig", {}).values()):
            raise Refused("nobody is told of an invocation")
        self.invocations[p["FunctionName"], p["Qualifier"]] = p.given("MaximumEventAgeInSeconds", "MaximumRetryAttempts")
        return f"{p['FunctionName']}:{p['Qualifier']}", {}

    def delete_Lambda_EventInvokeConfig(self, _, p):
        del self.invocations[p["FunctionName"], p["Qualifier"]]

    # Of CodeDeploy moto neither tells the alarms nor deletes anything, so these are kept here.

    def create_CodeDeploy_Application(self, p, name):
        if p["ComputePlatform"] != "Lambda":
            raise Refused("the application is for functions")
        self.deployments[name] = {}
        return name, {}

    def delete_CodeDeploy_Application(self, name, _):
        del self.deployments[name]

    def deployment_group(self, p):
        keys = ("DeploymentConfigName", "ServiceRoleArn", "AlarmConfiguration", "AutoRollbackConfiguration", "DeploymentStyle")
        self.iam.get_role(RoleName=p["ServiceRoleArn"].rsplit("/", 1)[1])
        return p.given(*keys)

    def create_CodeDeploy_DeploymentGroup(self, p, name):
        self.deployments[p["ApplicationName"]][name] = self.deployment_group(p)
        return name, {}

    def update_CodeDeploy_DeploymentGroup(self, name, p, _):
        self.deployments[p["ApplicationName"]][name] = self.deployment_group(Taken(p))

    def begin_deployment(self, ApplicationName, DeploymentGroupName):
        """What CodeDeploy does before it moves an alias: it stops where an alarm of the group is on."""
        alarms = self.deployments[ApplicationName][DeploymentGroupName].get("AlarmConfiguration", {}).get("Alarms", [])
        names = [alarm["Name"] for alarm in alarms]
        found = self.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] if names else []
        if on := [alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM"]:
            raise Refused(f"the deployment is stopped, because an alarm is on: {on[0]}")

    def delete_CodeDeploy_DeploymentGroup(self, name, p):
        del self.deployments[p["ApplicationName"]][name]

    def create_Events_Rule(self, p, name):
        self.events.put_rule(Name=name, **p.given("ScheduleExpression", "State"))
        self.events.put_targets(Rule=name, Targets=p["Targets"])
        return name, {"Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"}

    def update_Events_Rule(self, name, p, _):
        self.events.put_rule(Name=name, **Taken(p).given("ScheduleExpression", "State"))

    def delete_Events_Rule(self, name, p):
        self.events.remove_targets(Rule=name, Ids=[target["Id"] for target in p["Targets"]])
        self.events.delete_rule(Name=name)

    # The gateway.

    def create_ApiGatewayV2_Api(self, p, _):
        made = self.api.create_api(**p.given("Name", "ProtocolType"))
        return made["ApiId"], {"ApiId": made["ApiId"], "ApiEndpoint": f"https://{made['ApiId']}.execute-api.{REGION}.amazonaws.com"}

    def delete_ApiGatewayV2_Api(self, api, _):
        self.api.delete_api(ApiId=api)

    def create_ApiGatewayV2_Stage(self, p, _):
        self.api.create_stage(**self.stage(p))
        return p["StageName"], {}

    def stage(self, p):
        found = {key: p[key] for key in ("ApiId", "StageName", "AutoDeploy", "DefaultRouteSettings")}
        limits = found["DefaultRouteSettings"]
        found["DefaultRouteSettings"] = {
            "ThrottlingRateLimit": float(limits["ThrottlingRateLimit"]), "ThrottlingBurstLimit": int(limits["ThrottlingBurstLimit"]),
        }
        return found

    def delete_ApiGatewayV2_Stage(self, name, p):
        self.api.delete_stage(ApiId=p["ApiId"], StageName=name)

    def create_ApiGatewayV2_Integration(self, p, _):
        uri = p["IntegrationUri"]
        # The function has to be there, under the alias that the address names.
        self.lambda_.get_alias(FunctionName=uri.split(":")[6], Name=uri.split(":")[7])
        made = self.api.create_integration(**p.given("ApiId", "IntegrationType", "PayloadFormatVersion", "IntegrationUri"))
        return made["IntegrationId"], {"IntegrationId": made["IntegrationId"]}

    def delete_ApiGatewayV2_Integration(self, name, p):
        self.api.delete_integration(ApiId=p["ApiId"], IntegrationId=name)

    def create_ApiGatewayV2_Route(self, p, _):
        made = self.api.create_route(**p.given("ApiId", "RouteKey", "Target"))
        return made["RouteId"], {"RouteId": made["RouteId"]}

    def delete_ApiGatewayV2_Route(self, name, p):
        self.api.delete_route(ApiId=p["ApiId"], RouteId=name)

    # The edge.

    def secret(self, arn):
        """What a dynamic reference is replaced with."""
        return self.secretsmanager.get_secret_value(SecretId=arn)["SecretString"]

    def create_SecretsManager_Secret(self, p, name):
        wanted = p["GenerateSecretString"]
        text = self.secretsmanager.get_random_password(**wanted)["RandomPassword"]
        arn = self.secretsmanager.create_secret(Name=name, SecretString=text, **p.given("Description"))["ARN"]
        return arn, {"Id": arn}

    def delete_SecretsManager_Secret(self, arn, _):
        self.secretsmanager.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)

    def create_CloudFront_Distribution(self, p, name):
        config = Taken(p["DistributionConfig"])
        behaviour, (origin,) = dict(config["DefaultCacheBehavior"]), config["Origins"]
        ssl, headers = origin["CustomOriginConfig"], origin["OriginCustomHeaders"]
        methods = behaviour.pop("AllowedMethods")
        made = self.cloudfront.create_distribution(DistributionConfig={
            "CallerReference": name, **config.given("Comment", "Enabled", "HttpVersion"), "IsIPV6Enabled": config["IPV6Enabled"],
            "WebACLId": config["WebACLId"], "ViewerCertificate": config["ViewerCertificate"],
            "Aliases": listed(config.get("Aliases", [])), "DefaultCacheBehavior": {**behaviour, "AllowedMethods": listed(methods)},
            "Origins": listed([{
                "Id": origin["Id"], "DomainName": origin["DomainName"], "CustomHeaders": listed(headers),
                "CustomOriginConfig": {
                    "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": ssl["OriginProtocolPolicy"],
                    "OriginSslProtocols": listed(ssl["OriginSSLProtocols"]),
                },
            }]),
        })["Distribution"]
        if config.left:
            raise Refused(f"the distribution: nothing takes {sorted(config.left)}")
        return made["Id"], {"DomainName": made["DomainName"], "Id": made["Id"]}

    def delete_CloudFront_Distribution(self, name, _):
        self.cloudfront.delete_distribution(Id=name, IfMatch=self.cloudfront.get_distribution(Id=name)["ETag"])

    # Who hears of what.

    def create_SNS_Topic(self, p, name):
        made = self.sns.create_topic(Name=name, Attributes={"DisplayName": p["DisplayName"]})["TopicArn"]
        return made, {"TopicArn": made}

    def delete_SNS_Topic(self, arn, _):
        self.sns.delete_topic(TopicArn=arn)

    def create_SNS_TopicPolicy(self, p, name):
        document = json.dumps(p["PolicyDocument"])
        for arn in p["Topics"]:
            self.sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)
        return name, {"Id": name}

    def delete_SNS_TopicPolicy(self, name, p):
        """A topic without a policy of its own has one that AWS makes up."""

    def create_SNS_Subscription(self, p, _):
        filters = p.given("FilterPolicyScope")
        if "FilterPolicy" in p:
            filters["FilterPolicy"] = json.dumps(p["FilterPolicy"])
        made = self.sns.subscribe(ReturnSubscriptionArn=True, Attributes=filters, **p.given("TopicArn", "Protocol", "Endpoint"))
        return made["SubscriptionArn"], {"Arn": made["SubscriptionArn"]}

    def delete_SNS_Subscription(self, arn, _):
        self.sns.unsubscribe(SubscriptionArn=arn)

    def create_CloudWatch_Alarm(self, p, name):
        name = p.get("AlarmName", name)
        if any(alarm["AlarmName"] == name for alarm in self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]):
            raise Refused(f"the alarm {name} exists")
        self.put_alarm(name, p)
        return name, {"Arn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"}

    def put_alarm(self, name, p):
        found = {key: p.get(key) for key in list(p) if key != "AlarmName"}
        for key in ("Period", "EvaluationPeriods", "DatapointsToAlarm"):
            if key in found:
                found[key] = int(found[key])
        self.cloudwatch.put_metric_alarm(AlarmName=name, **{**found, "Threshold": float(found["Threshold"])})

    def update_CloudWatch_Alarm(self, name, p, _):
        self.put_alarm(name, p)

    def delete_CloudWatch_Alarm(self, name, _):
        self.cloudwatch.delete_alarms(AlarmNames=[name])

    def create_CloudWatch_Dashboard(self, p, _):
        name, body = p["DashboardName"], p["DashboardBody"]
        json.loads(body)
        self.cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)
        return name, {}

    def update_CloudWatch_Dashboard(self, name, p, _):
        self.cloudwatch.put_dashboard(DashboardName=name, DashboardBody=p["DashboardBody"])

    def delete_CloudWatch_Dashboard(self, name, _):
        self.cloudwatch.delete_dashboards(DashboardNames=[name])

    # Mail.

    def create_SES_ConfigurationSet(self, p, name):
        name = name[-64:]
        self.sesv2.create_configuration_set(
            ConfigurationSetName=name, **p.given("DeliveryOptions", "ReputationOptions", "SuppressionOptions"),
        )
        return name, {}

    def delete_SES_ConfigurationSet(self, name, _):
        self.sesv2.delete_configuration_set(ConfigurationSetName=name)

    def create_SES_ConfigurationSetEventDestination(self, p, name):
        destination = p["EventDestination"]
        self.ses.create_configuration_set_event_destination(
            ConfigurationSetName=p["ConfigurationSetName"],
            EventDestination={
                "Name": name[-64:], "Enabled": boolean(destination["Enabled"]), "MatchingEventTypes": destination["MatchingEventTypes"],
                "SNSDestination": destination["SnsDestination"],
            },
        )
        return name, {"Id": name}

    def delete_SES_ConfigurationSetEventDestination(self, name, _):
        """It goes with its set."""

    def create_SES_EmailIdentity(self, p, _):
        identity = p["EmailIdentity"]
        if identity in [known["IdentityName"] for known in self.sesv2.list_email_identities()["EmailIdentities"]]:
            raise Refused(f"AlreadyExists: the identity {identity} exists")
        p.get("FeedbackAttributes")
        self.sesv2.create_email_identity(
            EmailIdentity=identity, ConfigurationSetName=p["ConfigurationSetAttributes"]["ConfigurationSetName"],
        )
        attributes = {}
        if "@" not in identity:
            for number in "123":
                attributes[f"DkimDNSTokenName{number}"] = f"token{number}._domainkey.{identity}"
                attributes[f"DkimDNSTokenValue{number}"] = f"token{number}.dkim.amazonses.com"
        return identity, attributes

    def delete_SES_EmailIdentity(self, name, _):
        self.sesv2.delete_email_identity(EmailIdentity=name)
