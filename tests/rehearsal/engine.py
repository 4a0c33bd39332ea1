"""A small CloudFormation: creates, updates and deletes the resources of a template through the interfaces of the services.

What a property means is known by `services.py`, which calls a local stand-in of each service. What an update replaces, what `Ref` and
`GetAtt` may be asked for, and which names are unique are read off the schemas of the resource types, as AWS publishes them.
"""

import copy
import hashlib
import re
from pathlib import Path

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from constraints import Refused, checked

ACCOUNT, REGION = "123456789012", "us-east-1"
PSEUDO = {
    "AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = object()


class ManagedPolicies:
    """The policies of AWS's own that the translator of SAM names."""

    def load(self):
        return {name: f"arn:aws:iam::aws:policy/{name}" for name in ("AWSCodeDeployRoleForLambda",)}


class Resource:
    """A resource that was created."""

    def __init__(self, kind, properties, physical, attributes, policy):
        self.kind, self.properties, self.physical, self.attributes, self.policy = kind, properties, physical, attributes, policy


def schema(kind):
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema


def names(kind, key):
    """The properties that a schema lists under this key, without the path before them."""
    return {path.removeprefix("/properties/") for path in schema(kind).get(key, [])}


def read(path, parameters, code):
    """A template as the service gets it: packaged, which puts the code of functions into a bucket, and without SAM."""
    template = yaml_parse(Path(path).read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://artifacts/{code}-{Path(resource['Properties']['CodeUri']).name}"
    if "Transform" in template:
        template = transform(template, dict(parameters), ManagedPolicies())
    # Without the dates and other types of YAML that JSON has not.
    return template


class Stack:
    """A stack, and what it created."""

    def __init__(self, engine, name, path):
        self.engine, self.name, self.path = engine, name, Path(path)
        self.resources, self.outputs, self.parameters, self.code = {}, {}, {}, "1"
        # What was replaced by an update, and is there until its end.
        self.outdated = []

    # Reading a template.

    def condition(self, name):
        return self.truth(self.template["Conditions"][name])

    def truth(self, what):
        if "Condition" in what:
            return self.condition(what["Condition"])
        if "Fn::Equals" in what:
            first, second = (self.value(part) for part in what["Fn::Equals"])
            return str(first) == str(second)
        if "Fn::Not" in what:
            return not self.truth(what["Fn::Not"][0])
        if "Fn::And" in what:
            return all(self.truth(part) for part in what["Fn::And"])
        if "Fn::Or" in what:
            return any(self.truth(part) for part in what["Fn::Or"])
        raise Refused(f"no condition: {what}")

    def ref(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        if name == "AWS::StackName":
            return self.name
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            value = self.parameters[name]
            return value.split(",") if self.template["Parameters"][name]["Type"] == "CommaDelimitedList" else value
        if name not in self.resources:
            raise Refused(f"{self.path.name}: {name} is referred to and not there")
        return self.resources[name].physical

    def attribute(self, name, attribute):
        if name not in self.resources:
            raise Refused(f"{self.path.name}: {name}.{attribute} is referred to and not there")
        resource = self.resources[name]
        if resource.kind != "AWS::CloudFormation::Stack" and attribute not in names(resource.kind, "readOnlyProperties"):
            raise Refused(f"{resource.kind} has no attribute {attribute}")
        if attribute not in resource.attributes:
            raise Refused(f"{self.path.name}: {name} has no {attribute}")
        return resource.attributes[attribute]

    def value(self, what):
        """A value with its functions resolved."""
        if isinstance(what, list):
            return [value for value in map(self.value, what) if value is not NO_VALUE]
        if isinstance(what, str):
            return self.resolved(what)
        if not isinstance(what, dict):
            return what
        if len(what) == 1:
            (function, argument), = what.items()
            if function == "Ref":
                return self.ref(argument)
            if function == "Fn::GetAtt":
                name, attribute = argument.split(".", 1) if isinstance(argument, str) else (argument[0], ".".join(argument[1:]))
                return self.attribute(name, attribute)
            if function == "Fn::If":
                return self.value(argument[1 if self.condition(argument[0]) else 2])
            if function == "Fn::Sub":
                text, given = argument if isinstance(argument, list) else (argument, {})
                return self.resolved(re.sub(r"\$\{([^!][^}]*)\}", lambda match: str(self.part(match[1].strip(), given)), text))
            if function == "Fn::Join":
                return argument[0].join(str(part) for part in self.value(argument[1]))
            if function == "Fn::Split":
                return str(self.value(argument[1])).split(argument[0])
            if function == "Fn::Select":
                return self.value(argument[1])[int(argument[0])]
            if function.startswith("Fn::"):
                raise Refused(f"the engine does not know {function}")
        values = {key: self.value(value) for key, value in what.items()}
        return {key: value for key, value in values.items() if value is not NO_VALUE}

    def resolved(self, text):
        """A text with its dynamic references to secrets, of which only that one whole text is used here."""
        found = re.fullmatch(r"\{\{resolve:secretsmanager:(.+)\}\}", text)
        if "{{resolve:" in text and not found:
            raise Refused(f"the engine does not know {text}")
        return self.engine.services.secret(found[1]) if found else text

    def part(self, name, given):
        if name in given:
            return self.value(given[name])
        return self.attribute(*name.split(".", 1)) if "." in name else self.ref(name)

    def order(self, wanted):
        """The resources, each after those that it refers to or depends on."""
        done, order = set(), []

        def visit(name, above):
            if name in above:
                raise Refused(f"circular dependency: {' → '.join([*above, name])}")
            if name in done or name not in wanted:
                return
            for other in self.needs(self.template["Resources"][name]):
                visit(other, [*above, name])
            done.add(name)
            order.append(name)

        for name in wanted:
            visit(name, [])
        return order

    def needs(self, resource):
        found = resource.get("DependsOn", [])
        found = [found] if isinstance(found, str) else list(found)
        if unknown := [name for name in found if name not in self.template["Resources"]]:
            raise Refused(f"{self.path.name}: DependsOn names {unknown[0]}, which is no resource")

        def look(what):
            if isinstance(what, list):
                for one in what:
                    look(one)
            elif isinstance(what, dict):
                if set(what) == {"Fn::If"}:
                    look(what["Fn::If"][1 if self.condition(what["Fn::If"][0]) else 2])
                    return
                for key, value in what.items():
                    if key == "Ref":
                        found.append(value)
                    elif key == "Fn::GetAtt":
                        found.append(value.split(".")[0] if isinstance(value, str) else value[0])
                    elif key == "Fn::Sub":
                        text = value[0] if isinstance(value, list) else value
                        found.extend(re.findall(r"\$\{([A-Za-z0-9]+)[.}]", text))
                        if isinstance(value, list):
                            look(value[1])
                    else:
                        look(value)

        look([resource.get(part, {}) for part in ("Properties", "UpdatePolicy")])
        return [name for name in found if name in self.template["Resources"]]

    # Changing what exists.

    def load(self, given):
        self.template = read(self.path, given, self.code)
        self.parameters = checked(self.path.name, self.template, given)

    def wanted(self):
        resources = self.template["Resources"]
        return [name for name, resource in resources.items() if "Condition" not in resource or self.condition(resource["Condition"])]

    def create(self, given):
        self.load(given)
        try:
            for name in self.order(self.wanted()):
                self.make(name)
            self.output()
        except Refused:
            self.remove(list(self.resources), first_creation=True)
            raise
        return self

    def update(self, given, meanwhile=lambda: None):
        """Creates, changes and removes what differs from before. It does not take a failed update back. `meanwhile` is called while what
        was replaced is still there."""
        before = set(self.resources)
        self.load(given)
        wanted = self.order(self.wanted())
        for name in wanted:
            if name in before:
                self.change(name)
            else:
                self.make(name)
        meanwhile()
        while self.outdated:
            self.engine.services.delete(*self.outdated.pop())
        self.remove([name for name in self.resources if name not in wanted])
        self.output()
        return self

    def delete(self):
        self.remove(list(self.resources))

    def output(self):
        declared = self.template.get("Outputs", {})
        shown = {k: v for k, v in declared.items() if "Condition" not in v or self.condition(v["Condition"])}
        self.outputs = {name: self.value(output["Value"]) for name, output in shown.items()}

    def make(self, name):
        template = self.template["Resources"][name]
        kind, properties = template["Type"], self.value(copy.deepcopy(template.get("Properties", {})))
        policy = (template.get("DeletionPolicy", "Delete"), template.get("UpdateReplacePolicy", "Delete"))
        if kind == "AWS::CloudFormation::Stack":
            nested = Stack(self.engine, f"{self.name}-{name}", self.path.parent / properties["TemplateURL"])
            nested.create(properties.get("Parameters", {}))
            attributes = {f"Outputs.{key}": value for key, value in nested.outputs.items()}
            self.resources[name] = Resource(kind, properties, nested, attributes, policy)
            return
        # A name of the engine's own, as CloudFormation makes one up where the template has none.
        digest = hashlib.sha256(f"{self.name}/{name}/{self.engine.count()}".encode()).hexdigest()[:12].upper()
        physical, attributes = self.engine.services.create(kind, properties, f"{self.name}-{name}-{digest}")
        self.resources[name] = Resource(kind, properties, physical, attributes, policy)

    def change(self, name):
        template, old = self.template["Resources"][name], self.resources[name]
        properties = self.value(copy.deepcopy(template.get("Properties", {})))
        old.policy = (template.get("DeletionPolicy", "Delete"), template.get("UpdateReplacePolicy", "Delete"))
        if old.kind == "AWS::CloudFormation::Stack":
            old.physical.code = self.code
            old.physical.update(properties.get("Parameters", {}))
            old.properties, old.attributes = properties, {f"Outputs.{key}": value for key, value in old.physical.outputs.items()}
            return
        changed = {key for key in {*properties, *old.properties} if properties.get(key) != old.properties.get(key)}
        if not changed:
            return
        replacing = changed & names(old.kind, "createOnlyProperties")
        if not replacing:
            if deployment := template.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate"):
                self.engine.services.begin_deployment(**self.value(deployment))
            self.engine.services.update(old.kind, old.physical, properties, changed)
            old.properties = properties
            return
        own = names(old.kind, "primaryIdentifier") & set(properties) - names(old.kind, "readOnlyProperties")
        if own and not replacing & own:
            raise Refused(f"{name} has a name of its own and would be replaced, because of {sorted(replacing)}")
        self.engine.replaced.append(f"{self.name}/{name}")
        self.make(name)
        if old.policy[1] == "Delete":
            self.outdated.append((old.kind, old.physical, old.properties))

    def remove(self, gone, first_creation=False):
        """Removes resources, the last made first. Of those that are retained only what the stack knew is forgotten."""
        for name in [name for name in reversed(list(self.resources)) if name in gone]:
            resource = self.resources.pop(name)
            keeps = resource.policy[0] == "Retain" or (resource.policy[0] == "RetainExceptOnCreate" and not first_creation)
            if resource.kind == "AWS::CloudFormation::Stack":
                resource.physical.remove(list(resource.physical.resources), first_creation)
            elif keeps:
                self.engine.retained.append(resource.physical)
            else:
                try:
                    self.engine.services.delete(resource.kind, resource.physical, resource.properties)
                except Refused as refused:
                    self.engine.left.append(f"{resource.physical}: {refused}")


class Engine:
    """Stacks on the same services."""

    def __init__(self, services):
        self.services, self.made = services, 0
        # What a replaced resource, a retained one and one that could not be deleted were called.
        self.replaced, self.retained, self.left = [], [], []

    def count(self):
        self.made += 1
        return self.made

    def stack(self, name, path):
        return Stack(self, name, path)
