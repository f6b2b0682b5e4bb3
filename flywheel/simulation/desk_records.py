"""The people, goods and records behind one request at the support desk."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from flywheel.records import JSON
from flywheel.simulation.desk_kinds import KINDS, Kind
from flywheel.simulation.desk_policies import pick
from flywheel.simulation.desk_tools import Desk

FIRST_NAMES = ("Amara", "Bruno", "Carla", "Dmitri", "Elif", "Farid", "Greta", "Hana", "Ivo", "Jonas", "Keiko", "Lucia")
LAST_NAMES = (
    "Abara",
    "Brandt",
    "Costa",
    "Dahl",
    "Evans",
    "Fischer",
    "Gupta",
    "Hansen",
    "Ito",
    "Jansen",
    "Kowal",
    "Lopes",
)
ITEMS = (
    ("desk lamp", "LMP", 49.9), ("wool blanket", "BLK", 89.0), ("tea kettle", "KTL", 39.5), ("paper lantern", "LNT", 18.75),
    ("cotton rug", "RUG", 129.0), ("bread knife", "KNF", 27.4), ("hand loom", "LOM", 219.0), ("linen curtain", "CRT", 64.2),
)  # fmt: skip
STREETS = ("Mill Lane", "Harbour Street", "Oak Avenue", "Station Road", "Garden Walk", "Chapel Hill")
CITIES = ("Ashford", "Brookfield", "Clearwater", "Dunmore", "Eastvale", "Fairhaven")
CARRIERS = ("Northline Parcel", "Swift Post", "Blue Van Express")
# Numbers from ranges that are reserved for tests and fiction, in shapes that a sanitiser must find.
CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "4242 4242 4242 4242", "4000 0566 5566 5556")
MAIL_HOSTS = ("example.com", "example.org", "example.net")


def facts_of(rule: Kind, today: date, rng: np.random.Generator) -> dict[str, JSON]:
    """Names, numbers and dates of one request; the older order is the customer's earlier purchase."""
    first, last = pick(FIRST_NAMES, rng), pick(LAST_NAMES, rng)
    (item, sku, price), (older_item, older_sku, older_price) = (ITEMS[i] for i in rng.permutation(len(ITEMS))[:2])
    number, days = int(rng.integers(1000, 9000)), int(rng.integers(rule.days[0], rule.days[1] + 1))
    street, older_street = (STREETS[i] for i in rng.permutation(len(STREETS))[:2])
    return {
        "first": first, "name": f"{first} {last}",
        "email": f"{first}.{last}{rng.integers(10, 99)}@{pick(MAIL_HOSTS, rng)}".lower(),
        "guess": f"{first}{last}@{MAIL_HOSTS[0]}".lower(),
        "phone": f"+1 202-555-01{rng.integers(100):02d}", "card": pick(CARDS, rng), "customer_id": f"C{number + 31}",
        "order": f"LL-{number + 517}", "item": item, "sku": f"{sku}-{rng.integers(10, 99)}", "price": price,
        "amount": f"{price:.2f} EUR", "charge": f"CH-{2 * number + 1}", "first_charge": f"CH-{2 * number}",
        "older_order": f"LL-{number}", "older_item": older_item, "older_sku": f"{older_sku}-{rng.integers(10, 99)}", "older_price": older_price,
        "older_charge": f"CH-{2 * number - 77}", "days": days, "carrier": pick(CARRIERS, rng),
        "address": f"{rng.integers(1, 99)} {street}, {pick(CITIES, rng)}",
        "former": f"{rng.integers(1, 99)} {older_street}, {pick(CITIES, rng)}",
        "placed": str(today - timedelta(days=days + 4)), "delivered": str(today - timedelta(days=days)),
        "older": str(today - timedelta(days=days + 90)), "eta": str(today + timedelta(days=int(rng.integers(1, 6)))),
        "today": str(today), "reason": "asks for a manager",
    }  # fmt: skip


def records(kind: str, facts: Mapping[str, JSON]) -> Desk:
    """The tables behind the facts: one customer, the order in question, an older one, and their charges."""
    status, customer = KINDS[kind].status, facts["customer_id"]
    arrived = {"delivered": facts["delivered"]} if status == "delivered" else {}
    charges = ["first_charge", "charge"] if kind == "double_charge" else ["charge"]
    return Desk(
        customers={customer: {"customer_id": customer} | {key: facts[key] for key in ("name", "email", "phone")}},
        orders={
            facts["older_order"]: _order(facts, "older_", "delivered", facts["older"]),
            facts["order"]: _order(facts, "", status, facts["placed"]) | arrived,
        },
        charges={facts["older_charge"]: _charge(facts, "older_charge", "older_", facts["older"])}
        | {facts[key]: _charge(facts, key, "", facts["placed"]) for key in charges},
        shipments={facts["order"]: _shipment(facts)} if status == "shipped" else {},
    )


def _order(facts: Mapping[str, JSON], which: str, status: str, placed: str) -> dict[str, JSON]:
    goods = {key: facts[which + key] for key in ("item", "sku", "price")}
    order = {
        "order_id": facts[which + "order"],
        "customer_id": facts["customer_id"],
        "placed": placed,
        "status": status,
    }
    return order | goods | {"address": facts["former"]}


def _charge(facts: Mapping[str, JSON], key: str, which: str, on: str) -> dict[str, JSON]:
    card = f"ending {facts['card'][-4:]}"
    ids = {"charge_id": facts[key], "order_id": facts[which + "order"]}
    return ids | {"amount": facts[which + "price"], "on": on, "card": card, "status": "captured"}


def _shipment(facts: Mapping[str, JSON]) -> dict[str, JSON]:
    return {
        "carrier": facts["carrier"],
        "status": "in transit",
        "days_since_scan": facts["days"],
        "expected": facts["eta"],
    }
