// The panel of sources beside the conversation: one is open at a time, and leads back to its quote.
import { byId } from "./shared.js";

export const wide = window.matchMedia("(min-width: 60rem)");
let opened = null;

export function open(id) {
  opened = id;
  mark();
}

export function show(id, { focus }) {
  const section = byId(id);
  if (!section || !section.classList.contains("source")) return;
  open(id);
  if (focus) section.focus({ preventScroll: true });
  const target = section.querySelector("mark") || section;
  if (focus || wide.matches) within(byId("aside"), target);
}

// On a wide screen the panel alone scrolls, so that the answer stays where it is.
function within(panel, target) {
  if (!panel) return;
  if (!wide.matches) {
    panel.scrollIntoView({ block: "start" });
  } else {
    const gap = target.getBoundingClientRect().top - panel.getBoundingClientRect().top;
    panel.scrollTop += gap - panel.clientHeight / 3;
  }
}

export function mark() {
  for (const section of document.querySelectorAll("#sources .source")) {
    section.classList.toggle("open", section.id === opened);
  }
  for (const cite of document.querySelectorAll("#conversation a.cite")) {
    if (cite.getAttribute("href") === `#${opened}`) cite.setAttribute("aria-current", "true");
    else cite.removeAttribute("aria-current");
  }
}

export function back() {
  const cite = document.querySelector(`#conversation a.cite[href="#${opened}"]`);
  if (!wide.matches || !cite) open(null);
  if (!cite) return;
  cite.closest("details:not([open])")?.setAttribute("open", "");
  cite.focus({ preventScroll: true });
  cite.scrollIntoView({ block: "center" });
}
