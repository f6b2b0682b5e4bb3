// The annotate screen: keys, drafts, the lease, active time, and what happens when an answer cannot be sent.
// Everything that matters works without this file; it listens on the document, because htmx replaces #work after each answer.

import { announce } from "./base.js";

const DRAFT_AFTER = 1500; // ms without a change
const BEAT_EVERY = 120000; // ms; only while the person is there
const IDLE_AFTER = 60000; // ms without a sign of the person; such time is not counted as work
const WARN_BELOW = 120; // seconds of the lease

const byId = (id) => document.getElementById(id);
const form = () => byId("answer");
const field = (name) => form()?.elements[name];
const clock = (moment) => new Date(moment).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });

let item; // what is known of the item on the screen; made anew by begin()

function begin() {
  // The server writes its own time zone.
  for (const time of document.querySelectorAll("#work time")) time.textContent = clock(time.dateTime);
  if (!form()) {
    item = null;
    return;
  }
  item = {
    active: 0,
    dueAt: performance.now() + Number(form().dataset.secondsLeft) * 1000,
    isClosed: false,
    isDirty: false,
    place: null, // the side last pointed at or focused
    texts: new Map(), // corrections by message, so that switching to another loses nothing
    of: field("correction_of")?.value,
  };
}

/* Signs of the person, and active time */

let seenAt = performance.now();
for (const sign of ["pointermove", "pointerdown", "keydown", "wheel", "touchstart", "scroll"]) {
  addEventListener(sign, () => { seenAt = performance.now(); }, { passive: true, capture: true });
}
const isThere = () => document.visibilityState === "visible" && performance.now() - seenAt < IDLE_AFTER;

setInterval(() => {
  if (!item) return;
  if (isThere()) item.active += 1;
  field("active_seconds").value = item.active;
  showLease();
}, 1000);

/* The lease */

function showLease() {
  const place = byId("lease");
  if (!place || !form().dataset.heartbeatUrl) return;
  const left = Math.round((item.dueAt - performance.now()) / 1000);
  place.hidden = item.isClosed || left > WARN_BELOW;
  if (place.hidden) return;
  const shown = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  place.textContent = left > 0 ? `yours for ${shown} more` : "time is up; you can still submit if nobody else took it";
}

async function beat() {
  const url = form()?.dataset.heartbeatUrl;
  if (!url || !isThere()) return;
  const beaten = item;
  const answer = await post(url, new FormData());
  if (answer?.ok) beaten.dueAt = performance.now() + (await answer.json()).seconds_left * 1000;
  else if (answer) beaten.isClosed = true;
}
setInterval(beat, BEAT_EVERY);
// Somebody who comes back after a pause keeps the item at once, not at the next beat.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") saveDraft();
  else if (item) { seenAt = performance.now(); beat(); }
});

/* Drafts */

let draftTimer;
document.addEventListener("input", (event) => {
  if (!event.target.closest("#answer") || event.target.name === "skip_words") return;
  item.isDirty = true;
  clearTimeout(draftTimer);
  draftTimer = setTimeout(saveDraft, DRAFT_AFTER);
});

async function saveDraft() {
  clearTimeout(draftTimer);
  const url = form()?.dataset.draftUrl;
  if (!url || !item.isDirty) return;
  const drafted = item;
  drafted.isDirty = false;
  const answer = await post(url, new FormData(form()));
  if (drafted !== item) return;
  const place = byId("saved");
  if (answer?.ok) {
    place.textContent = `saved ${clock((await answer.json()).saved_at)}`;
  } else {
    drafted.isDirty = true;
    place.textContent = "not saved";
  }
  place.classList.toggle("failed", !answer?.ok);
}

async function post(url, body) {
  const headers = { "X-CSRFToken": field("csrfmiddlewaretoken").value };
  try {
    return await fetch(url, { method: "POST", body, headers, redirect: "error", keepalive: true });
  } catch {
    return null; // no connection, or logged out: the caller says what it means
  }
}

/* Corrections */

const editor = () => byId("correction");

function correct() {
  if (!editor()) return;
  if (!editor().open) {
    editor().open = true;
    const place = field("choice")?.value;
    const wanted = ["1", "2", "3", "4", "5", "6"].includes(place) ? place : item.place;
    const option = [...field("correction_of").options].find((one) => one.dataset.place === wanted);
    if (option && !field("correction").value) field("correction_of").value = option.value;
    prefill();
  }
  const box = field("correction");
  box.scrollIntoView({ block: "center" });
  box.focus();
  box.setSelectionRange(0, 0);
}

function prefill() {
  const box = field("correction");
  const chosen = field("correction_of").selectedOptions[0];
  if (item.of !== chosen.value && box.value) item.texts.set(item.of, box.value);
  item.of = chosen.value;
  const kept = item.texts.get(chosen.value);
  const original = [...field("correction_of").options].some((option) => option.dataset.text === box.value);
  if (kept !== undefined || !box.value || original || item.texts.size) box.value = kept ?? chosen.dataset.text;
}

function discard() {
  field("correction").value = "";
  item.texts.clear();
  editor().open = false;
  editor().dispatchEvent(new Event("input", { bubbles: true }));
  editor().querySelector("summary").focus();
}

document.addEventListener("change", (event) => {
  if (event.target.name === "correction_of") prefill();
});
// Opened with the mouse, the editor is filled as it is by C.
document.addEventListener("toggle", (event) => {
  if (event.target.id === "correction" && event.target.open && !field("correction").value) prefill();
  if (event.target.id === "skip" && event.target.open) event.target.querySelector("button").focus();
}, true);

for (const sign of ["pointerover", "focusin"]) {
  document.addEventListener(sign, (event) => {
    const card = event.target.closest?.("[data-place]");
    if (card && item) item.place = card.dataset.place;
  });
}

/* Keys */

const isTyping = (target) => target.closest("textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]");

const KEYS = {
  "1": () => choose("1"), a: () => choose("1"),
  "2": () => choose("2"), b: () => choose("2"),
  "3": () => choose("3"), "4": () => choose("4"), "5": () => choose("5"), "6": () => choose("6"),
  "0": () => choose("tie"), e: () => choose("tie"),
  x: () => choose("both_bad"),
  c: correct,
  r: () => field("rationale")?.focus(),
  s: () => { const skip = byId("skip"); if (skip) skip.open = true; },
  u: undo,
  h: () => byId("open-guidelines").click(),
  d: () => { const place = byId("parting"); place?.scrollIntoView({ block: "start" }); place?.focus({ preventScroll: true }); },
  "?": () => byId("help").showModal(),
  Enter: () => byId("start")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (document.querySelector("dialog[open]")) {
    if (event.key.toLowerCase() === "h") byId("guidelines-drawer").close();
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    submit();
    return;
  }
  if (event.key === "Escape") { leave(event); return; }
  if (event.target.name === "skip_words" && event.key === "Enter") {
    event.preventDefault();
    event.target.nextElementSibling.click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
  const skip = byId("skip");
  if (skip?.open && /^[1-9]$/.test(event.key)) {
    skip.querySelectorAll("button")[event.key - 1]?.click();
    return;
  }
  // Enter belongs to whatever has the focus, and to Start only where nothing else has it.
  if (event.key === "Enter" && event.target.closest("a, button, summary, input")) return;
  if (document.body.classList.contains("no-single-keys")) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

function choose(value) {
  const radio = form()?.querySelector(`input[name=choice][value="${value}"]`);
  if (!radio) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("input", { bubbles: true }));
  announce(radio.labels[0].querySelector("span").textContent);
}

function leave(event) {
  const skip = byId("skip");
  if (skip?.open) {
    skip.open = false;
    skip.querySelector("summary").focus();
  } else if (isTyping(event.target)) {
    event.target.blur();
  }
}

function submit() {
  const sending = form();
  if (sending) sending.requestSubmit(sending.querySelector(".go"));
  else byId("start")?.click();
}

async function undo() {
  if (!document.querySelector("[form=undo]")) return;
  await saveDraft(); // what is typed for the open item stays with it
  byId("undo").requestSubmit();
}

document.addEventListener("click", (event) => {
  const command = event.target.closest("[data-command]")?.dataset.command;
  if (command === "correct") { event.preventDefault(); correct(); }
  if (command === "discard") discard();
  if (event.target.closest("#open-help")) byId("help").showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  if (event.target.tagName === "DIALOG") event.target.close(); // a click beside it
});

byId("open-guidelines")?.addEventListener("click", (event) => {
  event.preventDefault();
  byId("guidelines-drawer").showModal();
});

byId("single-keys").addEventListener("change", async (event) => {
  const isOn = event.target.checked;
  const body = new FormData();
  body.set("on", isOn ? "1" : "0");
  const answer = await fetch(event.target.dataset.url, {
    method: "POST", body, headers: JSON.parse(document.body.getAttribute("hx-headers")), redirect: "error",
  }).catch(() => null);
  if (answer?.ok) document.body.classList.toggle("no-single-keys", !isOn);
  else event.target.checked = !isOn;
});

/* Sending, and when it fails */

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target.id === "work") clearTimeout(draftTimer);
});

// A redirect to the log-in page must not be swapped into the work: the text stays, and the person is told.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target, requestConfig } = event.detail;
  if (target.id === "work" && xhr.status < 300 && !xhr.responseText.includes('id="work"')) {
    event.detail.shouldSwap = false;
    failed("You have been logged out. Log in again in another tab, then retry; your text is still here.", requestConfig.elt);
  }
});
document.addEventListener("htmx:sendError", (event) => {
  failed("This could not be sent: there is no connection. Your text is still here.", event.detail.elt);
});
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (xhr.status >= 500) failed("Something broke on our side, and this was not stored. Your text is still here.", elt);
});

// The retry carries the same client key, so an answer that did arrive is not stored twice.
function failed(sentence, sender) {
  const place = byId("notice");
  if (sender.id === "open-guidelines") {
    byId("guideline").textContent = "The guidelines could not be loaded; close this and try again.";
    return;
  }
  if (!place) return;
  const notice = document.createElement("div");
  notice.className = "notice bad";
  notice.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent = sentence;
  const retry = document.createElement("button");
  retry.type = "button";
  retry.className = "button";
  retry.textContent = "Retry";
  retry.addEventListener("click", () => {
    if (sender === form()) submit();
    else if (sender.tagName === "FORM") sender.requestSubmit();
    else sender.click();
  });
  notice.append(text, retry);
  place.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
  retry.focus();
  if (item) item.isDirty = true;
}

// After settling: only then has htmx bound the new form, and a key may submit it.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "work") return;
  begin();
  const refusal = document.querySelector("#notice [role=alert]");
  byId("task")?.focus({ preventScroll: Boolean(refusal) });
  announce(refusal ? refusal.textContent : byId("work").dataset.announce);
});

addEventListener("beforeunload", () => saveDraft());
document.documentElement.dataset.scripted = "";
begin();
