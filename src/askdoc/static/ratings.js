// Two buttons under each answer. The server sends this file only where ratings are kept; what it
// sends back is the rating, the answer's mark and status, and the id of the passage that it came from,
// never a word of the conversation.
import { _, make } from "./shared.js";

(() => {
  const words = { helpful: _("Helpful"), "not helpful": _("Not helpful") };
  const given = new Map();

  function show(group, key) {
    for (const button of group.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(given.get(key) === button.dataset.rating));
    }
  }

  async function rate(group, key, mark, rating) {
    if (given.get(key) === rating) return;
    const said = group.querySelector("[role=status]");
    try {
      const sent = await fetch("../ratings", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ rating, answer: mark.textContent, ...mark.dataset }),
      });
      if (!sent.ok) throw new Error("not kept");
      given.set(key, rating);
      said.textContent = _("Thank you.");
    } catch {
      said.textContent = _("This could not be kept.");
    }
    show(group, key);
  }

  function offer(turn) {
    const mark = turn.querySelector(".answer-mark");
    const key = `${turn.id} ${mark.textContent}`;
    const buttons = Object.entries(words).map(([rating, name]) => {
      const button = make("button", { type: "button", "data-rating": rating }, name);
      button.addEventListener("click", () => rate(group, key, mark, rating));
      return button;
    });
    const label = _("Was this answer helpful?");
    const group = make("div", { class: "rating", role: "group", "aria-label": label },
      ...buttons, make("span", { role: "status" }));
    show(group, key);
    turn.querySelector(".tools").append(group);
  }

  // The server replaces the conversation after each answer.
  function renew() {
    const turns = [...document.querySelectorAll("#conversation .turn")];
    if (!turns.length) given.clear();
    for (const turn of turns) {
      if (turn.querySelector(".answer-mark") && !turn.querySelector(".rating")) offer(turn);
    }
  }

  function begin() {
    new MutationObserver(renew).observe(document.body, { childList: true, subtree: true });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
