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
    dueAt: performance.now() + Number(form()?.dataset.secondsLeft) * 1000,
    isClosed: false,
    isDirty: false,
    isSaving: false,
    pointed: null, // the card last pointed at or focused
    texts: new Map(), // corrections by message, so that switching to another loses nothing
  });
}

export const headers = () => JSON.parse(document.body.getAttribute("hx-headers"));

export async function post(url, body) {
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

for (const sign of ["pointerover", "focusin"]) {
  document.addEventListener(sign, (event) => {
    const card = event.target.closest?.("[data-place]");
    if (card) work.pointed = card;
  });
}
