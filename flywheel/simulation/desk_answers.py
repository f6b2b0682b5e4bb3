"""What agents of the support desk write on the way: careful, careless and over-promising wordings, in parts that combine."""

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
PADDING: Variants = (
    "I completely understand how frustrating this must be for you, and I want you to know that we care deeply.",
    "As a valued customer you deserve nothing but the best experience that our shop has to offer.",
    "Please rest assured that your message is very important to us and to our whole team.",
    "It is always a pleasure to be of service, and we are truly grateful for your continued trust.",
    "We strive for excellence in everything we do, and your kind feedback helps us to become even better every day.",
    "I would like to take this opportunity to thank you once more for choosing our shop among so many others.",
    "Situations like these are never easy, and I can only imagine how you must be feeling at this moment.",
)
