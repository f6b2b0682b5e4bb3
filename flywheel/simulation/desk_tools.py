"""The support desk's database and the tools an agent works it with: real effects, real refusals, JSON schemas."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flywheel.records import JSON

Row = dict[str, JSON]
Effect = tuple[str, ...]

POLICY = {
    "refunds": "Refunds go back to the card that paid and take 5 to 7 working days. A charge taken twice is always refunded.",
    "returns": "Goods can be returned within 30 days of delivery. After that no refund is possible. Goods that arrive "
    "damaged are refunded in full within those 30 days.",
    "late parcels": "A parcel is late after its delivery date and lost when it has had no scan for 14 days. Late parcels "
    "are tracked, not replaced; lost parcels are replaced free of charge.",
    "address changes": "The address of an order can be changed until it is shipped. After that only the carrier can "
    "redirect the parcel.",
    "complaints": "A customer who threatens legal action or asks for a manager is escalated. The complaints team answers "
    "within one working day. Do not offer money before that.",
}


@dataclass(slots=True)
class Desk:
    """The shop's tables, keyed by id (shipments by order id); `effects` is what was changed, in order."""

    customers: dict[str, Row]
    orders: dict[str, Row]
    charges: dict[str, Row]
    shipments: dict[str, Row]
    effects: list[Effect] = field(default_factory=list)

    def call(self, tool: str, arguments: Mapping[str, JSON]) -> Row:
        """Run one tool; misuse and refusals come back as {"error": sentence}, as an agent would see them."""
        problem = misuse(tool, arguments)
        return {"error": problem} if problem else TOOLS[tool][0](self, arguments)

    def copy(self) -> "Desk":
        """An independent copy, so that several runs can go on from this state."""
        return copy.deepcopy(self)


def misuse(tool: str, arguments: Mapping[str, JSON]) -> str | None:
    """Why these arguments do not fit the tool's schema; None if they do."""
    if tool not in TOOLS:
        return f"There is no tool {tool}."
    properties = TOOLS[tool][1]["function"]["parameters"]["properties"]
    for name, schema in properties.items():
        if name not in arguments:
            return f"{tool} needs {name}."
        if not isinstance(arguments[name], (int, float) if schema["type"] == "number" else str):
            return f"{tool}: {name} must be a {schema['type']}."
        if arguments[name] not in schema.get("enum", [arguments[name]]):
            return f"{tool}: {name} must be one of {', '.join(schema['enum'])}."
    unknown = sorted(set(arguments) - set(properties))
    return f"{tool} does not take {unknown[0]}." if unknown else None


def _find_customer(desk: Desk, arguments: Mapping[str, JSON]) -> Row:
    found = [row for row in desk.customers.values() if row["email"] == arguments["email"]]
    if not found:
        return {"error": "No customer has this e-mail address."}
    theirs = [order for order in desk.orders.values() if order["customer_id"] == found[0]["customer_id"]]
    return {**found[0], "orders": [_in_short(desk, order) for order in theirs]}


def _in_short(desk: Desk, order: Row) -> Row:
    charges = [key for key, charge in desk.charges.items() if charge["order_id"] == order["order_id"]]
    return {"order_id": order["order_id"], "sku": order["sku"], "charges": charges}


def _get_order(desk: Desk, arguments: Mapping[str, JSON]) -> Row:
    return desk.orders.get(arguments["order_id"], {"error": "There is no such order."})


def _list_charges(desk: Desk, arguments: Mapping[str, JSON]) -> Row:
    theirs = {key for key, order in desk.orders.items() if order["customer_id"] == arguments["customer_id"]}
    return {"charges": [row for row in desk.charges.values() if row["order_id"] in theirs]}


def _track_shipment(desk: Desk, arguments: Mapping[str, JSON]) -> Row:
    return desk.shipments.get(arguments["order_id"], {"error": "This order has no shipment yet."})


def _search_policy(desk: Desk, arguments: Mapping[str, JSON]) -> Row:
    return {"topic": arguments["topic"], "text": POLICY[arguments["topic"]]}


def _refund(desk: Desk, arguments: Mapping[str, JSON]) -> Row:
    charge = desk.charges.get(arguments["charge_id"])
    if charge is None:
        return {"error": "There is no such charge."}
    if charge["status"] == "refunded":
        return {"error": "This charge is already refunded."}
    if not 0 < arguments["amount"] <= charge["amount"]:
        return {"error": f"The amount must lie between 0 and {charge['amount']:.2f}."}
    charge["status"] = "refunded"
    desk.effects.append(("refund", charge["charge_id"], f"{arguments['amount']:.2f}"))
    return {"charge_id": charge["charge_id"], "refunded": arguments["amount"], "status": "refunded"}


def _unshipped(desk: Desk, order_id: str) -> tuple[Row, str | None]:
    order = desk.orders.get(order_id)
    if order is None:
        return {}, "There is no such order."
    return order, None if order["status"] == "processing" else f"The order is already {order['status']}."


def _cancel_order(desk: Desk, arguments: Mapping[str, JSON]) -> Row:
    order, problem = _unshipped(desk, arguments["order_id"])
    if problem:
        return {"error": problem}
    order["status"] = "cancelled"
    desk.effects.append(("cancel", order["order_id"]))
    return {"order_id": order["order_id"], "status": "cancelled"}


def _update_address(desk: Desk, arguments: Mapping[str, JSON]) -> Row:
    order, problem = _unshipped(desk, arguments["order_id"])
    if problem:
        return {"error": problem}
    order["address"] = arguments["address"]
    desk.effects.append(("address", order["order_id"], arguments["address"]))
    return {"order_id": order["order_id"], "address": order["address"]}


def _send_replacement(desk: Desk, arguments: Mapping[str, JSON]) -> Row:
    order = desk.orders.get(arguments["order_id"])
    if order is None or order["sku"] != arguments["sku"]:
        return {"error": "This article is not part of that order."}
    desk.effects.append(("replace", order["order_id"], order["sku"]))
    return {"order_id": order["order_id"], "sku": order["sku"], "status": "replacement packed"}


def _escalate(desk: Desk, arguments: Mapping[str, JSON]) -> Row:
    if arguments["order_id"] not in desk.orders:
        return {"error": "There is no such order."}
    desk.effects.append(("escalate", arguments["order_id"]))
    return {"order_id": arguments["order_id"], "team": "complaints", "status": "open"}


def _schema(name: str, description: str, properties: Row) -> Row:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


_TEXT: Row = {"type": "string"}
_NUMBER: Row = {"type": "number"}
_TOPIC: Row = {"type": "string", "enum": list(POLICY)}

TOOLS: dict[str, tuple[Callable[[Desk, Mapping[str, JSON]], Row], Row]] = {
    schema["function"]["name"]: (function, schema)
    for function, schema in (
        (_find_customer, _schema("find_customer", "Find a customer by e-mail address.", {"email": _TEXT})),
        (_get_order, _schema("get_order", "Read one order.", {"order_id": _TEXT})),
        (_list_charges, _schema("list_charges", "All card charges of a customer.", {"customer_id": _TEXT})),
        (_track_shipment, _schema("track_shipment", "Where the parcel of an order is.", {"order_id": _TEXT})),
        (_search_policy, _schema("search_policy", "Read the shop's rules on a topic.", {"topic": _TOPIC})),
        (_refund, _schema("refund", "Pay back a charge.", {"charge_id": _TEXT, "amount": _NUMBER})),
        (_cancel_order, _schema("cancel_order", "Cancel an order that is not shipped.", {"order_id": _TEXT})),
        (
            _update_address,
            _schema("update_address", "Change where an order goes.", {"order_id": _TEXT, "address": _TEXT}),
        ),
        (
            _send_replacement,
            _schema("send_replacement", "Send an article again, free of charge.", {"order_id": _TEXT, "sku": _TEXT}),
        ),
        (
            _escalate,
            _schema("escalate", "Hand the case to the complaints team.", {"order_id": _TEXT, "reason": _TEXT}),
        ),
    )
}
SCHEMAS: tuple[Row, ...] = tuple(schema for _, schema in TOOLS.values())
