// The answer bar: what is chosen, how strongly, and whether there is enough to submit.

import { announce } from "../base.js";
import { notRewritten } from "./correct.js";
import { byId, changed, field, form } from "./page.js";
import { clearRanking, groups, isRanked, rankByKey, unranked } from "./rank.js";

const chosen = () => field("choice")?.value;

export function choose(value) {
  if (/^\d$/.test(value) && isRanked()) { rankByKey(value); return; }
  const radio = form()?.querySelector(`input[name=choice][value="${value}"]`);
  if (!radio) return;
  radio.checked = true;
  clearRanking();
  changed(radio);
  announce(radio.labels[0].querySelector("span").textContent);
}

// Shift and a number: how much better; where an order is asked, the number ties with the one before.
export function chooseStrength(value) {
  if (isRanked()) { rankByKey(value, true); return; }
  const radio = form()?.querySelector(`input[name=strength][value="${value}"]`);
  if (!radio || radio.disabled) return;
  radio.checked = true;
  changed(radio);
  announce(radio.labels[0].textContent.trim());
}

// Why the answer cannot be submitted yet; empty when it can.
export const missing = () => unanswered() || notRewritten();

function unanswered() {
  const { kind, names } = form().dataset;
  if (kind === "mark") {
    return form().querySelector(":is([name^=step_], [name=first_error]):checked:not([value='']), [name=is_clean]:checked, [data-mark]")
      ? "" : "Mark a step first, or say that there is no error.";
  }
  if (kind !== "compare" || chosen()) return "";
  if (!isRanked()) return `Choose first: ${names}, tie or ${names.includes("C") ? "all" : "both"} bad.`;
  if (!groups().length) return "Rank the runs first; or say all equal or all bad.";
  const left = unranked().map((place) => byId("ranking").querySelector(`[data-place="${place}"]`).dataset.name);
  return left.length ? `Rank all runs: ${left.join(", ")} left.` : "";
}

export function showReady() {
  if (!form()) return;
  const reason = missing();
  form().querySelector(".go").setAttribute("aria-disabled", String(Boolean(reason)));
  byId("why-not").textContent = reason;
  // Strength belongs to a picked side.
  for (const radio of form().querySelectorAll("[name=strength]")) {
    radio.disabled = !/^\d$/.test(chosen() ?? "");
    if (radio.disabled) radio.checked = false;
  }
}

document.addEventListener("input", (event) => {
  if (event.target.name === "choice" && event.target.type === "radio") clearRanking();
  showReady();
});
