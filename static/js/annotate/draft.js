// What is typed is kept on the server, so that a crash or another device loses nothing.

import { alertOf, button, byId, clock, form, make, post, work } from "./page.js";

const DRAFT_AFTER = 1500; // ms without a change
let draftTimer;

document.addEventListener("input", (event) => {
  if (!event.target.closest("#answer") || event.target.closest("[data-not-drafted]")) return;
  work.isDirty = true;
  stopDraft();
  draftTimer = setTimeout(saveDraft, DRAFT_AFTER);
});

export const stopDraft = () => clearTimeout(draftTimer);

// One after the other; true where nothing that was typed is left unsaved.
export function saveDraft() {
  stopDraft();
  work.saving = work.saving.then(save);
  return work.saving;
}

// `since` names the draft this page has seen: a newer one, of another device, is not overwritten unsaid.
async function save() {
  const sending = form();
  if (!sending?.dataset.draftUrl || !work.isDirty) return true;
  const { id } = work;
  // One whose reply was lost may have arrived: the same goes out again before anything newer, and counts as this page's own.
  const isAgain = Boolean(work.unsure);
  const body = work.unsure ?? new FormData(sending);
  body.set("since", sending.dataset.draftSaved ?? "");
  work.isDirty = isAgain;
  const answer = await post(sending.dataset.draftUrl, body);
  const said = await answer?.json().catch(() => null);
  if (id !== work.id) return true;
  work.unsure = answer ? null : body;
  if (!answer?.ok) work.isDirty = true;
  if (answer?.ok) sending.dataset.draftSaved = said.saved_at;
  else if (said?.type === "newer-draft") newerElsewhere(sending, said.saved_at);
  if (isAgain && answer?.ok) return save();
  const place = byId("saved");
  place.textContent = answer?.ok ? `saved ${clock(said.saved_at)}` : "not saved";
  place.classList.toggle("failed", !answer?.ok);
  return Boolean(answer?.ok);
}

function newerElsewhere(sending, savedAt) {
  const takeOver = button("Keep what is here", () => {
    sending.dataset.draftSaved = savedAt;
    work.isDirty = true;
    byId("notice").replaceChildren();
    saveDraft();
  });
  const load = make("a", "Show the newer one", { className: "button", href: location.pathname });
  byId("notice").replaceChildren(alertOf("warn", `You went on with this item on another device at ${clock(savedAt)}.`, load, takeOver));
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") saveDraft();
});
addEventListener("beforeunload", saveDraft);
addEventListener("online", saveDraft);
