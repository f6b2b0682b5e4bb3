"""What customers of the support desk write: openings by kind of task, and replies to the agent."""

# Every opening names the order; {contact} becomes a sentence with the e-mail address, a phone or card number, or nothing.
OPENINGS: dict[str, tuple[str, ...]] = {
    "double_charge": (
        "Hi, I was charged twice for order {order}. My statement shows {amount} two times on the same day. {contact}",
        "You took {amount} from my card twice for the {item}! It is order {order}. Please sort this out. {contact}",
        "Hello there, there are two identical charges of {amount} on my card for order {order}. I only bought one {item}. {contact}",
        "I think your shop billed me double. Order {order}, {amount} each time. Can I have one of them back? {contact}",
        "My bank app shows {amount} twice from you. I ordered a single {item} ({order}). What happened? {contact}",
        "Good morning. Order {order} was paid once by me and taken twice by you, {amount} both times. {contact}",
        "Why did I pay for my {item} two times? {amount} and again {amount}, order number {order}. {contact}",
    ),
    "late_parcel": (
        "My {item} should have been here by now and it is not. Order {order}. Where is it? {contact}",
        "Hi! Order {order} is late. I was told it would come this week. Can you check what is going on? {contact}",
        "Still waiting for the {item} from order {order}. Just send me a new one, please. {contact}",
        "The parcel with my {item} has not come yet, although the delivery date has passed. Order number {order}. {contact}",
        "Could you tell me when order {order} arrives? It is a birthday present and I am getting nervous. {contact}",
        "No {item}, no message, nothing. Order {order} was due days ago. {contact}",
    ),
    "lost_parcel": (
        "Order {order} has been on its way for three weeks and the tracking does not move any more. {contact}",
        "I believe my {item} is lost. The last tracking entry for {order} is more than two weeks old. {contact}",
        "Hello, the parcel of order {order} seems to have vanished. No scan since ages. What now? {contact}",
        "My neighbour's parcels all arrive, mine does not: {order}, one {item}, stuck for weeks. {contact}",
        "Has anybody looked for my {item}? Order {order}, the carrier's page shows nothing new. {contact}",
        "Three weeks, no parcel. Order {order}. Please do something about it. {contact}",
    ),
    "wrong_item": (
        "I ordered a {item} and got something else entirely. Order {order}. {contact}",
        "The box of order {order} did not contain the {item}. Someone must have mixed up the parcels. {contact}",
        "Hi, you sent me the wrong article! I wanted the {item} ({order}). Please send the right one. {contact}",
        "There is a mistake in order {order}: a stranger's goods instead of my {item}. {contact}",
        "Opened my parcel today and it was not the {item}. The order number is {order}. {contact}",
        "Wrong thing in the parcel, right label on it. Order {order}, it should be a {item}. {contact}",
    ),
    "damaged": (
        "The {item} from order {order} arrived broken. I would like my money back. {contact}",
        "Hello, my {item} has a crack right through the middle. Order {order}. I want a refund. {contact}",
        "Your parcel service crushed order {order}. The {item} is useless. Please refund me. {contact}",
        "I am quite disappointed: the {item} ({order}) came damaged. No replacement please, just the money. {contact}",
        "Unpacked the {item} yesterday and it does not work at all. Order {order}. Refund, please. {contact}",
        "One {item}, in pieces. That is what order {order} looks like. Can I be refunded? {contact}",
    ),
    "address_change": (
        "I have moved! Please send order {order} to {address} instead. {contact}",
        "Hi, I typed an old address for order {order}. The right one is {address}. {contact}",
        "Can the {item} of order {order} still go to {address}? I gave you my former flat by mistake. {contact}",
        "Please change the delivery address of {order}. New one: {address}. {contact}",
        "Wrong street in my order {order}, sorry. It must be {address}. {contact}",
        "Quick one: order {order} should be delivered to {address}, not to my office. {contact}",
    ),
    "cancel_order": (
        "Please cancel order {order}. I found the {item} at a friend's place. {contact}",
        "I do not need the {item} any more. Can you cancel {order} before it leaves? {contact}",
        "Hello, I ordered by mistake. It is order {order}, please stop it. {contact}",
        "Order {order} was a slip of my finger, I never wanted a {item}. Cancel it, please. {contact}",
        "Can I still call off order {order}? Plans have changed. {contact}",
        "Kindly cancel my purchase of the {item}, number {order}. {contact}",
    ),
    "late_refund": (
        "I never used the {item} from order {order} and would like to send it back for a refund. {contact}",
        "The {item} is not for me after all. Order {order}. How do I get my {amount} back? {contact}",
        "Hi, I want to return order {order}. It has been in the cupboard since it came. {contact}",
        "Please refund {amount} for order {order}. The {item} does not match my kitchen. {contact}",
        "I know it has been a while, but can I return the {item}? Order number {order}. {contact}",
        "Refund for {order}, please. I changed my mind about the {item}. {contact}",
    ),
    "threat": (
        "This is the third time I write about order {order}. Get me a manager or you will hear from my lawyer. {contact}",
        "I am done being polite. Order {order} is a disgrace, and my solicitor has the papers. {contact}",
        "Your {item} ruined my weekend and nobody answers. I want to speak to whoever is in charge. Order {order}. {contact}",
        "Unbelievable service. Put me through to a supervisor about {order} now. {contact}",
        "If nobody responsible calls me about order {order}, I will take legal action. {contact}",
        "Manager. Now. Order {order}. I have waited long enough. {contact}",
    ),
}

CONTACT = (
    "My e-mail is {email}.",
    "You can find me under {email}.",
    "I am registered as {email}, phone {phone}.",
    "Reach me at {email} or {phone}.",
    "I paid with card {card}; my e-mail is {email}.",
    "Thanks, {name} ({email})",
)
NO_CONTACT = (
    "Thanks, {first}",
    "Regards, {name}",
    "{first}",
    "Please hurry. {first}",
    "Call me on {phone}. {name}",
    "Best, {name}",
)

GIVE_EMAIL = (
    "Sure, it is {email}.",
    "{email}",
    "My e-mail address is {email}. Please be quick.",
    "It should be under {email}, I think.",
    "Of course: {email}. My phone is {phone} in case you need it.",
    "I used {email} for the order.",
)
REPEAT = (
    "I have already told you: order {order}, {email}.",
    "It is in my first message. {order}, and {email}.",
    "Again? {email}, order {order}.",
    "As I wrote above, the order is {order} and my e-mail {email}.",
    "{order}. {email}. Can you please look now?",
    "Please read what I wrote: {order}, {email}.",
)
HOPEFUL = (
    "Oh, great! And how exactly does that work?",
    "Really? I do not see anything yet.",
    "That sounds good, but have you looked at my order at all?",
    "Wonderful. When will I notice it?",
    "Are you sure? Last time somebody told me the same.",
    "OK, I take your word for it. What is the next step?",
)
WAITING = (
    "All right, I am waiting.",
    "Fine. How long will it take?",
    "OK.",
    "I have been waiting for ten minutes now.",
    "Please go on.",
    "Sure, take a look.",
)
CONFIRM = (
    "Yes, please.",
    "Yes, go ahead.",
    "That is what I asked for, yes.",
    "Please do.",
    "Of course.",
    "Yes. Thank you.",
)

# Single-turn questions by topic.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "refunds": (
        "How long does a refund take?",
        "When do I see the money of a refund on my card?",
        "I sent something back. How many days until I have my money?",
    ),
    "returns": (
        "How long can I send things back?",
        "Until when may I return a {item}?",
        "What is your return period, please?",
    ),
    "late parcels": (
        "When do you treat a parcel as lost?",
        "My tracking has been silent for a while. After how many days is a parcel lost?",
        "After how long without a scan do I get a replacement?",
    ),
    "address changes": (
        "Can I change the address of my order afterwards?",
        "My {item} has to go somewhere else. Until when can the address be changed?",
        "Is it possible to change the delivery address of an order?",
    ),
    "complaints": (
        "I have made a complaint. When will somebody answer?",
        "How quickly does your complaints team reply?",
        "When can I expect to hear from the complaints team?",
    ),
}
GREETINGS = ("Hi!", "Hello,", "Good evening.", "Quick question:", "Dear team,", "Hey there.", "")
