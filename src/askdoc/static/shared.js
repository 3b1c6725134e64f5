// What the chat and the frame in other pages share: elements, fixed words, and the questions on
// their way to the server. Here it is decided what is sent when; how it looks is the page's own.
const MOST_AT_ONCE = 4;
const MOST_TURNS = 50;
const MOST_HISTORY_CHARACTERS = 10_000;
const MOST_QUESTION_CHARACTERS = 2000;
const REQUEST_TIMEOUT_MS = 60_000;
const SLOW_MS = 8_000;
const MAX_PLACES = 200;

export const byId = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

const catalogue = byId("catalogue");
const CATALOGUE = catalogue ? JSON.parse(catalogue.content.textContent) : {};
export const LANGUAGE = byId("help").lang; // Gradio overwrites that of the document
// What is in English whatever the language of the page: articles and reviewed texts.
export const AS_WRITTEN = LANGUAGE === "en" ? {} : { lang: "en" };

// A fixed text in the language of the page, its names in braces filled in.
export function _(text, values = {}) {
  return (CATALOGUE[text] || text).replace(/\{(\w+)\}/g, (name, key) => values[key] ?? name);
}

// The fixed texts of a part of the page that was laid out in English.
export function translate(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const words = node.data.trim();
    if (CATALOGUE[words]) node.data = node.data.replace(words, () => CATALOGUE[words]);
  }
}

export async function post(address, body) {
  const answered = await fetch(`${address}?lang=${LANGUAGE}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  if (!answered.ok) throw Object.assign(new Error("refused"), { answered });
  return answered.json();
}

export function tooMany(answered) {
  const seconds = answered.headers.get("Retry-After");
  return _("Too many questions came from your address. Ask again in {seconds} seconds.", { seconds });
}

const read = (question) => [...question].slice(0, MOST_QUESTION_CHARACTERS).join("");

// As many of some texts as a request may carry, from the first on.
function bounded(texts) {
  let room = MOST_HISTORY_CHARACTERS;
  const last = texts.findIndex((text) => (room -= text.length) < 0);
  return texts.slice(0, Math.min(MOST_TURNS, last < 0 ? texts.length : last));
}

// The latest of what was asked, before a turn or in all, no more of it than the server reads.
export function historyOf(turns, turn = null) {
  const before = turns.slice(0, turn ? turns.indexOf(turn) : turns.length).reverse();
  return bounded(before.map(({ question }) => read(question))).reverse();
}

let offersAsked = 0;

// Questions to offer after what was asked and quoted; null where that has changed meanwhile.
export async function offersAfter(turns, { quoted, document = null, atHand = null }) {
  const number = forgetOffers();
  const wanted = { asked: historyOf(turns), quoted: quoted.slice(-MAX_PLACES), document, at_hand: atHand };
  const found = await post("../api/chat/offers", wanted).catch(() => ({ questions: [], elsewhere: [] }));
  return number === offersAsked ? found : null;
}

export const forgetOffers = () => (offersAsked += 1);

const SPOKEN = new URLSearchParams(location.search).get("lang");

// An address of ours in the language that this page's own address asks for.
export function inLanguage(address) {
  if (!SPOKEN) return address;
  const [, page, place] = /^([^#]*)(.*)$/.exec(address);
  return `${page}${page.includes("?") ? "&" : "?"}lang=${encodeURIComponent(SPOKEN)}${place}`;
}

// Sends what waits, a few at a time and in order; an emergency jumps the queue. A turn is
// {number, question, state: waiting | asked | answered | lost}.
//   turns()            the conversation
//   ask(turn)          the reply, or an error
//   take(turn, reply)  shows it; `urgent` says that it came early, for an emergency
//   lose(turn, error)  shows that there is none
//   slow(turn)         says that it takes long
//   settled()          one question fewer is on its way
export function sender({ turns, ask, take, lose, slow, settled }) {
  let looking = false;

  const holds = (turn, state) => turn.state === state && turns().includes(turn);

  function taken(turn, reply, urgent) {
    turn.state = "answered";
    take(turn, reply, urgent);
  }

  async function put(turn) {
    turn.state = "asked";
    const timer = setTimeout(() => holds(turn, "asked") && slow(turn), SLOW_MS);
    try {
      const reply = await ask(turn);
      if (holds(turn, "asked")) taken(turn, reply, false);
    } catch (error) {
      if (holds(turn, "asked")) {
        turn.state = "lost";
        lose(turn, error);
      }
    } finally {
      clearTimeout(timer);
      send();
    }
  }

  // Of what waits behind others, the server tells at once what is an emergency.
  async function look() {
    const unseen = turns().filter((turn) => turn.state === "waiting" && !turn.looked);
    if (looking || !unseen.length) return;
    looking = true;
    const texts = unseen.map(({ question }) => read(question));
    const waiting = unseen.slice(0, bounded(texts).length)
      .map(({ number }, place) => ({ number, question: texts[place] }));
    for (const turn of unseen.slice(0, waiting.length)) turn.looked = true;
    try {
      const found = await post("../api/chat/urgent", { waiting, history: historyOf(turns(), unseen[0]) });
      for (const reply of found) {
        const turn = turns().find((one) => one.number === reply.number);
        if (!turn || (turn.state !== "waiting" && turn.state !== "asked")) continue;
        if (reply.status) taken(turn, reply, true);
        else turn.first = true;
      }
    } catch {
      // The question itself is still on its way.
    } finally {
      looking = false;
      look();
    }
  }

  function send() {
    const asked = turns().filter((turn) => turn.state === "asked").length;
    const waiting = turns().filter((turn) => turn.state === "waiting")
      .sort((one, other) => Number(other.first || false) - Number(one.first || false));
    for (const turn of waiting.slice(0, Math.max(0, MOST_AT_ONCE - asked))) put(turn);
    settled();
    look();
  }

  return send;
}

// Brings an answer into sight: its question at the top, or, below a long question, an emergency's
// block, so that whom to call is seen.
export function showTop(section, block) {
  const tall = block && block.getBoundingClientRect().top - section.getBoundingClientRect().top > 120;
  (tall ? block : section).scrollIntoView({ block: "start", behavior: "instant" });
}

// Puts an answer in its place without moving what the reader looks at. Browsers that try to do so
// by themselves give up too easily, so the style switches that off.
export function steadily(change) {
  const seen = [...document.querySelectorAll(".turn, .exchange")]
    .find((section) => section.getBoundingClientRect().bottom > 100);
  const before = seen?.getBoundingClientRect().top;
  change();
  if (!seen?.isConnected) return;
  const top = seen.getBoundingClientRect().top - before;
  scrollerOf(seen).scrollBy({ top, behavior: "instant" });
}

function scrollerOf(element) {
  for (let one = element.parentElement; one; one = one.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(one).overflowY)) return one;
  }
  return document.scrollingElement;
}
