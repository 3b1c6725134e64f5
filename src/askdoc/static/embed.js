// The chat in a frame of another page, over the REST API. Questions and answers are kept in this
// page alone. Every text becomes a text node: nothing here makes elements out of a string. The
// server sends this file and what it imports as one.
import { around, bannersOf, button, caveatBox, parts } from "./answer.js";
import { elsewhere, questionHeading } from "./library.js";
import {
  _, byId, forgetOffers, historyOf, LANGUAGE, make, offersAfter, post, sender, showTop, steadily, tooMany,
} from "./shared.js";
import { asText, copy, toolsOf } from "./taking.js";

const MAX_CHIPS = 3;
const LOADING_MS = 2_000;
const WORDS = {
  pending: _("Looking in the article…"),
  slow: _("This takes longer than usual."),
  gone: _("The server cannot be reached, and this was not answered."),
  busy: _("The server is busy, and this was not answered."),
  failed: _("Something went wrong, and this was not answered."),
  loading: _("The article is still being loaded; a moment, please."),
  all: _("All articles"),
};
const [box, log, main] = [byId("words"), byId("log"), document.querySelector("main")];
const asked = new URLSearchParams(location.search);
const turns = [];
const known = { articles: [], total: 0, questions: [] };
const articleOf = (id) => known.articles.find((article) => article.id === id);
const titleOf = (id) => articleOf(id)?.title || id;
Object.assign(around, { titleOf, several: () => known.total > 1 && !scope, tellSource });
const PROMISE = byId("hello").textContent;
let next = 1;
let scope = asked.get("document") || "";
let fixed = Boolean(scope);
let graveAt = 0; // when an emergency was last shown: what was asked before does not scroll it away
let host = null;
let telling = false;

// --- Asking --------------------------------------------------------------------------------

function submit(question, one = null) {
  const words = question.trim();
  if (!words) return;
  const reply = make("div", { class: "reply" });
  const element = make("section", { class: "exchange", tabindex: "-1" },
    questionHeading(words, one), reply);
  const turn = { number: next++, question: words, document: one?.id || scope, at: Date.now(), element, reply };
  turns.push(turn);
  log.append(element);
  offer([]);
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
    ...(answer.status === "emergency" ? [] : toolsOf(turn))));
  if (answer.status === "emergency") graveAt = Date.now();
  furnish();
  const urgent = answer.caveats.some((caveat) => caveat.severity === "urgent");
  if (answer.status === "emergency" || ((urgent || turn === turns.at(-1)) && turn.at >= graveAt)) {
    showTop(turn.element, turn.reply.querySelector(".answer.emergency"));
  }
  byId("status").textContent = turn.reply.innerText;
  if (turn === turns.at(-1)) renewOffers();
  if (bannersOf(answer).length) showBanners(bannersOf(answer));
  tellAnswer(turn);
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
  renewOffers();
}

function offer(questions) {
  forgetOffers();
  byId("chips").replaceChildren(...questions.slice(0, MAX_CHIPS)
    .map((question) => button(question, () => submit(question))));
}

// After each answer to the latest question, and on a page where nothing was asked yet.
async function renewOffers() {
  const last = turns.at(-1);
  if (last && !["answered", "not_in_article"].includes(last.answer?.status)) return offer([]);
  const quoted = turns.flatMap((turn) => turn.answer?.citations || []).map(
    ({ document_id, start, end }) => `${document_id} ${start} ${end}`);
  const atHand = last?.answer.citations[0]?.document_id ?? null;
  const found = await offersAfter(turns, { quoted, document: scope || null, atHand });
  if (!found) return;
  offer(found.questions);
  if (!last || last.document || !found.elsewhere.length) return;
  last.reply.querySelector(".answer").after(elsewhere(found.elsewhere, (one) => submit(last.question, one)));
}

// Buttons that need a conversation.
function furnish() {
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

// A question behind the # reaches no log.
const hidden = () => new URLSearchParams(location.hash.slice(1)).get("q") || "";

load();
submit(hidden() || asked.get("q") || "");
window.addEventListener("hashchange", () => submit(hidden()));
if (window.parent === window) box.focus();
tell("ready");
