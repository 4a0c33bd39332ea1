"""Runs the commands of infra/README.md that deploy Jeton, each on a terminal at which nobody types, as far as that goes without an account.

A stand-in of AWS takes what `sam deploy` uploads; its next call makes the change set of the stack. Building is left to the suite `sam`, so
`cargo` is a program here that writes down how it was called and makes a file where each function would be.
"""

import json
import logging
import os
import pty
import re
import select
import shutil
import signal
import stat
import sys
import tempfile
import time
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = re.findall(r"CodeUri: \.\./target/lambda/([a-z-]+)/", (ROOT / "infra" / "template.yaml").read_text())
# A command that has said nothing for so many seconds, and is not done, waits for somebody.
SILENCE = 60


def commands():
    """The commands below the heading `Deploy`, each of several lines joined."""
    section = (ROOT / "infra" / "README.md").read_text().split("\n## Deploy\n")[1].split("\n## ")[0]
    block = section.split("```sh\n")[1].split("```")[0]
    return [line for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def on_a_terminal(command, folder, env):
    """Runs a command; its exit status and what it showed. It fails where the command waits for an answer."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe("sh", ["sh", "-c", command], env)
    shown, last = b"", time.monotonic()
    try:
        while time.monotonic() - last < SILENCE:
            if select.select([terminal], [], [], 1)[0]:
                try:
                    part = os.read(terminal, 65536)
                except OSError:
                    part = b""
                if not part:
                    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown.decode(errors="replace")
                shown, last = shown + part, time.monotonic()
                if re.search(rb"(\[[yYnN]/[yYnN]\]|\[[^\]\n]*\]): ?$", shown):
                    break
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        raise SystemExit(f"it asks, and nobody is there to answer: {shown.decode(errors='replace')[-300:]}")
    finally:
        os.close(terminal)


def program(folder, name, text):
    path = folder / name
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def main():
    for noisy in ("werkzeug", "samtranslator"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    with tempfile.TemporaryDirectory() as name:
        checkout, programs = Path(name) / "jeton", Path(name) / "bin"
        shutil.copytree(ROOT / "infra", checkout / "infra")
        programs.mkdir()
        stubs = "".join(f'mkdir -p target/lambda/{function} && echo {function} > target/lambda/{function}/bootstrap\n' for function in FUNCTIONS)
        program(programs, "cargo", f'#!/bin/sh\necho "cargo $*" >> {name}/cargo\n{stubs}')
        sam = Path(sys.argv[1]) / "bin" / "sam"
        program(programs, "sam", f'#!/bin/sh\nexec {sys.executable} {sam} "$@"\n')
        env = {
            **credentials, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": name, "TERM": "xterm", "COLUMNS": "200",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "SAM_CLI_TELEMETRY": "0", "AWS_ENDPOINT_URL": url, "AWS_EC2_METADATA_DISABLED": "true",
        }
        managed_bucket(client(url, "cloudformation"))
        build, deploy = commands()
        status, shown = on_a_terminal(build, checkout, env)
        built = (Path(name) / "cargo").read_text().strip()
        if status or built != "cargo lambda build --release --arm64 -p functions --lambda-dir target/lambda":
            raise SystemExit(f"building: {status}: {built}: {shown}")
        status, shown = on_a_terminal(deploy, checkout, env)
    check(client(url, "s3"), shown)
    server.stop()


def client(url, service):
    return boto3.client(
        service, endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
    )


def managed_bucket(cloudformation):
    """The bucket of `--resolve-s3`, in the stack that the first use of SAM in an account makes."""
    template = {
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}}},
        "Outputs": {"SourceBucket": {"Value": {"Ref": "Bucket"}}},
    }
    cloudformation.create_stack(
        StackName="aws-sam-cli-managed-default", TemplateBody=json.dumps(template),
        Tags=[{"Key": "ManagedStackSource", "Value": "AwsSamCli"}],
    )


def check(s3, shown):
    """What reached the account: the code of every function, the nested templates, and the question for a change set with the parameters."""
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    keys = [item["Key"] for bucket in buckets for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    nested = [name for name in os.listdir(ROOT / "infra") if f"TemplateURL: {name}" in (ROOT / "infra" / "template.yaml").read_text()]
    templates = [key for key in keys if key.endswith(".template")]
    code = [key for key in keys if not key.endswith(".template")]
    if len(code) != len(FUNCTIONS) or len(templates) < len(nested):
        raise SystemExit(f"{len(code)} functions and {len(templates)} templates were uploaded: {shown[-2000:]}")
    # The next call makes the stack, by templates that it reads from the bucket's public address: here an account is needed.
    shown = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    if "CreateChangeSet" not in shown:
        raise SystemExit(f"it does not come as far as the change set: {shown[-2000:]}")
    given = json.loads(re.search(r"Parameter overrides\s*: (\{.*\})", shown)[1])
    wanted = {"MailFrom": "tokens@example.org", "MailIdentity": "example.org", "NoticeEmail": "you@example.org", "ProtectTable": "false"}
    if {key: given.get(key) for key in wanted} != wanted or not given.get("Release", "").isdigit():
        raise SystemExit(f"the parameters are {given}")


if __name__ == "__main__":
    main()
