// Signs of the person: active time is counted by them, and the item is kept while there are any.

import { byId, field, form, post, work } from "./page.js";

const BEAT_EVERY = 120000; // ms; only while the person is there
const IDLE_AFTER = 60000; // ms without a sign; such time is not counted as work
const WARN_BELOW = 120; // seconds of the lease

let seenAt = performance.now();
for (const sign of ["pointermove", "pointerdown", "keydown", "wheel", "touchstart", "scroll"]) {
  addEventListener(sign, () => { seenAt = performance.now(); }, { passive: true, capture: true });
}
const isThere = () => document.visibilityState === "visible" && performance.now() - seenAt < IDLE_AFTER;

setInterval(() => {
  if (!form()) return;
  if (isThere()) work.active += 1;
  field("active_seconds").value = work.active;
  showLease();
}, 1000);

function showLease() {
  const place = byId("lease");
  if (!place || !form().dataset.heartbeatUrl) return;
  const left = Math.round((work.dueAt - performance.now()) / 1000);
  place.hidden = work.isClosed || left > WARN_BELOW;
  if (place.hidden) return;
  const shown = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  place.textContent = left > 0 ? `yours for ${shown} more` : "time is up; you can still submit if nobody else took it";
}

async function beat() {
  const url = form()?.dataset.heartbeatUrl;
  if (!url || !isThere()) return;
  const { id } = work;
  const answer = await post(url, new FormData());
  if (!answer || id !== work.id) return;
  if (answer.ok) work.dueAt = performance.now() + (await answer.json()).seconds_left * 1000;
  else work.isClosed = true;
}
setInterval(beat, BEAT_EVERY);

// Somebody who comes back after a pause keeps the item at once, not at the next beat.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible" || !form()) return;
  seenAt = performance.now();
  beat();
});
