// Reading the candidates: to the first difference, folds, observations, and what is fetched when it is opened.
// It listens on the document, because htmx replaces the item; without it each link opens a page of its own.

const AT_ONCE = 4; // requests, when everything is opened at once

const all = (selector) => [...document.querySelectorAll(selector)];

/** Scroll to where the sides part, and move the focus there. */
export function firstDifference() {
  const place = document.getElementById("parting");
  place?.scrollIntoView({ block: "start" });
  place?.focus({ preventScroll: true });
}

/** Open or close every observation in sight, or every fold. */
export function toggle(kind, isOpen) {
  const selector = { observations: "[data-observation]", folds: "[data-fold]" }[kind];
  for (const one of all(selector)) {
    // Steps that are folded away bring their observations when they are unfolded.
    if (!isOpen || !one.parentElement.closest("details:not([open])")) one.open = isOpen;
  }
}

/** Open the final answers word by word. */
export function openWords() {
  const first = document.querySelector("[data-words]");
  if (!first) return;
  first.open = true;
  first.scrollIntoView({ block: "nearest" });
}

/* What was left out, fetched once */

const waiting = [];
let running = 0;

function fetchLater(link) {
  if (link.dataset.fetch === "wanted") return;
  link.dataset.fetch = "wanted";
  waiting.push(link);
  next();
}

function next() {
  while (running < AT_ONCE && waiting.length) {
    running += 1;
    bring(waiting.shift()).finally(() => { running -= 1; next(); });
  }
}

async function bring(link) {
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" }, redirect: "error" }).catch(() => null);
  const place = link.closest(".cut, .later");
  if (!place?.isConnected) return;
  if (!answer?.ok) {
    link.dataset.fetch = "";
    link.textContent = answer ? "This could not be opened; reload the page." : "No connection; press to try again.";
    return;
  }
  // Parsed apart from the page: what the server sends is escaped, and scripts in it would not run anyway.
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").body;
  const isCut = place.classList.contains("cut");
  if (isCut) {
    const label = place.querySelector(":scope > .label");
    place.replaceChildren(...(label ? [label] : []), ...found.childNodes);
    place.classList.remove("cut");
  } else {
    place.replaceWith(...found.childNodes);
  }
  document.dispatchEvent(new Event("opened"));
}

// `toggle` does not bubble.
document.addEventListener("toggle", (event) => {
  if (!event.target.open) return;
  const link = event.target.querySelector?.(":scope > .later > a[data-fetch]");
  if (link) fetchLater(link);
}, true);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-fetch]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    fetchLater(link);
  }
  const button = event.target.closest("[data-compare]");
  if (!button) return;
  if (button.dataset.compare === "difference") {
    firstDifference();
    return;
  }
  const isOpen = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(isOpen));
  toggle(button.dataset.compare, isOpen);
});

document.documentElement.dataset.comparing = ""; // shows the buttons that need this file
