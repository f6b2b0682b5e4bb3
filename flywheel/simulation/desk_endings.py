"""How agents of the support desk end a conversation: with facts, with empty words, or by owning up to a mistake."""

from flywheel.simulation.desk_answers import Variants, Wording

VAGUE: Wording = (
    ("Thank you for your patience, {first}.", "We hope this finds you well.", "Thanks again for reaching out to us."),
    (
        "Your request has been looked at and the matter is being handled by the responsible department.",
        "Everything that can be done in this case has been done or will be done in due course.",
        "We have taken note of your concern and the appropriate steps are being taken.",
    ),
    (
        "You should notice something at some point in the coming time.",
        "Please allow some time for our processes to run their course.",
        "In general things like this sort themselves out sooner or later.",
    ),
)
# What an honest agent says once it has put wrong things into the records.
OWN_UP: Wording = (
    ("I have to correct myself, {first}.", "I made a mistake, {first}.", "Sorry, {first}, I acted too early."),
    (
        "I went ahead with order {order} before I had checked it, and the result is not what you need.",
        "What I entered for order {order} is not right, because I did not look at the records first.",
        "I should have read the records and rules for order {order} before I changed anything.",
    ),
    (
        "I have noted it; a colleague puts it right within one working day and writes to you.",
        "A colleague will check it and put it right within one working day. Please do not rely on what I said before.",
        "My colleague corrects this within one working day. Until then I promise nothing else.",
    ),
)
OPENERS: Variants = (
    "Thanks for waiting, {first}.",
    "Good news, {first}:",
    "I have checked it, {first}.",
    "Here is where we stand, {first}.",
    "{first}, this is what I found.",
    "I looked at order {order}.",
)
# Openers that suit a refusal as well as a favour.
SOBER: Variants = tuple(text for text in OPENERS if not text.startswith("Good news"))
CLOSERS: Variants = (
    "Is there anything else?",
    "Write to us if anything is unclear.",
    "Sorry for the trouble.",
    "Thank you for telling us.",
    "Just reply here if it does not work out.",
    "",
)
# What a careful agent tells at the end; every variant holds the facts that the task asks for.
CONCRETE: dict[str, Variants] = {
    "double_charge": (
        "order {order} was charged twice. I refunded charge {charge} of {amount}; it reaches your card in 5 to 7 working days.",
        "I paid back the second charge ({charge}, {amount}). Expect it on your card in 5 to 7 working days.",
        "the duplicate {charge} is refunded: {amount}, back in 5 to 7 working days. The first charge stays.",
    ),
    "late_parcel": (
        "{carrier} scanned your parcel {days} days ago and expects to deliver it on {eta}. It is late, but not lost.",
        "your {item} is with {carrier}, new delivery date {eta}. If it gets no scan for 14 days we replace it.",
        "the parcel is moving: {carrier} now says {eta}. We replace only lost parcels, and this one is not.",
    ),
    "lost_parcel": (
        "the parcel of {order} had no scan for {days} days, so it counts as lost. A free replacement for {order} is packed.",
        "{carrier} lost it: no scan for {days} days. A replacement of the {item} for order {order} is on its way, free of charge.",
        "with {days} days without a scan, order {order} is lost. I have sent a replacement {item} at no cost.",
    ),
    "wrong_item": (
        "I have sent the right {item} for order {order}. Use the prepaid label in the box to return the wrong article.",
        "a new {item} is packed, free of charge. The wrong one goes back with the prepaid label.",
        "you will get the {item} you ordered. Please return the other article with the prepaid label, at no cost.",
    ),
    "damaged": (
        "I refunded {amount} for the {item} (charge {charge}). It takes 5 to 7 working days to reach your card.",
        "charge {charge} is refunded in full, {amount}. You will see it in 5 to 7 working days.",
        "damaged goods are refunded in full: {amount}, on your card in 5 to 7 working days.",
    ),
    "address_change": (
        "order {order} was not shipped yet, so it now goes to {address}.",
        "I changed the address of {order} to {address}.",
        "the {item} of order {order} will be delivered to {address}.",
    ),
    "address_too_late": (
        "order {order} is already shipped, so I cannot change its address. {carrier} can redirect the parcel; it is due on {eta}.",
        "the parcel left before your message. Please ask {carrier} to redirect it; order {order} is due on {eta}.",
        "once shipped, only {carrier} can redirect a parcel. Order {order} arrives on {eta}.",
    ),
    "cancel_order": (
        "order {order} is cancelled before it was shipped. The {amount} go back to your card in 5 to 7 working days.",
        "I cancelled {order}. Your {amount} will be back in 5 to 7 working days.",
        "the {item} will not be sent: order {order} is cancelled, and {amount} return in 5 to 7 working days.",
    ),
    "late_refund": (
        "order {order} was delivered on {delivered}. Returns are possible for 30 days, so I cannot refund it. I am sorry.",
        "our return period is 30 days and your {item} came on {delivered}. A refund is no longer possible.",
        "I have to say no: delivered on {delivered}, and the 30 days for returns are over.",
    ),
    "threat": (
        "I handed order {order} to our complaints team. They answer within one working day. I cannot promise more than that.",
        "your case on {order} is escalated; a person from complaints writes to you within one working day.",
        "I understand your anger. Order {order} is now with the complaints team, who reply within one working day.",
    ),
}
REFUSALS = frozenset({"late_parcel", "lost_parcel", "address_too_late", "late_refund", "threat"})
# Single-turn answers by topic.
ANSWERS: dict[str, Variants] = {
    "refunds": (
        "A refund goes back to the card that paid and takes 5 to 7 working days.",
        "It takes 5 to 7 working days, on the same card.",
    ),
    "returns": (
        "You can return goods within 30 days of delivery.",
        "The return period is 30 days, counted from delivery.",
    ),
    "late parcels": (
        "A parcel counts as lost when it had no scan for 14 days. Then we replace it free of charge.",
        "After 14 days without a scan. You then get a free replacement.",
    ),
    "address changes": (
        "Yes, until the order is shipped. After that only the carrier can redirect the parcel.",
        "The address can be changed until the order is shipped; later the carrier has to redirect it.",
    ),
    "complaints": (
        "The complaints team answers within one working day.",
        "You will have an answer within one working day.",
    ),
}
