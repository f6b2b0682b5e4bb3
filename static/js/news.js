// Whether new work is here: asked every half minute while the page is seen, and mostly answered "as before" (304).

import { announce } from "./base.js";

const BETWEEN_ASKING = 30000; // ms
let askedAt = performance.now();

const news = () => document.getElementById("news");

async function askForNews() {
  const place = news();
  if (!place?.hidden || document.visibilityState !== "visible") return;
  askedAt = performance.now();
  const { url, tag, known } = place.dataset;
  const answer = await fetch(url, { headers: { "If-None-Match": tag }, redirect: "error" }).catch(() => null);
  if (answer?.status !== 200) return; // as before, or no connection, or logged out: ask again later
  const { waiting } = await answer.json();
  Object.assign(place.dataset, { tag: answer.headers.get("ETag"), known: waiting.join(" ") });
  if (waiting.every((one) => known.split(" ").includes(one))) return;
  place.hidden = false;
  announce(place.textContent);
}

setInterval(askForNews, BETWEEN_ASKING);
document.addEventListener("visibilitychange", () => {
  if (performance.now() - askedAt >= BETWEEN_ASKING) askForNews();
});

document.addEventListener("keydown", (event) => {
  const isSingle = event.key === "n" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
  if (!isSingle || news()?.hidden !== false || document.body.classList.contains("no-single-keys")) return;
  if (event.target.closest("textarea, select, input, dialog, [contenteditable]")) return;
  news().querySelector("a, button").click();
});
