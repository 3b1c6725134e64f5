// The server's HTML as elements.
import { inLanguage } from "./shared.js";

// The server escapes what it sends. Here stands a second wall: only what an answer is made of
// gets into the page.
const TAGS = new Set(("A ASIDE B BLOCKQUOTE BUTTON DETAILS DIV EM FIGCAPTION FIGURE H1 H2 H3 " +
  "HEADER LI MARK OL P PRE SECTION SMALL SPAN STRONG SUMMARY SUP U UL").split(" "));
const ATTRIBUTES = new Set(("class id href target rel role tabindex type hidden title open lang " +
  "aria-label aria-hidden aria-expanded").split(" "));
const OUR_PAGE = /^\.\.\/(?:article|chat)\//;
const LINK = /^(?:https?:\/\/|tel:|#|\.\.\/|\.?\/?[\w.%-]+(?:[?#/]|$))/i;

export function clean(html) {
  const held = document.createElement("template");
  held.innerHTML = html;
  for (const element of [...held.content.querySelectorAll("*")]) {
    if (!TAGS.has(element.tagName)) {
      element.remove();
      continue;
    }
    for (const { name, value } of [...element.attributes]) {
      const known = ATTRIBUTES.has(name) || name.startsWith("data-");
      if (!known || (name === "href" && !LINK.test(value))) element.removeAttribute(name);
      else if (name === "href" && OUR_PAGE.test(value)) element.setAttribute(name, inLanguage(value));
    }
  }
  return held.content;
}

// Takes the links off that lead to an article which is here no longer.
export function unlink(root) {
  for (const link of root.querySelectorAll("a[href*='/article/own-']")) {
    link.replaceWith(...link.childNodes);
  }
  return root;
}
