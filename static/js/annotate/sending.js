// Submitting, undoing, and what the person is told when something cannot be sent.

import { announce } from "../base.js";
import { missing } from "./bar.js";
import { saveDraft, stopDraft } from "./draft.js";
import { isLost, keepAnswer } from "./kept.js";
import { alertOf, button, byId, form, isWork, saidBy, work } from "./page.js";

// A click and not requestSubmit: htmx sends the form to the address of the button that was clicked last, which may be Skip's.
export function submit() {
  (form()?.querySelector(".go") ?? byId("start"))?.click();
}

export async function undo() {
  if (!document.querySelector("[form=undo]")) return;
  // What is typed for the open item stays with it.
  if (await saveDraft()) byId("undo")?.requestSubmit();
  else if (!document.querySelector("#notice [role=alert]")) tell("Nothing was undone: what you typed here could not be saved. Try again once there is a connection.");
}

// Before htmx and before the browser: an unfinished answer is not sent, and the reason is said.
document.addEventListener("submit", (event) => {
  if (event.target.id === "undo" && form()?.dataset.draftUrl && work.isDirty) {
    event.preventDefault();
    event.stopImmediatePropagation();
    undo();
    return;
  }
  if (event.target !== form() || event.submitter?.name === "skip_reason" || event.submitter?.name === "flag") return;
  const reason = missing();
  if (!reason) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  tell(reason);
}, true);

function tell(sentence, ...buttons) {
  const notice = alertOf("bad", sentence, ...buttons);
  byId("notice")?.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target.id === "work") stopDraft();
});

// What is no item must not be swapped into the work, the log-in page or a refusal: the text stays, and the person is told.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target, requestConfig } = event.detail;
  if (target.id !== "work" || !event.detail.shouldSwap || isWork(xhr.responseText)) return;
  event.detail.shouldSwap = false;
  failed(xhr.status < 300
    ? "You have been logged out. Log in again in another tab, then retry; your text is still here."
    : `This was not stored (${xhr.status}): ${saidBy(xhr.responseText) || "the server refused it."} Your text is still here.`, requestConfig.elt);
});
document.addEventListener("htmx:sendError", (event) => {
  lost(event.detail, "there is no connection");
});
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (isLost(xhr.status)) lost(event.detail, "the server does not answer");
  else if (xhr.status >= 500) failed("Something broke on our side, and this was not stored. Your text is still here.", elt);
});

// Answers and skips are kept and sent later; everything else is for the person to try again.
function lost({ elt, requestConfig }, why) {
  const sending = form();
  const isAnswer = sending && requestConfig.verb === "post" && sending.contains(elt) && /\/(submit|skip|change)\/$/.test(requestConfig.path);
  const data = isAnswer && new FormData(sending, elt === sending ? undefined : elt.form === sending && elt.type === "submit" ? elt : undefined);
  if (!isAnswer || !keepAnswer(requestConfig.path, data)) { failed(`This could not be sent: ${why}. Your text is still here.`, elt); return; }
  work.isDirty = false;
  announce("No connection. Your answer is kept on this device and will be sent.");
}

// The retry carries the same client key, so an answer that did arrive is not stored twice.
function failed(sentence, sender) {
  if (sender.id === "open-guidelines") {
    byId("guideline").textContent = "The guidelines could not be loaded; close this and try again.";
    return;
  }
  const retry = button("Retry", () => {
    if (sender === form()) submit();
    else if (sender.tagName === "FORM") sender.requestSubmit();
    else sender.click();
  });
  tell(sentence, retry);
  retry.focus();
  work.isDirty = true;
}
