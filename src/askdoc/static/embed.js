// The chat in a frame of another page, over the REST API. Questions and answers are kept in this
// page alone. Every text becomes a text node: nothing here makes elements out of a string.
import { _, AS_WRITTEN, byId, historyOf, LANGUAGE, make, post, sender, showTop, steadily, tooMany } from "./shared.js";

const LABELS = {
  info: _("Note"), caution: _("Caution"), urgent: _("Urgent"), emergency: _("Emergency"),
};
const SEVERITIES = Object.keys(LABELS);
const SHOWN_QUOTES = 3;
const MAX_CHIPS = 3;
const LOADING_MS = 2_000;
const WORDS = {
  pending: _("Looking in the article…"),
  slow: _("This takes longer than usual."),
  gone: _("The server cannot be reached, and this was not answered."),
  busy: _("The server is busy, and this was not answered."),
  failed: _("Something went wrong, and this was not answered."),
  loading: _("The article is still being loaded; a moment, please."),
  related: _("Related passages, which do not answer it:"),
  all: _("All articles"),
};
const ACTIONABLE = new RegExp(
  "(?<phone>\\b(?:\\+?1-)?\\d{3}-\\d{3}-\\d{4}\\b" +
    "|(?<![\\w.,/$%-])(?<!\\d )(?:911|988|112|999|000|111)(?![\\w%/]|[.,]\\d))" +
    "|(?<site>(?<![\\w@./-])(?:[a-z0-9-]+\\.)+(?:com|org|gov|net|int|eu)\\b(?:/[\\w/-]*)?)", "g");

const [box, log, main] = [byId("words"), byId("log"), document.querySelector("main")];
const asked = new URLSearchParams(location.search);
const turns = [];
const known = { articles: [], total: 0, questions: [] };
const PROMISE = byId("hello").textContent;
let next = 1;
let scope = asked.get("document") || "";
let fixed = Boolean(scope);
let graveAt = 0; // when an emergency was last shown: what was asked before does not scroll it away
let host = null;
let telling = false;

function button(words, act, attributes = {}) {
  const made = make("button", { type: "button", ...attributes }, words);
  made.addEventListener("click", () => act(made));
  return made;
}

const link = (href, words, more = {}) =>
  make("a", { href, target: "_blank", rel: "noopener noreferrer nofollow", ...more }, words);

// --- Pieces of an answer -------------------------------------------------------------------

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

function caveatBox(caveat) {
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

const severestFirst = (caveats) => [...caveats].sort(
  (a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
const bannersOf = (answer) => answer.caveats.filter((caveat) => caveat.kind === "banner");
const articleOf = (id) => known.articles.find((article) => article.id === id);
const titleOf = (id) => articleOf(id)?.title || id;
const addressOf = ({ address }) => `../${address}`;

function toArticle(place) {
  const anchor = link(addressOf(place),
    _("Read it in “{article}”, with all notes", { article: titleOf(place.document_id) }));
  anchor.addEventListener("click", () => tellSource(place));
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
  const name = citation.heading ? _("from {place}", { place: `“${citation.heading}”` }) : _("where it stands");
  const several = new Set(answer.citations.map((other) => other.document_id)).size > 1;
  const details = make("details", { class: "place" }, make("summary", {},
    make("span", { class: "number" }, make("span", { class: "unseen" }, _("Quote") + " "), `${citation.number}`),
    " ", several ? _("{heading} in {article}", { heading: name, article: titleOf(citation.document_id) }) : name));
  if (passage) {
    const [from, to] = [citation.start - passage.start, citation.end - passage.start];
    details.append(make("div", { class: "passage", ...AS_WRITTEN }, passage.text.slice(0, from),
      make("mark", {}, passage.text.slice(from, to)), passage.text.slice(to)));
    const shown = new Set(own.map((note) => note.id));
    details.append(...passage.caveats.filter((note) => !shown.has(note.id)).map(caveatBox));
  }
  details.append(toArticle(citation));
  details.addEventListener("toggle", () => details.open && tellSource(citation));
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
  return [make("div", { class: "related" }, make("p", {}, WORDS.related), make("ul", {}, ...items))];
}

function standing(answer) {
  const banners = bannersOf(answer).map(caveatBox);
  if (!banners.length) return [];
  return [make("details", { class: "standing" }, make("summary", {}, _("About these answers")), ...banners)];
}

// The words before the first quote; the whole text when it does not hold the quotes.
function openingOf(answer) {
  const places = answer.citations.map(({ quote }) => answer.answer.indexOf(`“${quote}”`));
  if (!places.length || Math.min(...places) < 0) return answer.answer;
  return answer.answer.slice(0, Math.min(...places)).replace(/[ \n-]+$/, "");
}

// An answer from top to bottom; every caveat stands in exactly one place.
function parts(answer) {
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

// --- Asking --------------------------------------------------------------------------------

function submit(question) {
  const words = question.trim();
  if (!words) return;
  const reply = make("div", { class: "reply" });
  const element = make("section", { class: "exchange", tabindex: "-1" },
    make("h2", { class: "question" }, make("span", { class: "unseen" }, _("You asked:") + " "), words), reply);
  const turn = { number: next++, question: words, document: scope, at: Date.now(), element, reply };
  turns.push(turn);
  log.append(element);
  wait(turn);
  element.scrollIntoView({ block: "start" });
  send();
}

function wait(turn) {
  turn.state = "waiting";
  turn.reply.replaceChildren(make("p", { class: "pending" }, WORDS.pending));
}

const send = sender({
  turns: () => turns,
  ask: (turn) => post("../api/v1/ask",
    { question: turn.question, history: historyOf(turns, turn), document: turn.document || null }),
  take: (turn, reply, urgent) => show(turn, urgent ? reply.body : reply),
  lose,
  slow: (turn) => turn.reply.append(make("p", { class: "pending" }, WORDS.slow)),
  settled: furnish,
});

async function lose(turn, { answered }) {
  if (!answered) return fail(turn, WORDS.gone);
  const { code, message } = await answered.json().then((body) => body.error, () => ({}));
  if ([400, 413, 422].includes(answered.status)) fail(turn, message || WORDS.failed, false);
  else if (code === "not_ready") fail(turn, message);
  else if (answered.status === 429) fail(turn, tooMany(answered));
  else fail(turn, answered.status === 503 ? WORDS.busy : WORDS.failed);
}

// What was not answered must not vanish: it says where help is, and can be asked again.
function fail(turn, words, again = true) {
  turn.state = again ? "lost" : "refused";
  turn.reply.replaceChildren(make("div", { class: "failure", role: "alert" },
    make("p", {}, words),
    again ? button(_("Ask again"), askAgain, { class: "again" }) : null,
    byId("help").content.cloneNode(true)));
  turn.element.scrollIntoView({ block: "nearest" });
}

function askAgain() {
  for (const turn of turns) if (turn.state === "lost") wait(turn);
  box.focus();
  send();
}

function show(turn, answer) {
  turn.answer = answer;
  steadily(() => turn.reply.replaceChildren(
    make("div", { class: `answer ${answer.status}` }, ...parts(answer)),
    ...(answer.status === "emergency" ? [] : [toolsOf(turn)])));
  if (answer.status === "emergency") graveAt = Date.now();
  furnish();
  const urgent = answer.caveats.some((caveat) => caveat.severity === "urgent");
  if (answer.status === "emergency" || ((urgent || turn === turns.at(-1)) && turn.at >= graveAt)) {
    showTop(turn.element, turn.reply.querySelector(".answer.emergency"));
  }
  byId("status").textContent = turn.reply.innerText;
  if (bannersOf(answer).length) showBanners(bannersOf(answer));
  tellAnswer(turn);
}

// --- Copying and rating --------------------------------------------------------------------

function toolsOf(turn) {
  const copied = button(_("Copy answer"), (made) => copy(made, asText(turn)), { class: "copy" });
  const rated = document.body.dataset.rated !== undefined && turn.answer.mark;
  const permalink = link(`../${turn.answer.address}`, _("Link to this answer"), { class: "permalink" });
  return make("div", { class: "tools" }, copied, permalink, rated ? rating(turn.answer) : null);
}

function caveatText(caveat) {
  const told = caveat.sources.map(({ name, url }) => [name, url].filter(Boolean).join(", "));
  return [`${LABELS[caveat.severity]}: ${caveat.text}`, ...told.map((name) => `(${name})`)].join(" ");
}

const absolute = (address) => new URL(address, location).href;

function asText(turn) {
  const { answer } = turn;
  if (!answer) return turn.question;
  const lines = [turn.question, ""];
  if (answer.status === "emergency") return [...lines, answer.answer].join("\n");
  const numbers = new Set(answer.citations.map((citation) => citation.number));
  const free = severestFirst(answer.caveats.filter((caveat) => !numbers.has(caveat.citation)));
  lines.push(...free.filter((caveat) => caveat.kind !== "banner").map(caveatText));
  lines.push(openingOf(answer));
  for (const citation of answer.citations) {
    lines.push("", `“${citation.quote}”`, `${citation.title}: ${absolute(addressOf(citation))}`);
    if (citation.url) lines.push(_("On the publisher’s page") + `: ${citation.url}`);
    lines.push(...answer.caveats.filter((c) => c.citation === citation.number).map(caveatText));
  }
  lines.push("", ...free.filter((caveat) => caveat.kind === "banner").map(caveatText));
  lines.push("", _("This answer") + `: ${absolute("../" + answer.address)}`);
  return lines.join("\n").trim();
}

async function copy(made, text) {
  const words = made.textContent;
  const done = await written(text);
  made.textContent = byId("status").textContent = done ? _("Copied") : _("Not copied");
  setTimeout(() => { made.textContent = words; }, 2000);
}

// On plain http there is no clipboard to write to, but a selection can still be copied.
async function written(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function rating({ mark, status, citations, passages }) {
  const [{ passage_id: passage = "" } = {}] = [...citations, ...passages];
  const said = make("span", { role: "status" });
  const group = make("div", { class: "rating", role: "group", "aria-label": _("Was this answer helpful?") });
  const rate = async (made) => {
    try {
      const sent = await fetch("../ratings", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ rating: made.dataset.rating, answer: mark, status, passage }),
      });
      if (!sent.ok) throw new Error("not kept");
      for (const each of group.querySelectorAll("button")) {
        each.setAttribute("aria-pressed", String(each === made));
      }
      said.textContent = _("Thank you.");
    } catch {
      said.textContent = _("This could not be kept.");
    }
  };
  const buttons = Object.entries({ helpful: _("Helpful"), "not helpful": _("Not helpful") }).map(
    ([value, words]) => button(words, rate, { "aria-pressed": "false", "data-rating": value }));
  group.append(...buttons, said);
  return group;
}

// --- What stands around the conversation ---------------------------------------------------

function showBanners(banners) {
  const distinct = [...new Map(banners.map((banner) => [banner.text, banner])).values()];
  const more = button(_("More"), unfold, { class: "unfold", "aria-expanded": "false" });
  byId("banners").replaceChildren(
    make("div", { class: "banner" }, ...distinct.map(caveatBox)), ...(distinct.length ? [more] : []));
}

function unfold(made) {
  const open = made.getAttribute("aria-expanded") !== "true";
  made.setAttribute("aria-expanded", String(open));
  made.textContent = open ? _("Less") : _("More");
}

function choose(id) {
  scope = id;
  const chosen = articleOf(id);
  showBanners((chosen ? [chosen] : known.articles).map((article) => article.banner));
  furnish();
}

// Suggestions, and buttons that need a conversation.
function furnish() {
  const before = new Set(turns.map((turn) => turn.question.toLowerCase()));
  const own = articleOf(scope)?.questions || known.questions;
  const next = own.filter((question) => !before.has(question.toLowerCase()));
  const last = turns.at(-1)?.answer;
  const offered = last?.status === "emergency" ? [] : next.slice(0, MAX_CHIPS);
  byId("chips").replaceChildren(...offered.map((question) => button(question, () => submit(question))));
  document.body.classList.toggle("begun", turns.length > 0);
  // Until something is asked, the notes have as much room as they need.
  const [notes, head] = [byId("banners"), document.querySelector("header")];
  if (turns.length && notes.parentElement === main) head.querySelector("h1").after(notes);
  else if (!turns.length && notes.parentElement === head) main.prepend(notes);
  byId("copy-all").hidden = byId("clear").hidden = !turns.length;
}

function clear() {
  turns.length = 0;
  log.replaceChildren();
  choose(scope);
  box.focus();
}

// The page comes with the list of articles, if the server had it by then.
async function load() {
  const held = byId("articles");
  if (held) return introduce(JSON.parse(held.content.textContent));
  const answer = await fetch(`../api/v1/articles?limit=200&lang=${LANGUAGE}`).catch(() => null);
  if (answer && answer.ok) introduce(await answer.json());
  else {
    if (answer && !turns.length) byId("hello").textContent = WORDS.loading;
    setTimeout(load, LOADING_MS);
  }
}

function introduce(list) {
  Object.assign(known, list);
  const listed = known.articles.length >= known.total;
  const missing = fixed && listed && !articleOf(scope);
  byId("hello").textContent = [
    missing ? _("There is no article “{name}” here.", { name: scope }) : "",
    _("Ask about {articles}.", { articles: subject(missing) }), PROMISE,
  ].join(" ").trim();
  if (missing) [scope, fixed] = ["", false];
  if (known.total > 1 && !fixed) {
    const options = known.articles.map(({ id, title }) => make("option", { value: id }, title));
    byId("article").replaceChildren(make("option", { value: "" }, WORDS.all), ...options);
    byId("chooser").hidden = false;
  }
  choose(scope);
}

function subject(missing) {
  if (fixed && !missing) return `“${titleOf(scope)}”`;
  return known.total === 1 ? `“${known.articles[0].title}”`
    : _("any of {count} articles", { count: known.total });
}

// --- The page around the frame -------------------------------------------------------------

// "ready" and "close" say nothing about the conversation, so any parent may hear them. The rest
// goes to the origin that has set us up.
function tell(word, detail) {
  if (window.parent === window) return;
  if (detail === undefined) window.parent.postMessage({ askdoc: word }, "*");
  else if (host) window.parent.postMessage({ askdoc: word, detail }, host);
}

function tellAnswer({ answer, question }) {
  const documents = [...new Set(answer.citations.map((citation) => citation.document_id))];
  tell("answer", { status: answer.status, documents, ...(telling ? { question } : {}) });
}

function tellSource({ document_id, start, end }) {
  tell("source", { document: document_id, start, end });
}

function setUp({ color, ink, questions }) {
  telling = questions === true;
  if (typeof color !== "string" || !CSS.supports("color", color)) return;
  const { style } = document.documentElement;
  style.setProperty("--button", color);
  style.setProperty("--button-ink", ink === "#000" ? "#000" : "#fff");
}

window.addEventListener("message", ({ source, origin, data }) => {
  if (source !== window.parent || source === window || !data) return;
  host = origin;
  if (data.askdoc === "focus") box.focus();
  if (data.askdoc === "setup") setUp(data);
  if (data.askdoc === "ask" && typeof data.question === "string") submit(data.question);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") tell("close");
});
byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = box.value;
  box.value = "";
  submit(question);
  box.focus();
});
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("composer").requestSubmit();
});
byId("article").addEventListener("change", (event) => choose(event.target.value));
byId("copy-all").addEventListener("click", (event) =>
  copy(event.target, turns.map(asText).join("\n\n---\n\n")));
byId("clear").addEventListener("click", clear);

load();
if (asked.get("q")) submit(asked.get("q"));
if (window.parent === window) box.focus();
tell("ready");
