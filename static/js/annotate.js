// The annotate screen. Everything that matters works without it; it listens on the document, because htmx replaces #work
// after each answer. Its modules stand in annotate/, one for each thing; they are sent as one file.

import { announce } from "./base.js";
import { showReady } from "./annotate/bar.js";
import { drawComments } from "./annotate/comments.js";
import { showDiffs } from "./annotate/correct.js";
import { sendKept, showKept } from "./annotate/kept.js";
import { begin, byId, form } from "./annotate/page.js";
import { beginMarks, isMarking } from "./annotate/marks.js";
import { drawRanking } from "./annotate/rank.js";
import "./annotate/draft.js";
import "./annotate/lease.js";
import "./annotate/keys.js";
import "./annotate/sending.js";
import "./news.js";

function show() {
  begin();
  showKept();
  if (!form()) return;
  drawRanking();
  drawComments();
  showDiffs();
  if (isMarking()) beginMarks();
  // Criteria take room that a phone has not; whoever began with them finds them open.
  const criteria = byId("criteria");
  if (criteria && innerWidth < 700) criteria.open = Boolean(criteria.querySelector("input:checked:not([value=''])"));
  showReady();
}

// After settling: only then has htmx bound the new form, and a key may submit it.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "work") return;
  show();
  const refusal = document.querySelector("#notice [role=alert]");
  byId("task")?.focus({ preventScroll: Boolean(refusal) });
  announce(refusal ? refusal.textContent : byId("work").dataset.announce);
});

document.documentElement.dataset.scripted = "";
show();
sendKept();
