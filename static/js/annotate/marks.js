// Marking steps: the one in hand is the card that has the focus; J and K go on and back.

import { announce } from "../base.js";
import { byId, changed, field, form } from "./page.js";

const cards = () => [...document.querySelectorAll("#work [data-step]")];
export const isMarking = () => form()?.dataset.kind === "mark";

export function step(by) {
  const all = cards().filter((card) => card.checkVisibility());
  const at = all.indexOf(document.activeElement?.closest("[data-step]"));
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 && by < 0 ? all.length - 1 : at + by))];
  next?.scrollIntoView({ block: "center" });
  next?.focus({ preventScroll: true });
}

const inHand = () => document.activeElement?.closest("[data-step]") ?? null;

export function mark(value) {
  const card = inHand();
  if (!card) { step(1); return; }
  const radio = card.querySelector(`input[type=radio][name^=step_][value="${value}"]`);
  check(radio, radio.checked && value !== "" ? card.querySelector('input[name^=step_][value=""]') : radio);
  announce(`Step ${card.dataset.step}: ${card.querySelector("[name^=step_]:checked").labels[0].textContent.trim()}`);
}

export function firstError() {
  const card = inHand();
  if (!card) { step(1); return; }
  const radio = card.querySelector("[name=first_error]");
  if (radio.checked) check(radio, byId("no-first-error"));
  else check(radio, radio);
  announce(radio.checked ? `First error at step ${card.dataset.step}` : "No first error marked");
}

export function noError() {
  const box = field("is_clean");
  if (!box) return;
  box.checked = !box.checked;
  changed(box);
  announce(box.checked ? "No error in this run" : "");
}

function check(radio, wanted) {
  wanted.checked = true;
  changed(radio);
}

// "No error" and a first error exclude one another.
document.addEventListener("input", (event) => {
  const { name, checked, value } = event.target;
  if (name === "first_error" || (name === "is_clean" && checked)) hidden("first_error")?.remove();
  if (name === "is_clean" && checked) byId("no-first-error").checked = true;
  if (name === "first_error" && value) field("is_clean").checked = false;
  const card = event.target.closest?.("[data-step]");
  if (card && name?.startsWith("step_")) showReason(card);
});

// A reason belongs to a step that is wrong.
function showReason(card) {
  const reason = card.querySelector(".mark-reason");
  reason.hidden = card.querySelector("[name^=step_]:checked")?.value !== "-1" && !card.querySelector("[name=first_error]").checked;
  if (reason.hidden) reason.querySelector("select").value = "";
}

const hidden = (name) => form().querySelector(`input[data-mark][name="${name}"]`);

// Steps that came later take over what was kept for them.
export function beginMarks() {
  for (const card of cards()) {
    const { step: number } = card.dataset;
    const [value, reason, first] = [`step_${number}`, `step_${number}_reason`, "first_error"].map(hidden);
    if (value) card.querySelector(`input[type=radio][name^=step_][value="${value.value}"]`).checked = true;
    if (reason) card.querySelector(".mark-reason select").value = reason.value;
    const isFirst = first?.value === number;
    if (isFirst) card.querySelector("[name=first_error]").checked = true;
    for (const one of [value, reason, isFirst && first]) if (one) one.remove();
    showReason(card);
  }
}

document.addEventListener("opened", () => { if (isMarking()) beginMarks(); });
