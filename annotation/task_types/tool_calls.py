"""Tool calls that a person writes for the agent, checked against the tools that the run had."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import SchemaError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from annotation.errors import Invalid
from annotation.task_types.texts import LONGEST, checked_list
from flywheel.formats import shape
from flywheel.formats.messages import call_arguments
from flywheel.records import BadInput

MOST = 50
SHOWN = 120  # characters of what a schema's own message quotes
NOTHING: Registry[Any] = Registry()  # a schema that points elsewhere is never fetched


def calls_of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The calls of a message as people write them: [{name, arguments}]."""
    calls = message.get("tool_calls") or []
    return [{"name": call["function"]["name"], "arguments": call_arguments(call)} for call in calls]


def checked_calls(value: Any, *, tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The calls as stored: of known tools, with arguments that fit their schemas."""
    schemas = {name: schema for name, schema in map(named_schema, tools) if name}
    return [checked_call(entry, schemas) for entry in checked_list(value, "tool calls", MOST)]


def named_schema(tool: Mapping[str, Any]) -> tuple[str, Any]:
    """A tool's name and the schema of its arguments, as OpenAI or Anthropic write them."""
    nested = tool.get("function")
    function = nested if isinstance(nested, dict) else tool
    return str(function.get("name") or ""), function.get("parameters", function.get("input_schema"))


def checked_call(entry: dict[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """One call; refused with the name of the argument that does not fit."""
    name, arguments = entry.get("name"), entry.get("arguments")
    try:
        name = shape.identifier(name, "The tool's name")
        shape.check_json(arguments)
    except BadInput as problem:
        raise Invalid(str(problem)) from problem
    if schemas and name not in schemas:
        raise Invalid(f"This run has no tool called {name}; choose among {', '.join(sorted(schemas))}.")
    if not isinstance(arguments, dict):
        raise Invalid(f"The arguments of {name} must be an object, such as {{}}.")
    if len(json.dumps(arguments)) > LONGEST:
        raise Invalid(f"The arguments of {name} are longer than {LONGEST:,} characters; shorten them.")
    if isinstance(schemas.get(name), dict) and (wrong := misfit(arguments, schemas[name])):
        raise Invalid(f"The call of {name} does not fit the tool: {wrong}.")
    return {"name": name, "arguments": arguments}


def misfit(arguments: dict[str, Any], schema: dict[str, Any]) -> str:
    """What is wrong with the arguments, naming the one; empty if they fit, or if the schema itself is broken."""
    try:
        Draft202012Validator.check_schema(schema)
        found = best_match(Draft202012Validator(schema, registry=NOTHING).iter_errors(arguments))
    except (SchemaError, Unresolvable):
        return ""
    return sentence(found) if found else ""


def sentence(error: ValidationError) -> str:
    """A schema's complaint as part of a sentence."""
    where = spelled(error.absolute_path)
    argument = f"the argument “{where}”" if where else "the arguments"
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"the argument “{spelled([*error.absolute_path, missing])}” is missing"
    if error.validator == "type":
        wanted = error.validator_value
        kinds = " or ".join(wanted) if isinstance(wanted, list) else wanted
        return f"{argument} must be of type {kinds}, not {shape.kind(error.instance)}"
    if error.validator == "enum":
        return f"{argument} must be one of {', '.join(map(str, error.validator_value))[:SHOWN]}"
    return f"{argument}: {error.message[:SHOWN]}"


def spelled(path: Iterable[Any]) -> str:
    """A place in the arguments, such as address/lines/0."""
    return "/".join(map(str, path))
