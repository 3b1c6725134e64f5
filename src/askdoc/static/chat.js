// The conversation of the chat page. It lives here, in the reader's own browser: a question is shown
// and the box emptied the moment it is asked, whatever the line is like; replies are put in their
// places as they come. What is said and how it is put into HTML comes from the server.
import { banner, followBanner, hasBanner, unfold } from "./banner.js";
import { copyBy, save } from "./copying.js";
import { clean, unlink } from "./elements.js";
import { forget, get, ownArticle, put, tellKeeping } from "./keeping.js";
import { chooser, elsewhere, questionHeading } from "./library.js";
import { rating } from "./ratings.js";
import {
  _, byId, forgetOffers, historyOf, LANGUAGE, make, offersAfter, post, sender, showTop, steadily, tooMany, translate,
} from "./shared.js";
import { back, mark, open, show, wide } from "./sources.js";

const MOST_TURNS = 50;
const START_AGAIN_MS = 2_000;
const UNDO_MS = 15_000;
let article = ownArticle() || new URLSearchParams(location.search).get("document");
const place = `askdoc ${location.pathname} ${article || ""}`;

let turns = []; // {number, question, state: waiting | asked | answered | lost, reply}
let next = 1;
let edition = "";
let gone = false; // the reader's own article
let cleared = null;
let graveAt = 0; // when an emergency was last shown: what was asked before does not scroll it away

const inside = (selector) => document.querySelector(`#askdoc ${selector}`);
const area = () => document.querySelector("#question textarea");
const say = make("div", { class: "unseen", role: "status" });

// ---- What the browser keeps

function keep() {
  if (turns.length) put(place, { next, turns });
  else forget(place);
}

function restore() {
  const held = get(place);
  if (!held) return;
  ({ turns, next } = held);
  for (const turn of turns) {
    if (turn.state === "asked") turn.state = "waiting";
    draw(turn);
  }
  const quoting = turns.findLast((turn) => turn.reply?.banner);
  if (quoting) banner(quoting.reply.banner);
  if (turns.length) settle(turns.at(-1), { scroll: false });
}

// ---- Asking

function ask(words, one = null) {
  const question = words.trim();
  if (!question) return null;
  cleared = null;
  byId("undo")?.remove();
  const turn = { number: next++, question, state: "waiting", at: Date.now(), article: one };
  turns.push(turn);
  for (const old of turns.splice(0, Math.max(0, turns.length - MOST_TURNS))) remove(old);
  draw(turn);
  offer([]);
  keep();
  scrollTo(turn);
  send();
  return turn;
}

const send = sender({
  turns: () => turns,
  ask: (turn) => {
    const body = { number: turn.number, question: turn.question, history: historyOf(turns, turn) };
    return post("../api/chat/turn", { ...body, document: turn.article?.id ?? article });
  },
  take,
  lose: (turn, error) => {
    turn.lost = error.answered ? reasonOf(error.answered) : _("The server cannot be reached.");
    draw(turn);
    keep();
  },
  slow: () => refused(_("This takes longer than usual. It is still being asked.")),
  settled: tellLost,
});

function reasonOf(answered) {
  if (answered.status === 429) return tooMany(answered);
  const wrong = [400, 404, 413, 422].includes(answered.status);
  return wrong ? _("This could not be taken. Reload the page, and ask in fewer words.")
    : _("The server is busy.");
}

function take(turn, reply) {
  turn.reply = reply;
  delete turn.lost;
  steadily(() => draw(turn));
  keep();
  const grave = reply.status === "emergency";
  if (grave) graveAt = Date.now();
  settle(turn, { scroll: grave || (turn === turns.at(-1) && turn.at >= graveAt) });
}

function askAgain() {
  for (const turn of turns.filter((one) => one.state === "lost")) {
    turn.state = "waiting";
    draw(turn);
  }
  area().focus({ preventScroll: true });
  send();
}

// ---- What is shown of a turn

function draw(turn) {
  const section = byId(`t${turn.number}`) || inside(".conversation").appendChild(
    make("section", { class: "turn", id: `t${turn.number}`, tabindex: "-1" }));
  section.replaceChildren(questionHeading(turn.question, turn.article), body(turn));
  for (const old of document.querySelectorAll(`#sources [id^="t${turn.number}-s"]`)) old.remove();
  if (turn.reply && turn.reply.sources) inside(".sections").append(pieces(turn.reply.sources));
}

const changed = ({ reply }) => edition && reply.edition && reply.edition !== edition;

const pieces = (html) => (gone ? unlink(clean(html)) : clean(html));

function body(turn) {
  if (turn.state === "answered") {
    const reply = pieces(turn.reply.html);
    const mark = reply.querySelector(".answer-mark");
    const key = mark && `${turn.number} ${mark.textContent}`;
    const rated = mark && rating(key, { answer: mark.textContent, ...mark.dataset });
    if (rated) reply.querySelector(".tools").append(rated);
    if (repeats(turn, reply)) {
      reply.prepend(make("p", { class: "repeated" },
        _("These sentences were quoted above, too.")));
    }
    if (changed(turn)) {
      reply.prepend(make("p", { class: "changed" },
        _("The article or its notes have changed since this was answered."), " ",
        make("button", { type: "button", class: "renew" }, _("Ask again"))));
    }
    return reply;
  }
  const words = turn.state === "lost" ? _("Not answered yet.") : _("Looking in the article…");
  return make("p", { class: "pending", role: "status" }, words);
}

const sentencesOf = (place) =>
  [...place.querySelectorAll("a.sentence")].map((link) => link.dataset.place);

// Whether an answer quotes nothing but what earlier ones quoted.
function repeats(turn, reply) {
  const own = sentencesOf(reply);
  const earlier = turns.filter((one) => one.number < turn.number)
    .flatMap((one) => sentencesOf(byId(`t${one.number}`) || document.createElement("p")));
  return own.length > 0 && own.every((sentence) => earlier.includes(sentence));
}

function remove(turn) {
  byId(`t${turn.number}`)?.remove();
  for (const old of document.querySelectorAll(`#sources [id^="t${turn.number}-s"]`)) old.remove();
}

function settle(turn, { scroll }) {
  const { reply } = turn;
  if (!reply) return;
  if (reply.banner) banner(reply.banner);
  if (turn === turns.at(-1)) renewOffers();
  const section = byId(`t${turn.number}`);
  if (!scroll) return void mark();
  scrollTo(turn);
  const shown = section.querySelector(".answer, .failure");
  say.textContent = shown ? shown.innerText : "";
  const cite = section.querySelector("a.cite");
  open(wide.matches && cite ? cite.getAttribute("href").slice(1) : null);
}

function scrollTo(turn) {
  const section = byId(`t${turn.number}`);
  showTop(section, section.querySelector(".answer.emergency"));
}

function offer(questions) {
  forgetOffers();
  const buttons = questions.map((question) =>
    make("button", { type: "button", class: "offer" }, question));
  inside(".offers")?.replaceChildren(...buttons);
}

async function renewOffers() {
  const last = turns.at(-1);
  if (last && !["answered", "not_in_article"].includes(last.reply?.status)) return offer([]);
  const quoted = sentencesOf(inside(".conversation"));
  const [place] = last ? sentencesOf(byId(`t${last.number}`)) : [];
  const atHand = place ? place.split(" ")[0] : null;
  const found = await offersAfter(turns, { quoted, document: article, atHand });
  if (!found) return;
  offer(found.questions);
  if (!last || last.article || !found.elsewhere.length) return;
  const section = byId(`t${last.number}`);
  section.querySelector(".elsewhere")?.remove();
  section.querySelector(".answer").after(elsewhere(found.elsewhere, (one) => {
    byId(`t${ask(last.question, one).number}`).focus({ preventScroll: true });
  }));
}

// ---- What could not be answered

// What the server refuses (too many questions, too busy, gone) must not vanish: a person in
// danger is told where help is, and everybody how to ask again.
const refusal = make("div", { class: "failure refused", role: "alert" });

function refused(words, ...more) {
  const [asking, help] = [byId("asking"), byId("help")];
  if (!asking || !help) return;
  refusal.replaceChildren(make("p", {}, words), ...more, help.content.cloneNode(true));
  asking.before(refusal);
  const newest = turns.at(-1);
  // An answer that came meanwhile, or an emergency, stays in sight.
  if (newest?.state === "answered" || newest?.at < graveAt) return;
  refusal.scrollIntoView({ block: "end" });
}

function tellLost() {
  const lost = turns.filter((turn) => turn.state === "lost");
  if (!lost.length) return void refusal.remove();
  if (turns.some((turn) => turn.state === "asked")) return;
  const many = lost.length > 1 ? _("Questions not answered: {count}.", { count: lost.length })
    : _("Your question was not answered.");
  const again = make("button", { type: "button", class: "again" }, _("Ask again"));
  refused(`${lost.at(-1).lost} ${many}`, again);
}

// ---- Clearing

function clear() {
  if (!turns.length) return;
  cleared = turns;
  for (const turn of turns) remove(turn);
  turns = [];
  open(null);
  forget(place);
  refusal.remove();
  start();
  const undo = make("button", { type: "button", id: "undo-button" }, _("Undo"));
  const line = make("p", { id: "undo", role: "status" },
    _("The conversation was cleared."), " ", undo);
  inside(".offers").before(line);
  setTimeout(() => { if (line.isConnected && !line.contains(document.activeElement)) line.remove(); },
    UNDO_MS);
  area().focus({ preventScroll: true });
}

function undo() {
  byId("undo")?.remove();
  if (!cleared || turns.length) return;
  turns = cleared;
  for (const turn of turns) draw(turn);
  const last = turns.at(-1);
  settle(last, { scroll: true });
  cleared = null;
  keep();
  send();
  area().focus({ preventScroll: true });
}

// ---- The first screen

async function start() {
  const of = article ? `&document=${encodeURIComponent(article)}` : "";
  const first = await fetch(`../api/chat/start?lang=${LANGUAGE}${of}`)
    .then((answered) => (answered.ok ? answered.json() : null), () => null);
  if (first) {
    ({ edition, gone } = first);
    if (first.missing) article = null; // all are asked, as the page says
    welcome(first);
    if (!turns.length || !hasBanner()) banner(first.banner);
    for (const turn of turns) if (turn.state === "answered" && (gone || changed(turn))) draw(turn);
    if (first.ready) renewOffers();
    mark();
  }
  if (first?.ready) document.documentElement.dataset.askdoc = "ready";
  else setTimeout(start, START_AGAIN_MS);
}

function welcome({ welcome: html, articles }) {
  inside(".welcome")?.replaceWith(clean(html));
  if (articles.length < 2) return;
  inside(".welcome")?.append(chooser(articles, article));
  const one = articles.find(({ id }) => id === article);
  if (one) document.title = `${one.title} – ${_("Ask the article")}`;
}

function submit() {
  const box = area();
  const turn = ask(box.value);
  if (!turn) return;
  box.value = "";
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function clicked(event) {
  const on = (selector) => event.target.closest(selector);
  const link = on("a.cite, .back a");
  if (on("#ask")) submit();
  else if (on("button.offer")) {
    const turn = ask(on("button.offer").textContent);
    byId(`t${turn.number}`).focus({ preventScroll: true });
  } else if (link) {
    event.preventDefault();
    if (link.closest(".back")) back();
    else show(link.getAttribute("href").slice(1), { focus: true });
  } else if (on("button.copy")) say.textContent = copyBy(on("button.copy"));
  else if (on("button.again")) askAgain();
  else if (on("button.renew")) {
    const turn = turns.find((one) => `t${one.number}` === on(".turn").id);
    Object.assign(turn, { state: "waiting", reply: undefined, looked: false });
    draw(turn);
    byId(`t${turn.number}`).focus({ preventScroll: true });
    send();
  } else if (on("#export")) save(document.title, turns.map(({ reply }) => reply?.markdown).filter(Boolean));
  else if (on("#clear")) clear();
  else if (on("#undo-button")) undo();
  else if (on("button.unfold")) {
    const button = on("button.unfold");
    unfold(button, button.getAttribute("aria-expanded") !== "true");
  }
}

function pressed(event) {
  const entered = event.key === "Enter" && !event.shiftKey && !event.isComposing;
  if (entered && event.target.closest("#question")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    submit();
  }
  if (event.key === "Escape" && event.target.closest("#sources")) back();
}

// A link may bring its question, behind the # where no log has it, or before. A page that is loaded
// again does not ask it twice.
function askLinked() {
  const address = new URL(location.href);
  const hidden = new URLSearchParams(address.hash.slice(1));
  const question = hidden.get("q") || address.searchParams.get("q");
  if (!question) return;
  if (hidden.has("q")) address.hash = "";
  address.searchParams.delete("q");
  window.history.replaceState(null, "", address);
  ask(question);
}

// Gradio lays the page out in English, and does so again when it likes.
function speak() {
  const root = document.documentElement;
  if (root.lang !== LANGUAGE) root.lang = LANGUAGE;
  if (document.title !== _(document.title)) document.title = _(document.title);
  const own = "#welcome, #banner .severity, #asking, #tools, #sources :is(h2, .hint, .back)";
  for (const part of document.querySelectorAll(own)) translate(part);
}

// Gradio puts the page together after it has loaded.
function begin() {
  if (!area() || !inside(".conversation") || !inside(".sections")) {
    return void setTimeout(begin, 30);
  }
  document.body.append(say);
  speak();
  const changes = new MutationObserver(speak);
  changes.observe(byId("talk"), { childList: true, characterData: true, subtree: true });
  changes.observe(document.documentElement, { attributeFilter: ["lang"] });
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", pressed, true);
  followBanner();
  window.addEventListener("hashchange", askLinked);
  restore();
  tellKeeping(inside(".keeping"), (on) => (on ? keep() : forget(place)));
  askLinked();
  document.documentElement.dataset.askdoc = "open";
  start();
  send();
}

begin();
