// The order of three and more sides: keys, buttons and dragging change one list of groups, kept in the selects of the form.

import { announce } from "../base.js";
import { byId, changed, field, sides } from "./page.js";

const list = () => byId("ranking");
const rows = () => [...list().children];
const row = (place) => list().querySelector(`[data-place="${place}"]`);
const named = (place) => row(place).dataset.name;
export const isRanked = () => Boolean(list());

let joins = false; // the next key ties with what stands last

// [["2"], ["1", "3"]]: best first, one group for a tie, sides without a place left out.
export function groups() {
  const found = new Map();
  for (const one of rows()) {
    const rank = one.querySelector("select").value;
    if (rank) found.set(Number(rank), [...(found.get(Number(rank)) ?? []), one.dataset.place]);
  }
  return [...found.keys()].sort((a, b) => a - b).map((rank) => found.get(rank).sort());
}

export const unranked = () => {
  const placed = groups().flat();
  return rows().map((one) => one.dataset.place).filter((place) => !placed.includes(place)).sort();
};
export const sentence = (order = groups()) => order.map((group) => group.map(named).join(" = ")).join(" > ");

function setOrder(order, isTold = true) {
  const kept = order.filter((group) => group.length);
  for (const one of rows()) {
    const rank = kept.findIndex((group) => group.includes(one.dataset.place));
    one.querySelector("select").value = rank < 0 ? "" : String(rank + 1);
  }
  for (const radio of field("choice")) if (kept.length) radio.checked = false;
  drawRanking();
  changed(list());
  if (isTold) announce(kept.length ? `${sentence()}${unranked().length ? `. Not ranked: ${unranked().map(named).join(", ")}` : ""}` : "Nothing ranked");
}

// A number puts its side behind those already ranked, or takes it out again.
export function rankByKey(place, isTie = false) {
  if (!row(place)) return;
  const order = groups();
  const without = order.map((group) => group.filter((one) => one !== place));
  const wasPlaced = order.flat().includes(place);
  const ties = isTie || joins;
  joins = false;
  const kept = without.filter((group) => group.length);
  if (wasPlaced && !ties) setOrder(kept);
  else if (ties && kept.length) setOrder([...kept.slice(0, -1), [...kept.at(-1), place]]);
  else setOrder([...kept, [place]]);
}

export function tieNext() {
  if (!list() || !groups().length) return;
  joins = !joins;
  drawRanking();
  announce(joins ? "The next one ties with the last" : sentence());
}

export function clearRanking() {
  joins = false;
  if (list() && groups().length) setOrder([], false);
}

// One place up or down, or level with the one before: what the buttons do.
export function move(place, way) {
  const order = groups();
  const at = order.findIndex((group) => group.includes(place));
  if (at < 0) { rankByKey(place); return; }
  const isTied = order[at].length > 1;
  order[at] = order[at].filter((one) => one !== place);
  if (way === "tie") {
    if (isTied) order.splice(at + 1, 0, [place]);
    else if (at > 0) order[at - 1].push(place);
    else order[at].push(place);
  } else if (isTied) {
    order.splice(way === "up" ? at : at + 1, 0, [place]);
  } else {
    order.splice(at, 1);
    order.splice(Math.max(0, way === "up" ? at - 1 : at + 1), 0, [place]);
  }
  setOrder(order);
}

// The rows stand in the order they are given, with what is between them.
export function drawRanking() {
  if (!list()) return;
  const order = groups();
  const focused = document.activeElement;
  for (const place of [...order.flat(), ...unranked()]) list().append(row(place));
  for (const one of rows()) {
    const at = order.findIndex((group) => group.includes(one.dataset.place));
    one.dataset.sign = at < 0 ? "" : order[at][0] !== one.dataset.place ? "=" : at ? ">" : "";
    one.classList.toggle("unranked", at < 0);
    const shown = one.querySelector(".rank-name");
    shown.setAttribute("aria-pressed", String(at >= 0));
    shown.setAttribute("aria-label", `${one.dataset.name}, ${at < 0 ? "not ranked" : `place ${at + 1} of ${sides()}`}`);
    for (const button of one.querySelectorAll("[data-move]")) button.hidden = at < 0;
  }
  if (list().contains(focused)) focused.focus();
  byId("ranking-said").textContent = (sentence() || "Best first") + (joins ? " = …" : "");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-move], .rank-name");
  if (!button || !isRanked()) return;
  const { place } = button.closest("[data-place]").dataset;
  if (button.dataset.move) move(place, button.dataset.move);
  else if (!dragged || !event.detail) rankByKey(place); // 0: pressed by a key
});

/* Dragging: with a mouse, a pen or a finger; the middle of another side ties with it, its edges stand before or behind. */

const DRAG_AFTER = 6; // pixels
let drag = null;
let dragged = false; // the click that ends a drag is not a press

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest?.(".rank-name");
  dragged = false;
  if (handle && event.button === 0) drag = { one: handle.closest("li"), x: event.clientX, y: event.clientY, isMoving: false };
});

document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  if (!drag.isMoving && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < DRAG_AFTER) return;
  drag.isMoving = true;
  drag.one.classList.add("dragged");
  const over = under(event);
  for (const one of rows()) one.dataset.drop = one === over?.one ? over.where : "";
});

document.addEventListener("pointerup", (event) => {
  if (drag?.isMoving) {
    dragged = true;
    dropAt(drag.one.dataset.place, under(event), event);
  }
  endDrag();
});
document.addEventListener("pointercancel", endDrag);

function endDrag() {
  drag = null;
  if (list()) for (const one of rows()) { one.classList.remove("dragged"); one.dataset.drop = ""; }
}

function under(event) {
  const one = document.elementsFromPoint(event.clientX, event.clientY).map((at) => at.closest("#ranking > li")).find((at) => at && at !== drag.one);
  if (!one) return null;
  const box = one.getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  return { one, where: share < 0.3 ? "before" : share > 0.7 ? "behind" : "tie" };
}

function dropAt(place, over, event) {
  const order = groups().map((group) => group.filter((one) => one !== place)).filter((group) => group.length);
  const at = over ? order.findIndex((group) => group.includes(over.one.dataset.place)) : -1;
  const box = list().getBoundingClientRect();
  const isInside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (at >= 0 && over.where === "tie") order[at].push(place);
  else if (at >= 0) order.splice(over.where === "before" ? at : at + 1, 0, [place]);
  else if (over && !order.length && over.where !== "before") order.push(...(over.where === "tie" ? [[over.one.dataset.place, place]] : [[over.one.dataset.place], [place]]));
  else if (isInside) order.push([place]);
  setOrder(order);
}
