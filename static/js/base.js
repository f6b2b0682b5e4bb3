// What every page needs: the remembered theme, menus that close, and the announcer for screen readers.

const root = document.documentElement;
const YEAR = 31536000;

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

// A cookie, so that the server writes the choice into the page and nothing flashes.
for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=${YEAR}; samesite=lax`;
  });
}

// A menu that the focus has left would cover what has it now.
for (const sign of ["click", "focusin"]) {
  document.addEventListener(sign, (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

export function announce(sentence) {
  const place = document.getElementById("announcer");
  place.textContent = "";
  // A new task, or the same sentence twice would be read once.
  setTimeout(() => { place.textContent = sentence; }, 50);
}
