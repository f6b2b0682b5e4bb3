// Rewriting a message of the agent's: its text and the arguments of its calls, with what changed shown while typing.

import { announce } from "../base.js";
import { alertOf, button, byId, changed, field, form, make, work } from "./page.js";
import { wordDiff } from "./words.js";

const editor = () => byId("correction");
const isOpen = () => Boolean(editor()?.dataset.of);
const boxes = () => [...editor().querySelectorAll("[data-original]")];
let diffTimer;

// The side chosen, else the card last pointed at, says what is to be rewritten; its text comes from the server.
export function correct() {
  if (!editor()) return;
  if (isOpen()) { focusBox(); return; }
  const card = work.pointed?.isConnected ? work.pointed.dataset : {};
  const picked = /^\d$/.test(field("choice")?.value ?? "") ? field("choice").value : null;
  const place = picked ?? card.place ?? "1";
  fetchEditor(card.message && card.place === place && !picked ? `${place}:${card.message}` : place);
}

function fetchEditor(what) {
  keepTyped();
  htmx.ajax("GET", `${editor().dataset.url}?correct=${encodeURIComponent(what)}`, { source: editor(), target: "#correction", swap: "outerHTML" });
}

function focusBox() {
  const box = boxes()[0];
  editor().scrollIntoView({ block: "start" });
  box.focus();
  box.setSelectionRange(0, 0);
}

function keepTyped() {
  if (isOpen()) work.texts.set(editor().dataset.of, boxes().map((box) => box.value));
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "correction" || !isOpen()) return;
  const kept = work.texts.get(editor().dataset.of);
  for (const [index, box] of boxes().entries()) if (kept) box.value = kept[index];
  showDiffs();
  focusBox();
  changed(editor());
  announce(`Rewriting ${field("correction_of").selectedOptions[0].textContent}`);
});

document.addEventListener("change", (event) => {
  if (event.target.name !== "correction_of") return;
  const wanted = event.target.value;
  if (!isTouched()) { fetchEditor(wanted); return; }
  event.target.value = editor().dataset.of; // what is in the boxes and what it is sent as stay together
  askToLeave(wanted, event.target);
});

const isTouched = () => boxes().some((box) => box.value !== box.dataset.original)
  || [...editor().querySelectorAll("input[name$=_name]")].some((one) => one.value !== one.defaultValue);

// An answer carries one rewrite: the one that is open.
function askToLeave(wanted, select) {
  const go = button("Go on to the other", () => fetchEditor(wanted));
  const stay = button("Stay with this one", () => { notice.remove(); select.focus(); });
  const notice = alertOf("warn", "An answer carries one rewrite: what you wrote here is not sent with the other, and comes back if you choose it again.", go, stay);
  editor().querySelector("[role=alert]")?.remove();
  editor().querySelector(".editor-head").after(notice);
  go.focus();
}

export function discard() {
  work.texts.clear();
  editor().dataset.of = "";
  editor().querySelector(".editor-body").remove();
  changed(editor());
  form().querySelector("[data-command=correct]").focus();
}

/* What changed, and whether arguments are JSON */

document.addEventListener("input", (event) => {
  if (event.target.dataset?.original === undefined) return;
  clearTimeout(diffTimer);
  diffTimer = setTimeout(() => {
    showDiff(event.target);
    if (event.target.classList.contains("json")) showJson(event.target);
  }, 120);
});

export function showDiffs() {
  if (isOpen()) for (const box of boxes()) showDiff(box);
}

function showDiff(box) {
  const place = box.parentElement.querySelector(".diff");
  if (!place) return;
  const parts = box.value === box.dataset.original ? [] : wordDiff(box.dataset.original, box.value);
  place.hidden = Boolean(parts) && !parts.length;
  place.replaceChildren(...(parts ?? [["=", "Too long to compare while you type; the change is kept."]]).map(([sign, text]) =>
    sign === "=" ? document.createTextNode(text) : make(sign === "+" ? "ins" : "del", text)));
}

function showJson(box) {
  const place = box.parentElement.querySelector(".form-error");
  let problem = "";
  try {
    const value = JSON.parse(box.value || "{}");
    if (value?.constructor !== Object) problem = 'Arguments are a JSON object: {"name": value}.';
  } catch (error) {
    problem = `Not JSON yet: ${error.message}`;
  }
  place.textContent = problem;
  box.setAttribute("aria-invalid", String(Boolean(problem)));
}

// Why what is rewritten cannot be sent; empty when it can, or when nothing is open.
export function notRewritten() {
  return isOpen() && boxes().every((box) => box.value.trim() === box.dataset.original.trim())
    ? "This is the original: change it first." : "";
}

document.addEventListener("focusout", (event) => {
  const box = event.target;
  if (!box.classList?.contains("json") || box.getAttribute("aria-invalid") === "true") return;
  try {
    box.value = JSON.stringify(JSON.parse(box.value || "{}"), null, 2);
  } catch { /* left as typed */ }
});

document.addEventListener("click", (event) => {
  const command = event.target.closest?.("[data-command]");
  if (command?.dataset.command === "correct") { event.preventDefault(); correct(); }
  if (command?.dataset.command === "discard") discard();
});
