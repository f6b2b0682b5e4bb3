// Comments on what the agent said or thought: select it, press M or the button, write. Kept as a list in one field.

import { announce } from "../base.js";
import { byId, changed, field, form, make } from "./page.js";

let picked = null; // {side, message, start, end, quote}
const box = () => byId("comment-box");

export const comments = () => {
  try { return JSON.parse(field("comments")?.value || "[]"); } catch { return []; }
};

function keep(list) {
  field("comments").value = list.length ? JSON.stringify(list) : "";
  changed(field("comments"));
  drawComments();
}

// What is selected, counted in the text of its part as the screen shows it.
function selection() {
  const found = getSelection();
  if (!found?.rangeCount || found.isCollapsed) return null;
  const range = found.getRangeAt(0);
  const node = range.commonAncestorContainer;
  const part = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(".prose");
  const card = part?.closest("[data-message]"); // only its words are looked up, not its calls and what came back
  if (!card || !form()?.contains(card)) return null;
  const before = document.createRange();
  before.selectNodeContents(part);
  before.setEnd(range.startContainer, range.startOffset);
  const start = before.toString().length;
  const quote = range.toString();
  if (!quote.trim()) return null;
  return { side: card.dataset.place ?? "1", message: Number(card.dataset.message), start, end: start + quote.length, quote: quote.slice(0, 500), rect: range.getBoundingClientRect() };
}

document.addEventListener("selectionchange", () => {
  const button = byId("comment-button");
  if (!button || box()?.open) return;
  const found = selection();
  button.hidden = !found;
  if (!found) return;
  picked = found;
  const { style } = button;
  style.insetBlockStart = `${Math.max(4, found.rect.top - button.offsetHeight - 6)}px`;
  style.insetInlineStart = `${Math.min(innerWidth - button.offsetWidth - 4, Math.max(4, found.rect.left))}px`;
});

export function comment() {
  const found = selection();
  if (found) picked = found;
  if (!picked || !byId("comment-button") || (!found && byId("comment-button").hidden)) {
    const how = "Select some of the agent's words first, said or thought, then press M.";
    announce(how);
    byId("notice").replaceChildren(make("p", how, { className: "notice" }));
    return;
  }
  byId("comment-button").hidden = true;
  byId("comment-quote").textContent = picked.quote;
  byId("comment-text").value = "";
  box().showModal();
}

document.addEventListener("click", (event) => {
  const { target } = event;
  if (target.closest?.("#comment-button")) comment();
  if (target.closest?.("#comment-keep")) keepComment();
  const remove = target.closest?.("[data-comment-remove]");
  if (remove) {
    keep(comments().filter((_, index) => index !== Number(remove.dataset.commentRemove)));
    byId("comments").querySelector("input, button")?.focus();
    announce("Comment removed");
  }
});

export function keepComment() {
  const text = byId("comment-text").value.trim();
  if (text) {
    const { side, message, start, end, quote } = picked;
    keep([...comments(), { side, message, start, end, quote, text }]);
    announce("Comment kept");
  }
  picked = null;
  box().close();
  getSelection()?.removeAllRanges();
}

document.addEventListener("input", (event) => {
  if (!event.target.dataset?.comment) return;
  const list = comments();
  list[Number(event.target.dataset.comment)].text = event.target.value;
  field("comments").value = JSON.stringify(list);
  changed(field("comments")); // the list itself is not drafted
});

export function drawComments() {
  const place = byId("comments");
  if (!place) return;
  const list = comments();
  place.hidden = !list.length;
  place.replaceChildren(...list.map((one, index) => {
    const about = `“${one.quote.slice(0, 60)}”`;
    const row = document.createElement("li");
    const quoted = make("q", one.quote.length > 80 ? `${one.quote.slice(0, 80)} …` : one.quote);
    const text = make("input", "", { className: "input", value: one.text, ariaLabel: `Comment on ${about}`, maxLength: 2000 });
    text.dataset.comment = index;
    const remove = make("button", "Remove", { type: "button", className: "button quiet", ariaLabel: `Remove the comment on ${about}` });
    remove.dataset.commentRemove = index;
    row.append(make("b", "ABCDEF"[one.side - 1], { className: `chip-${one.side}` }), quoted, text, remove);
    return row;
  }));
}
