// An answer that cannot reach the server stays on this device and is sent again with its own key, so it counts once.

import { byId, form, headers, make } from "./page.js";

const FIRST_WAIT = 2000; // ms, doubled after each try
const LONGEST_WAIT = 60000;
const LOST = [502, 503, 504]; // a proxy without a server behind it

const store = () => `flywheel-unsent-${byId("unsent").dataset.person}`;
let wait = FIRST_WAIT;
let retryTimer;
let isSending = false;

export const isLost = (status) => LOST.includes(status);

export function keptAnswers() {
  try { return JSON.parse(localStorage.getItem(store())) ?? []; } catch { return []; }
}

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
  if (!keptAnswers().length) return;
  retryTimer = setTimeout(sendKept, wait);
  wait = Math.min(wait * 2, LONGEST_WAIT);
}

export async function sendKept() {
  clearTimeout(retryTimer);
  if (isSending) return;
  isSending = true;
  for (const one of keptAnswers()) {
    const answer = await fetch(one.url, {
      method: "POST", body: new URLSearchParams(one.body), redirect: "error", headers: { ...headers(), "HX-Request": "true" },
    }).catch(() => null);
    if (!answer || isLost(answer.status)) break;
    await settle(one, answer);
  }
  isSending = false;
  if (keptAnswers().length) planRetry();
  else wait = FIRST_WAIT;
}

async function settle(one, answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const isOnScreen = form()?.elements.client_key.value === one.key;
  if (answer.ok && page.getElementById("work")) {
    forget(one.key);
    if (isOnScreen) byId("next").requestSubmit();
    else showKept("The answer kept on this device has been sent.");
  } else {
    forget(one.key);
    const sentence = page.querySelector("#notice p, .notice p, main p")?.textContent ?? "It was refused.";
    refused(sentence, new URLSearchParams(one.body).get("rationale"));
  }
}

function refused(sentence, rationale) {
  const notice = make("div", "", { className: "notice bad" });
  notice.setAttribute("role", "alert");
  notice.append(make("p", `An answer kept on this device was not stored: ${sentence}`));
  if (rationale) notice.append(make("p", `You had written: ${rationale}`));
  lock(false);
  byId("notice")?.replaceChildren(notice);
}

export function showKept(sentence) {
  const place = byId("unsent");
  const count = keptAnswers().length;
  place.hidden = !count && !sentence;
  place.querySelector("span").textContent = count
    ? `${count === 1 ? "One answer is" : `${count} answers are`} kept on this device and will be sent as soon as there is a connection.`
    : sentence ?? "";
  place.querySelector("button").hidden = !count;
}

addEventListener("online", () => { wait = FIRST_WAIT; sendKept(); });
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#send-kept")) { wait = FIRST_WAIT; sendKept(); }
});
