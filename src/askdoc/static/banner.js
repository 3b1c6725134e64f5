// What stands over the conversation: the notes on the article that is answered, as high as they are.
import { clean } from "./elements.js";
import { _, byId } from "./shared.js";

let given = false;

export const hasBanner = () => given;

export function banner(html) {
  const old = document.querySelector("#banner .banner");
  if (!old) return;
  given = true;
  const open = !!old.querySelector('.unfold[aria-expanded="true"]');
  old.replaceWith(clean(html));
  unfold(document.querySelector("#banner button.unfold"), open);
}

// On a narrow screen the banner is one line once something was asked.
export function unfold(button, open) {
  if (!button) return;
  button.setAttribute("aria-expanded", String(open));
  button.textContent = open ? _("Less") : _("More");
}

// What stands under the banner follows its height, however many notes are in it.
function measure() {
  const stuck = getComputedStyle(byId("banner")).position === "sticky";
  const height = stuck ? byId("banner").getBoundingClientRect().height : 0;
  document.documentElement.style.setProperty("--head", `${Math.ceil(height) + 6}px`);
}

export function followBanner() {
  new ResizeObserver(measure).observe(byId("banner"));
  window.addEventListener("resize", measure);
  measure();
}
