// Two buttons under each answer, where ratings are kept. What is sent is the rating, the answer's mark
// and status, and the id of the passage that it came from, never a word of the conversation.
import { _, byId, make } from "./shared.js";

const NAMES = { helpful: _("Helpful"), "not helpful": _("Not helpful") };
const given = new Map();

// The buttons for an answer, or null where no ratings are kept. A key tells answers apart; `place`
// is {answer, status, passage}.
export function rating(key, place) {
  if (byId("help").dataset.rated === undefined) return null;
  const said = make("span", { role: "status" });
  const buttons = Object.entries(NAMES).map(([value, words]) => {
    const button = make("button", { type: "button", "data-rating": value }, words);
    button.addEventListener("click", () => rate(value));
    return button;
  });
  const show = () => buttons.forEach((button) => {
    button.setAttribute("aria-pressed", String(given.get(key) === button.dataset.rating));
  });

  async function rate(value) {
    if (given.get(key) === value) return;
    try {
      const sent = await fetch("../ratings", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ rating: value, ...place }),
      });
      if (!sent.ok) throw new Error("not kept");
      given.set(key, value);
      said.textContent = _("Thank you.");
    } catch {
      said.textContent = _("This could not be kept.");
    }
    show();
  }

  show();
  const label = _("Was this answer helpful?");
  return make("div", { class: "rating", role: "group", "aria-label": label }, ...buttons, said);
}
