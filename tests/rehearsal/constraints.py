"""The values that a template takes: types, patterns and rules, as CloudFormation checks them before it changes anything."""

import re

# AWS refuses more.
MOST_RESOURCES, MOST_PARAMETERS = 500, 200


class Refused(Exception):
    """What the engine does not create or change; the text says why."""


def checked(file, template, given):
    """The values of the parameters of a template, held against what it says of them."""
    declared = template.get("Parameters", {})
    if unknown := set(given) - set(declared):
        raise Refused(f"{file}: there is no parameter {sorted(unknown)[0]}")
    if len(declared) > MOST_PARAMETERS or len(template["Resources"]) > MOST_RESOURCES:
        raise Refused(f"{file}: too many parameters or resources")
    values = {}
    for name, slot in declared.items():
        if name not in given and "Default" not in slot:
            raise Refused(f"{file}: the parameter {name} must have a value")
        value = str(given.get(name, slot.get("Default")))
        pattern, allowed = slot.get("AllowedPattern"), slot.get("AllowedValues")
        if pattern and not re.fullmatch(pattern, value):
            raise Refused(f"{name} failed to satisfy constraint: {slot.get('ConstraintDescription', pattern)}")
        if allowed and value not in [str(one) for one in allowed]:
            raise Refused(f"{name} must be one of {allowed}")
        if len(value) > int(slot.get("MaxLength", 4096)):
            raise Refused(f"{name} is too long")
        if slot["Type"] == "Number" and not float(slot.get("MinValue", "-inf")) <= float(value) <= float(slot.get("MaxValue", "inf")):
            raise Refused(f"{name} is too small or too large")
        values[name] = value
    for rule in template.get("Rules", {}).values():
        if "RuleCondition" not in rule or holds(rule["RuleCondition"], values):
            for assertion in rule["Assertions"]:
                if not holds(assertion["Assert"], values):
                    raise Refused(assertion["AssertDescription"])
    return values


def holds(what, values):
    """A condition of a rule, which is about parameters only."""
    (function, parts), = what.items()
    if function == "Fn::Equals":
        first, second = (values[part["Ref"]] if isinstance(part, dict) else str(part) for part in parts)
        return first == second
    found = [holds(part, values) for part in parts]
    return {"Fn::Not": lambda: not found[0], "Fn::And": lambda: all(found), "Fn::Or": lambda: any(found)}[function]()
