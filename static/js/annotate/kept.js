// An answer that cannot reach the server stays on this device and is sent again with its own key, so it counts once.

import { button, byId, form, headers, isWork, make, saidBy } from "./page.js";

const FIRST_WAIT = 2000; // ms, doubled after each try
const LONGEST_WAIT = 60000;
const LOST = [502, 503, 504]; // a proxy without a server behind it
const REFUSED = [400, 409, 422]; // the same again would be refused again

const store = () => `flywheel-unsent-${byId("unsent").dataset.person}`;
let wait = FIRST_WAIT;
let retryTimer;
let isSending = false;

export const isLost = (status) => LOST.includes(status);

export function keptAnswers() {
  try { return JSON.parse(localStorage.getItem(store())) ?? []; } catch { return []; }
}

const waitingAnswers = () => keptAnswers().filter((one) => !one.isRefused);

function write(list) {
  try {
    if (list.length) localStorage.setItem(store(), JSON.stringify(list));
    else localStorage.removeItem(store());
    return true;
  } catch {
    return false; // storage is full or forbidden: the text still stands in the form
  }
}

const forget = (key) => write(keptAnswers().filter((one) => one.key !== key));

// `body` without the token: the session may have changed by the time it is sent.
export function keepAnswer(url, data) {
  data.delete("csrfmiddlewaretoken");
  const key = data.get("client_key");
  const others = keptAnswers().filter((one) => one.key !== key);
  const isKept = write([...others, { key, url, body: new URLSearchParams(data).toString(), at: new Date().toISOString() }]);
  if (isKept) {
    showKept();
    lock(true); // what is kept must not differ from what is on the screen
  }
  planRetry();
  return isKept;
}

function lock(isOn) {
  if (!form()) return;
  form().dataset.kept = isOn ? "yes" : "";
  for (const part of form().querySelectorAll(".answer-bar, #correction, #criteria, #comments, .marks")) part.inert = isOn;
}

function planRetry() {
  clearTimeout(retryTimer);
  if (!waitingAnswers().length) return;
  retryTimer = setTimeout(sendKept, wait);
  wait = Math.min(wait * 2, LONGEST_WAIT);
}

export async function sendKept() {
  clearTimeout(retryTimer);
  if (isSending) return;
  isSending = true;
  for (const one of waitingAnswers()) {
    const answer = await fetch(one.url, {
      method: "POST", body: new URLSearchParams(one.body), redirect: "error", headers: { ...headers(), "HX-Request": "true" },
    }).catch(() => null);
    if (!answer || isLost(answer.status)) break;
    await settle(one, answer);
  }
  isSending = false;
  if (waitingAnswers().length) planRetry();
  else wait = FIRST_WAIT;
}

// Only what was stored is forgotten. A refused answer stays to be read until the person discards it; the others are tried again.
async function settle(one, answer) {
  const text = await answer.text();
  const isOnScreen = form()?.elements.client_key.value === one.key;
  if (answer.ok && isWork(text)) {
    forget(one.key);
    const elsewhere = answer.headers.get("HX-Redirect");
    if (isOnScreen && elsewhere) location.assign(elsewhere);
    else if (isOnScreen) byId("next").requestSubmit();
    else showKept("The answer kept on this device has been sent.");
    return;
  }
  const isRefused = REFUSED.includes(answer.status);
  const told = saidBy(text) || `The server did not take it (${answer.status}).`;
  write(keptAnswers().map((other) => (other.key === one.key ? { ...other, told, isRefused } : other)));
  if (isOnScreen && isRefused) lock(false);
  showKept();
}

// What was typed, in words; the text of a refused answer may stand nowhere else.
function typedIn(body) {
  const typed = new URLSearchParams(body);
  const choice = typed.get("choice") ?? "";
  let remarks = [];
  try { remarks = JSON.parse(typed.get("comments") || "[]"); } catch { /* not ours */ }
  return [
    ["You had chosen", "ABCDEF"[choice - 1] ?? choice.replace("_", " ")],
    ["You had written", typed.get("rationale")],
    ["Your rewrite", typed.get("correction")],
    ...remarks.map(({ text }) => ["Your comment", text]),
  ].filter(([, words]) => words).map(([label, words]) => `${label}: ${words}`);
}

function drawTold(one) {
  const row = document.createElement("li");
  const discard = button("Discard", () => {
    forget(one.key);
    if (form()?.elements.client_key.value === one.key) lock(false);
    showKept();
    byId("task")?.focus();
  });
  row.append(
    make("p", `An answer kept on this device was not stored: ${one.told}${one.isRefused ? "" : " It will be tried again."}`),
    ...typedIn(one.body).map((words) => make("p", words, { className: "plain" })), discard,
  );
  return row;
}

export function showKept(sentence) {
  const place = byId("unsent");
  const count = waitingAnswers().length;
  const told = keptAnswers().filter((one) => one.told);
  place.hidden = !count && !told.length && !sentence;
  place.querySelector("span").textContent = count
    ? `${count === 1 ? "One answer is" : `${count} answers are`} kept on this device and will be sent as soon as there is a connection.`
    : sentence ?? "";
  byId("send-kept").hidden = !count;
  place.querySelector("ul").replaceChildren(...told.map(drawTold));
}

addEventListener("online", () => { wait = FIRST_WAIT; sendKept(); });
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#send-kept")) { wait = FIRST_WAIT; sendKept(); }
});

// A refused answer that was mended and sent from its form is no longer kept.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful && isWork(detail.xhr.responseText)) forget(detail.requestConfig.parameters.client_key);
});
