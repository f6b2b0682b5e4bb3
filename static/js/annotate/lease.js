// Signs of the person: active time is counted by them, and the item is kept while there are any.

import { announce } from "../base.js";
import { byId, field, form, post, saidBy, work } from "./page.js";

const BEAT_EVERY = 120; // seconds, less for short leases; only while the person is there
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
  const every = Math.min(BEAT_EVERY, Number(form().dataset.leaseSeconds) / 3);
  if (performance.now() - work.beatAt >= every * 1000) beat();
}, 1000);

function showLease() {
  const place = byId("lease");
  if (!place || !form().dataset.heartbeatUrl) return;
  const left = Math.round((work.dueAt - performance.now()) / 1000);
  place.hidden = !work.over && left > WARN_BELOW;
  if (place.hidden) return;
  const shown = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  const soon = left > 0 ? `yours for ${shown} more` : "time is up; you can still submit if nobody else took it";
  place.textContent = work.over || soon;
}

async function beat() {
  const url = form()?.dataset.heartbeatUrl;
  if (!url || !isThere() || work.over) return;
  const { id } = work;
  work.beatAt = performance.now();
  const answer = await post(url, new FormData());
  const said = await answer?.text();
  if (!answer || id !== work.id) return;
  if (answer.ok) work.dueAt = performance.now() + JSON.parse(said).seconds_left * 1000;
  else if (answer.status === 409) { // anything else may pass
    work.over = saidBy(said);
    announce(work.over);
  }
}

// Somebody who comes back after a pause keeps the item at once, not at the next beat.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible" || !form()) return;
  seenAt = performance.now();
  beat();
});
