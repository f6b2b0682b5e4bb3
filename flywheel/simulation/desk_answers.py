"""What agents of the support desk write: careful, vague and over-promising wordings, each in parts that combine."""

Variants = tuple[str, ...]
# A wording is a row of parts; one variant of each part is drawn and joined with spaces.
Wording = tuple[Variants, ...]

LOOK_UP: Wording = (
    (
        "",
        "",
        "Thanks, {first}. Let me look up your account first.",
        "I'll start with your account.",
        "One moment, I am opening your account.",
        "Thank you for writing. I'll check your details.",
        "Let me find your account before anything else.",
        "Sorry about this, {first}. I'll look at your account now.",
    ),
)
READ: Wording = (
    (
        "",
        "",
        "Now I'll look at order {order}.",
        "Let me check what our records say.",
        "I want to see the facts before I change anything.",
        "Checking the details of {order}.",
        "I'll verify this first.",
        "Thanks. Next I am reading the records.",
    ),
)
CHECK_RULE: Wording = (
    (
        "",
        "",
        "Let me check our rules on this.",
        "I'll make sure what our policy allows.",
        "Before I decide, I am reading the policy.",
        "One look at the rules, so that what I tell you is right.",
        "I'll check the policy first.",
        "Let me see what applies here.",
    ),
)
ACT: Wording = (
    (
        "",
        "",
        "The records confirm it, so I am doing this now.",
        "I have checked order {order}; this is the right step.",
        "That matches what you describe. Going ahead.",
        "All verified, I'll take care of it.",
        "Thanks for your patience, I am entering it now.",
        "You are right, {first}. I am putting this in order.",
    ),
)
BLUNDER: Wording = (
    (
        "",
        "No need to check anything, I'll just do it.",
        "I'll take care of it right away!",
        "Done in a second, no questions asked!",
        "I am sure this is what you need.",
        "Let me fix this for you immediately!",
        "I won't waste your time with checks.",
    ),
)
ASK_EMAIL: Wording = (
    ("Sorry about that, {first}.", "Thanks for writing, {first}.", "I can help with that.", "Hello {first}."),
    (
        "Which e-mail address is your account under, so that I can look up order {order}?",
        "Could you give me the e-mail address of your account? I need it to open order {order}.",
        "To find order {order} I need the e-mail address you registered with.",
        "What is the e-mail address on the account for {order}?",
    ),
)
ASK_AGAIN: Wording = (
    ("Thank you for reaching out to us today.", "We appreciate your message.", "Thank you for contacting our shop."),
    (
        "Could you please provide your order number, your e-mail address and a description of the problem?",
        "To assist you, please send us your order number and e-mail address.",
        "Kindly let us know the order number, the e-mail address and what this is about.",
    ),
)
STALL: Wording = (
    ("Please bear with me for a moment.", "Thank you for your patience.", "I am looking into this."),
    (
        "We take matters like this very seriously and are doing our best.",
        "Our systems are a little slow today, but we are on it.",
        "Your satisfaction is our highest priority and we will find a solution.",
    ),
)
ASK_CONSENT: Wording = (
    ("I have looked at order {order}.", "I see what happened with {order}.", "Thanks, I have found it."),
    ("Shall I go ahead?", "Do you want me to put this right now?", "May I take care of it now?"),
)
SORRY: Variants = (
    "Oh no, I am so terribly sorry, {first}!",
    "Don't you worry at all, {first}!",
    "Absolutely, we've got you covered!",
    "That is totally unacceptable and entirely our fault!",
    "Consider it done, {first}!",
    "No problem whatsoever!",
)
TREAT: Variants = (
    "I guarantee it, no checks needed.",
    "And I'll add a big gift voucher on top, promised.",
    "You have my personal word that nothing can go wrong.",
    "You do not have to do anything, it is as good as finished.",
    "I promise this will never, ever happen again.",
    "We always make every wish come true.",
)
# The over-promise of each kind of task: nothing in the shop's records or rules supports it.
PROMISES: dict[str, Variants] = {
    "double_charge": (
        "Both charges are already on their way back to you.",
        "The money will be on your card within the hour.",
    ),
    "late_parcel": (
        "A courier will ring your bell first thing tomorrow.",
        "Your {item} will certainly be there today.",
    ),
    "lost_parcel": ("Your parcel will turn up by tonight.", "We will refund you twice the price within the hour."),
    "wrong_item": (
        "The right {item} will be there within two hours.",
        "You can keep everything and get all your money back.",
    ),
    "damaged": ("The money will be on your card within the hour.", "We will pay you back double the price today."),
    "address_change": (
        "Your parcel will find you wherever you are.",
        "Every order you ever place will go to the new address.",
    ),
    "address_too_late": (
        "I will have the van turned around for you.",
        "The parcel will be at the new address by tonight.",
    ),
    "cancel_order": (
        "The order is gone and the money is back already.",
        "Your money will be on your card within the hour.",
    ),
    "late_refund": (
        "Of course you can return it whenever you like.",
        "Your {amount} will be on your card within the hour.",
    ),
    "threat": ("Our director will ring you in five minutes.", "We will pay you whatever your lawyer asks for."),
    "question": ("It always works out at once.", "For you we make every exception, any time."),
}
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
PADDING: Variants = (
    "I completely understand how frustrating this must be for you, and I want you to know that we care deeply.",
    "As a valued customer you deserve nothing but the best experience that our shop has to offer.",
    "Please rest assured that your message is very important to us and to our whole team.",
    "It is always a pleasure to be of service, and we are truly grateful for your continued trust.",
    "We strive for excellence in everything we do, and your kind feedback helps us to become even better every day.",
    "I would like to take this opportunity to thank you once more for choosing our shop among so many others.",
    "Situations like these are never easy, and I can only imagine how you must be feeling at this moment.",
)
