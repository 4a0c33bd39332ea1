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

import parameters
from constraints import Refused
from engine import ACCOUNT, REGION, Engine
from existing import (
    FUNCTIONS, INFRA, SEAL_KEY, allowed, check, check_edge, check_mail, check_versions, left, live_versions, same, step, version,
)
from runtime import Runtime
from services import Services

GIVEN = {"MailFrom": "tokens@example.org", "MailIdentity": "example.org", "NoticeEmail": "you@example.org", "ProtectTable": "false"}


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

    step("a value that stops a function is refused by the template, and one that the template takes stops none")
    parameters.check(stack, GIVEN, binaries)

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

    step("a second stage of the account uses the identity of the first, its own table, and its own set of mails")
    firewall = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/jeton/1"
    second = engine.stack("stage", template).create({**GIVEN, "CreateIdentity": "false", "WebAclArn": firewall})
    same("two tables", len(services.dynamodb.list_tables()["TableNames"]), 2)
    check_edge(services, second, firewall)
    check_mail(services, stack)
    check_mail(services, second)
    second.delete()

    step("a restored table is given to the functions during an outage, and both versions of each are allowed theirs")
    own = stack.outputs["TableName"]
    unused = next(name for name in services.dynamodb.list_tables()["TableNames"] if name != own)
    services.dynamodb.delete_table(TableName=unused)
    # As long as both names may be.
    restored, again = "jeton-restored-1".ljust(128, "x"), "jeton-restored-2".ljust(255, "x")
    for name in (restored, again):
        services.dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )
    failing = {"AlarmName": "jeton-verify-failures", "StateReason": "the table is gone"}
    services.cloudwatch.set_alarm_state(**failing, StateValue="ALARM")
    change = {**later, "ExistingTable": restored, "PreviousTable": own, "Release": "3"}
    before = live_versions(services, stack)
    refused("a deployment that waits for an alarm", lambda: stack.update(change), "because an alarm is on: jeton-verify-failures")
    check_versions(services, stack, before)
    stack.update({**change, "Deployment": "AllAtOnce"}, lambda: check_versions(services, stack, before))
    same("the table of the functions", stack.outputs["TableName"], restored)
    same("the table of a verify", version(services, stack, "verify", "live")["Environment"]["Variables"]["JETON_STORE"], f"dynamodb:{restored}")
    services.cloudwatch.set_alarm_state(**failing, StateValue="OK")

    step("a deployment changes the table, the sender and where secrets are, and the versions before go on until it is over")
    secrets = {
        "SealKey": "arn:aws:secretsmanager:us-east-1:123456789012:secret:seal-AbCdEf",
        "OidcClientSecret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:oidc-AbCdEf",
        "AuthorizerRules": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/jeton/rules",
    }
    moved = {name: value.replace("AbCdEf", "GhIjKl").replace("rules", "rules-2") for name, value in secrets.items()}
    provider = {"OidcIssuer": "https://login.example.org", "OidcClientId": "jeton"}
    first = {**later, **secrets, **provider, "ExistingTable": restored, "PreviousSealKey": key, "Release": "4"}
    before = live_versions(services, stack)
    stack.update(first, lambda: check_versions(services, stack, before))
    previous = {f"Previous{name}": value for name, value in secrets.items()}
    change = {**first, **moved, **previous, "MailFrom": "jeton@example.org", "PreviousMailFrom": "tokens@example.org"}
    before = live_versions(services, stack)
    change.update(ExistingTable=again, PreviousTable=restored, Release="5")
    stack.update(change, lambda: check_versions(services, stack, before))
    same("new versions of all functions", [name for name, old in live_versions(services, stack).items() if old == before[name]], [])

    step("the next deployment takes away what only the versions before it were allowed")
    stack.update({**first, **moved, "MailFrom": "jeton@example.org", "ExistingTable": again, "PreviousSealKey": "", "Release": "6"})
    for name in FUNCTIONS:
        for statement in allowed(services, version(services, stack, name, "live")):
            values = [statement["Resource"], *statement.get("Condition", {}).get("StringEquals", {}).values()]
            same(f"what a policy of {name} grants besides", [value for value in values if isinstance(value, list) and len(value) > 1], [])

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
