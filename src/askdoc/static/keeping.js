// What the browser keeps of a conversation: in its own storage alone, for a day, unless the reader
// has switched that off. Where storage is refused or full, a conversation ends with its page.
import { _, make } from "./shared.js";

const KEPT_MS = 24 * 3600 * 1000;
const SWITCHED_OFF = "askdoc keeps nothing";
// A tab's own conversation before the last one. Of a reader's own article the tab alone keeps any.
const kindsOf = (place) =>
  place.includes(" own-") ? ["sessionStorage"] : ["sessionStorage", "localStorage"];

function tried(action, otherwise) {
  try {
    return action();
  } catch {
    return otherwise;
  }
}

const canKeep = () => tried(() => !!window.localStorage, false);

const keeps = () => tried(() => !window.localStorage.getItem(SWITCHED_OFF), false);

export function put(place, held) {
  if (!keeps()) return;
  const text = JSON.stringify({ ...held, at: Date.now() });
  for (const kind of kindsOf(place)) tried(() => window[kind].setItem(place, text));
}

export function get(place) {
  if (!keeps()) return null;
  for (const kind of kindsOf(place)) {
    const held = tried(() => JSON.parse(window[kind].getItem(place)), null);
    if (held && Date.now() - held.at < KEPT_MS && Array.isArray(held.turns)) return held;
  }
  return null;
}

export function forget(place) {
  for (const kind of kindsOf(place)) tried(() => window[kind].removeItem(place));
}

// Says in a line what is kept, beside a button that switches it; `changed` is told of that.
export function tellKeeping(line, changed) {
  if (!canKeep() || !line) return;
  const on = keeps();
  const button = make("button", { type: "button", class: "keep", "aria-pressed": String(on) },
    on ? _("Do not keep it") : _("Keep it"));
  button.addEventListener("click", () => {
    if (on) tried(() => window.localStorage.setItem(SWITCHED_OFF, "1"));
    else tried(() => window.localStorage.removeItem(SWITCHED_OFF));
    changed(!on);
    tellKeeping(line, changed);
    line.querySelector("button").focus();
  });
  line.replaceChildren(on
    ? (ownArticle() ? _("This conversation is kept in this tab alone.")
      : _("This conversation is kept for a day, in this browser alone."))
    : _("This conversation is not kept."), " ", button);
}

// The name of the reader's own article that this tab asks, or "".
const OWN = "askdoc own article";

export const ownArticle = () => tried(() => window.sessionStorage.getItem(OWN), null) || "";

export const askOwn = (name) => tried(() => {
  if (name) window.sessionStorage.setItem(OWN, name);
  else window.sessionStorage.removeItem(OWN);
  return true;
}, false);
