// Single keys: never in text fields, selects or dialogs, never while composing, and not at all for those who switch them off.

import { firstDifference, openWords, toggle } from "../compare.js";
import { choose, chooseStrength, missing } from "./bar.js";
import { comment, keepComment } from "./comments.js";
import { correct } from "./correct.js";
import { firstError, isMarking, mark, noError, step } from "./marks.js";
import { byId, field, form, headers } from "./page.js";
import { tieNext } from "./rank.js";
import { submit, undo } from "./sending.js";

const isTyping = (target) => target.closest("textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]");
const open = (id) => { const menu = byId(id); if (menu) { menu.open = true; menu.querySelector("input, button")?.focus(); } };

const EVERYWHERE = {
  c: correct,
  r: () => field("rationale")?.focus(),
  m: comment,
  s: () => open("skip"),
  f: () => open("flag"),
  u: undo,
  h: () => byId("open-guidelines").click(),
  "?": () => byId("help").showModal(),
  Enter: () => { if (!form()) byId("start")?.click(); else if (!missing()) submit(); },
};
const COMPARING = {
  a: () => choose("1"), b: () => choose("2"),
  e: () => choose("tie"), 0: () => choose("tie"), x: () => choose("both_bad"),
  "=": tieNext,
  v: () => byId("criteria")?.querySelector("input")?.focus(),
  d: firstDifference,
  w: openWords,
  o: () => toggle("observations", !document.querySelector("[data-observation][open]")),
  j: () => step(1), k: () => step(-1),
};
const MARKING = {
  j: () => step(1), k: () => step(-1), "+": () => mark("1"), "-": () => mark("-1"), 0: () => mark("0"), e: firstError, n: noError,
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (document.querySelector("dialog[open]")) { inDialog(event); return; }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    submit();
  } else if (event.key === "Escape") {
    leave(event);
  } else if (event.key === "Enter" && event.target.closest("[data-enter]")) {
    event.preventDefault(); // Enter in a small box presses the button beside it, not Submit
    event.target.nextElementSibling.click();
  } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat && !isTyping(event.target)) {
    single(event);
  }
});

function single(event) {
  const isOff = document.body.classList.contains("no-single-keys");
  const skip = byId("skip");
  if (!isOff && skip?.open && /^[1-9]$/.test(event.key)) {
    skip.querySelectorAll("button")[event.key - 1]?.click();
    return;
  }
  // Enter belongs to whatever has the focus, and to the screen only where nothing else has it.
  if (event.key === "Enter" && event.target.closest("a, button, summary, input")) return;
  if (isOff && event.key !== "Enter") return;
  const act = action(event);
  if (!act || form()?.dataset.kept) return;
  event.preventDefault();
  act();
}

function action(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!isMarking() && /^[1-6]$/.test(key)) return () => choose(key);
  // Where digits need no Shift, Shift and a digit is a key of its own; the layouts where they do have the buttons.
  const digit = event.shiftKey && /^Digit([1-6])$/.exec(event.code);
  if (!isMarking() && digit) return () => chooseStrength(digit[1]);
  return (isMarking() ? MARKING : COMPARING)[key] ?? EVERYWHERE[key];
}

function inDialog(event) {
  const dialog = document.querySelector("dialog[open]");
  if (dialog.id === "guidelines-drawer" && event.key.toLowerCase() === "h" && !isTyping(event.target)) dialog.close();
  if (event.target.id === "comment-text" && event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    keepComment();
  }
}

function leave(event) {
  const menu = document.querySelector(".answer-bar details[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (isTyping(event.target)) {
    event.target.blur();
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#open-help")) byId("help").showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  if (event.target.tagName === "DIALOG") event.target.close(); // a click beside it
  if (event.target.closest("#open-guidelines")) {
    event.preventDefault();
    byId("guidelines-drawer").showModal();
    byId("guidelines-changed").hidden = true;
  }
});

byId("single-keys").addEventListener("change", async (event) => {
  const isOn = event.target.checked;
  const body = new FormData();
  body.set("on", isOn ? "1" : "0");
  const answer = await fetch(event.target.dataset.url, { method: "POST", body, headers: headers(), redirect: "error" }).catch(() => null);
  if (answer?.ok) document.body.classList.toggle("no-single-keys", !isOn);
  else event.target.checked = !isOn;
});
