// The item on the screen, and how every other module finds its parts.

export const byId = (id) => document.getElementById(id);
export const form = () => byId("answer");
export const field = (name) => form()?.elements[name];
export const clock = (moment) => new Date(moment).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
export const sides = () => Number(form()?.dataset.sides);

// What is known of the item on the screen; made anew for each.
export const work = {};

export function begin() {
  // The server writes its own time zone.
  for (const time of document.querySelectorAll("#work time")) time.textContent = clock(time.dateTime);
  Object.assign(work, {
    id: Symbol("item"),
    active: 0,
    beatAt: performance.now(),
    dueAt: performance.now() + Number(form()?.dataset.secondsLeft) * 1000,
    over: "", // why the item is no longer lent to the person
    isDirty: false,
    saving: Promise.resolve(),
    unsure: null, // a draft whose reply was lost
    pointed: null, // the card last pointed at or focused
    texts: new Map(), // corrections by message, so that switching to another loses nothing
  });
}

// Logging in again, in another tab, makes a new token: the cookie has it, the page still has the old one.
export function headers() {
  const found = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
  return { ...JSON.parse(document.body.getAttribute("hx-headers")), ...(found && { "X-CSRFToken": found[1] }) };
}
document.addEventListener("htmx:configRequest", ({ detail }) => {
  Object.assign(detail.headers, headers());
  delete detail.parameters.csrfmiddlewaretoken; // it would win over the header
});

// What a page or a part of one that came instead of the next item says; empty where it says nothing.
export const isWork = (text) => text.includes('id="work"');
export function saidBy(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  return page.querySelector("#notice p, .notice p, main p")?.textContent.trim() ?? "";
}

export async function post(url, body) {
  body.delete("csrfmiddlewaretoken");
  try {
    return await fetch(url, { method: "POST", body, headers: headers(), redirect: "error", keepalive: true });
  } catch {
    return null; // no connection, or logged out: the caller says what it means
  }
}

// A change made by a key or a button counts as typed.
export const changed = (element) => element.dispatchEvent(new Event("input", { bubbles: true }));

export function make(tag, text, more = {}) {
  return Object.assign(document.createElement(tag), { textContent: text, ...more });
}

export const button = (label, onclick) => make("button", label, { type: "button", className: "button", onclick });

export function alertOf(tone, sentence, ...buttons) {
  const found = make("div", "", { className: `notice ${tone}` });
  found.setAttribute("role", "alert");
  found.append(make("p", sentence), ...buttons);
  return found;
}

for (const sign of ["pointerover", "focusin"]) {
  document.addEventListener(sign, (event) => {
    const card = event.target.closest?.("[data-place]");
    if (card) work.pointed = card;
  });
}
