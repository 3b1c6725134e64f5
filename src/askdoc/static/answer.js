// An answer of the REST API as elements: blocks, notes, quotes with theirs, where each stands.
import { _, AS_WRITTEN, inLanguage, make } from "./shared.js";

export const LABELS = {
  info: _("Note"), caution: _("Caution"), urgent: _("Urgent"), emergency: _("Emergency"),
};
const SEVERITIES = Object.keys(LABELS);
const SHOWN_QUOTES = 3;
const ACTIONABLE = new RegExp(
  "(?<phone>\\b(?:\\+?1-)?\\d{3}-\\d{3}-\\d{4}\\b" +
    "|(?<![\\w.,/$%-])(?<!\\d )(?:911|988|112|999|000|111)(?![\\w%/]|[.,]\\d))" +
    "|(?<site>(?<![\\w@./-])(?:[a-z0-9-]+\\.)+(?:com|org|gov|net|int|eu)\\b(?:/[\\w/-]*)?)", "g");

// Set by the page: what an article is called, whether several are asked, and who is told that a quote's source was opened.
export const around = { titleOf: (id) => id, several: () => false, tellSource() {} };

export function button(words, act, attributes = {}) {
  const made = make("button", { type: "button", ...attributes }, words);
  made.addEventListener("click", () => act(made));
  return made;
}

export const link = (href, words, more = {}) =>
  make("a", { href, target: "_blank", rel: "noopener noreferrer nofollow", ...more }, words);

// Reviewed text with its telephone numbers and sites as links.
function linked(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(ACTIONABLE)) {
    const words = match[0];
    nodes.push(text.slice(at, match.index));
    if (match.groups.phone) {
      nodes.push(make("a", { href: `tel:${words.replace(/[^0-9+]/g, "")}` }, words));
    } else nodes.push(link(`https://${words}`, words));
    at = match.index + words.length;
  }
  return [...nodes, text.slice(at)];
}

// A step that begins with whom to call, with that call as a button.
function step(text) {
  const [first, call, ...rest] = linked(text);
  if (!call || !/^Call (or text )?$/.test(first) || !/^tel:\d+$/.test(call.getAttribute("href"))) {
    return make("li", {}, first, ...(call ? [call] : []), ...rest);
  }
  call.prepend(first);
  call.className = "call";
  return make("li", {}, call, ...rest);
}

export function caveatBox(caveat) {
  const role = caveat.severity === "emergency" ? "alert" : "note";
  const label = make("strong", { class: "severity" }, LABELS[caveat.severity]);
  const steps = caveat.text.split("\n").filter((line) => line.trim());
  const said = steps.length < 2
    ? [make("p", {}, label, " ", make("span", AS_WRITTEN, ...linked(caveat.text)))]
    : [make("p", {}, label), make("ol", { class: "steps", ...AS_WRITTEN }, ...steps.map(step))];
  return make("div", { class: `caveat ${caveat.severity}`, role }, ...said, sources(caveat.sources));
}

function sources(list) {
  if (!list.length) return null;
  const items = list.map(({ name, url, date }) => make("li", {},
    /^https?:\/\/[^\s"'<>]+$/i.test(url) ? link(url, name) : name, date ? ` (${date})` : ""));
  const words = list.length === 1 ? _("Source") : _("Sources: {count}", { count: list.length });
  return make("details", { class: "sources" }, make("summary", {}, words),
    make("ul", AS_WRITTEN, ...items));
}

export const severestFirst = (caveats) => [...caveats].sort(
  (a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
export const bannersOf = (answer) => answer.caveats.filter((caveat) => caveat.kind === "banner");
export const addressOf = ({ address }) => inLanguage(`../${address}`);

function toArticle(place) {
  const anchor = link(addressOf(place),
    _("Read it in “{article}”, with all notes", { article: around.titleOf(place.document_id) }));
  anchor.addEventListener("click", () => around.tellSource(place));
  return make("p", { class: "in-article" }, anchor, ...publishedAt(place));
}

// A link to the sentence on the publisher's own page, where that is known.
function publishedAt({ url }) {
  if (!/^https?:\/\/[^\s"'<>]+$/i.test(url || "")) return [];
  const site = new URL(url).host.replace(/^www\./, "");
  return [make("br"), link(url, _("Read it on {site}", { site }), { class: "published" })];
}

// Where a quote stands: its passage, the quoted sentences marked, the other notes on it.
function placeOf(citation, answer, own) {
  const passage = answer.passages.find((found) => found.passage_id === citation.passage_id);
  const title = around.titleOf(citation.document_id);
  const whole = citation.heading;
  const section = whole.startsWith(`${title} › `) ? whole.slice(title.length + 3) : whole;
  const name = section ? _("from {place}", { place: `“${section}”` }) : _("where it stands");
  const details = make("details", { class: "place" }, make("summary", {},
    make("span", { class: "number" }, make("span", { class: "unseen" }, _("Quote") + " "), `${citation.number}`),
    " ", around.several() ? _("{heading} in {article}", { heading: name, article: title }) : name));
  if (passage) {
    const [from, to] = [citation.start - passage.start, citation.end - passage.start];
    details.append(make("div", { class: "passage", ...AS_WRITTEN }, passage.text.slice(0, from),
      make("mark", {}, passage.text.slice(from, to)), passage.text.slice(to)));
    const shown = new Set(own.map((note) => note.id));
    details.append(...passage.caveats.filter((note) => !shown.has(note.id)).map(caveatBox));
  }
  details.append(toArticle(citation));
  details.addEventListener("toggle", () => details.open && around.tellSource(citation));
  return details;
}

function quoteBox(citation, answer) {
  const own = severestFirst(answer.caveats.filter(
    (note) => note.kind !== "banner" && note.citation === citation.number));
  return make("li", { class: "quote" },
    make("blockquote", AS_WRITTEN, `“${citation.quote}”`),
    ...own.map(caveatBox), placeOf(citation, answer, own));
}

function quoteList(answer) {
  const boxes = answer.citations.map((citation) => quoteBox(citation, answer));
  const rest = boxes.slice(SHOWN_QUOTES);
  const list = (some) => make("ol", { class: "quotes" }, ...some);
  if (!rest.length) return boxes.length ? [list(boxes)] : [];
  const words = _("Further quotes: {count}", { count: rest.length });
  return [list(boxes.slice(0, SHOWN_QUOTES)),
    make("details", { class: "more" }, make("summary", {}, words), list(rest))];
}

function relatedList(answer) {
  if (answer.status !== "not_in_article" || !answer.passages.length) return [];
  const items = answer.passages.map((passage) => make("li", {}, make("details", {},
    make("summary", AS_WRITTEN, passage.heading || _("Passage")),
    make("div", { class: "passage", ...AS_WRITTEN }, passage.text),
    ...passage.caveats.map(caveatBox), toArticle(passage))));
  return [make("div", { class: "related" }, make("p", {}, _("Related passages, which do not answer it:")), make("ul", {}, ...items))];
}

function standing(answer) {
  const banners = bannersOf(answer).map(caveatBox);
  if (!banners.length) return [];
  return [make("details", { class: "standing" }, make("summary", {}, _("About these answers")), ...banners)];
}

// The words before the first quote; the whole text when it does not hold the quotes.
export function openingOf(answer) {
  const places = answer.citations.map(({ quote }) => answer.answer.indexOf(`“${quote}”`));
  if (!places.length || Math.min(...places) < 0) return answer.answer;
  return answer.answer.slice(0, Math.min(...places)).replace(/[ \n-]+$/, "");
}

// An answer from top to bottom; every caveat stands in exactly one place.
export function parts(answer) {
  if (answer.status === "emergency") {
    const blocks = answer.caveats.filter((caveat) => caveat.severity === "emergency");
    return blocks.length ? blocks.map(caveatBox) : [make("p", { class: "opening" }, answer.answer)];
  }
  const numbers = new Set(answer.citations.map((citation) => citation.number));
  const free = answer.caveats.filter(
    (caveat) => caveat.kind !== "banner" && !numbers.has(caveat.citation));
  const opening = openingOf(answer);
  return [
    ...severestFirst(free).map(caveatBox),
    ...(opening ? [make("p", { class: "opening" }, opening)] : []),
    ...quoteList(answer),
    ...relatedList(answer),
    ...standing(answer),
  ];
}
