// Parts that refresh themselves keep open what the reader had opened in them.

let opened = new Set();

function key(details) {
  return details.id || details.querySelector("summary").textContent.trim() + [...document.querySelectorAll("details")].indexOf(details);
}

document.addEventListener("htmx:beforeSwap", (event) => {
  opened = new Set([...event.detail.target.querySelectorAll("details[open]")].map(key));
});

document.addEventListener("htmx:afterSwap", () => {
  for (const details of document.querySelectorAll("main details")) {
    if (opened.has(key(details))) details.open = true;
  }
  opened.clear();
});

// Nobody reads a hidden page: its parts wait until it is seen again.
document.addEventListener("htmx:beforeRequest", (event) => {
  const isPolling = event.detail.elt.getAttribute("hx-trigger")?.startsWith("every");
  if (isPolling && document.visibilityState !== "visible") event.preventDefault();
});

// On a narrow screen the navigation scrolls sideways: begin where the reader is.
document.querySelector(".nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
