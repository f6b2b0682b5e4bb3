"""Kinds of requests at the support desk, as data: what to read, which rule holds, what is right and what tempts."""

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel.records import JSON


@dataclass(frozen=True, slots=True)
class Call:
    """A tool and, for each argument, the name of the fact that it takes."""

    tool: str
    arguments: Mapping[str, str]

    def filled(self, facts: Mapping[str, JSON]) -> dict[str, JSON]:
        """The arguments for these facts."""
        return {name: facts[fact] for name, fact in self.arguments.items()}


ORDER = Call("get_order", {"order_id": "order"})
CHARGES = Call("list_charges", {"customer_id": "customer_id"})
SHIPMENT = Call("track_shipment", {"order_id": "order"})
REFUND = Call("refund", {"charge_id": "charge", "amount": "price"})
REFUND_OTHER = Call("refund", {"charge_id": "older_charge", "amount": "older_price"})
REPLACE = Call("send_replacement", {"order_id": "order", "sku": "sku"})
READDRESS = Call("update_address", {"order_id": "order", "address": "address"})
READDRESS_OTHER = Call("update_address", {"order_id": "older_order", "address": "address"})
CANCEL = Call("cancel_order", {"order_id": "order"})
CANCEL_OTHER = Call("cancel_order", {"order_id": "older_order"})
ESCALATE = Call("escalate", {"order_id": "order", "reason": "reason"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request: the order's status, days since delivery or the last scan, what to read, the rule, the right
    act, the tempting wrong one, and the facts that the last message must hold."""

    status: str
    days: tuple[int, int]
    evidence: tuple[Call, ...]
    topic: str | None
    act: Call | None
    blunder: Call
    told: tuple[str, ...]


KINDS: dict[str, Kind] = {
    "double_charge": Kind("delivered", (2, 20), (CHARGES,), None, REFUND, REFUND_OTHER, ("{amount}", "5 to 7 working days")),
    "late_parcel": Kind("shipped", (1, 6), (ORDER, SHIPMENT), "late parcels", None, REPLACE, ("{eta}", "{carrier}")),
    "lost_parcel": Kind("shipped", (15, 24), (SHIPMENT,), "late parcels", REPLACE, REFUND, ("replacement", "{order}")),
    "wrong_item": Kind("delivered", (1, 9), (ORDER,), None, REPLACE, REFUND, ("{item}", "prepaid label")),
    "damaged": Kind("delivered", (1, 20), (ORDER, CHARGES), "returns", REFUND, REFUND_OTHER, ("{amount}", "5 to 7 working days")),
    "address_change": Kind("processing", (0, 1), (ORDER,), None, READDRESS, READDRESS_OTHER, ("{address}",)),
    "address_too_late": Kind("shipped", (1, 4), (ORDER, SHIPMENT), "address changes", None, READDRESS, ("{carrier}", "{eta}")),
    "cancel_order": Kind("processing", (0, 1), (ORDER,), None, CANCEL, CANCEL_OTHER, ("{order}", "{amount}")),
    "late_refund": Kind("delivered", (45, 90), (ORDER,), "returns", None, REFUND, ("30 days", "{delivered}")),
    "threat": Kind("delivered", (3, 30), (CHARGES,), "complaints", ESCALATE, REFUND, ("one working day", "{order}")),
}  # fmt: skip
QUESTION_FACTS = {
    "refunds": "5 to 7 working days",
    "returns": "30 days",
    "late parcels": "14 days",
    "address changes": "shipped",
    "complaints": "one working day",
}
