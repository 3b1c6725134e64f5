// "Ask your own article": a reader pastes text, drops a file or gives an address. The server reads it
// into its memory, for whoever has its name, which this tab alone keeps; then the page begins anew
// with it. When the page is left the server is told, and drops it unless it is asked for again.
import { askOwn, forget, ownArticle } from "./keeping.js";
import { _, byId, inLanguage, LANGUAGE, make } from "./shared.js";

const LOOK_MS = 700;
const MAX_LOST_LOOKS = 40;
const MAX_FILE = 10_000_000;
const ENDINGS = ".md,.markdown,.txt,.html,.htm,.pdf,.docx";
const away = () => _("The server cannot be reached. Try again.");
const at = (path) => `../api/own/${path}${path.includes("?") ? "&" : "?"}lang=${LANGUAGE}`;

const line = make("p", { class: "own-state", role: "status" });
const bar = make("progress", { max: "1", hidden: "" });
let busy = "";

function tell(words, portion = null) {
  line.textContent = words;
  bar.hidden = portion === null;
  if (portion) bar.value = portion;
  else bar.removeAttribute("value");
}

async function send(path, body, kind) {
  if (busy) return;
  busy = "sending";
  form.querySelectorAll("button, input, textarea").forEach((one) => { one.disabled = true; });
  tell(_("Reading your article…"), 0);
  try {
    const told = await fetch(at(path), { method: "POST", headers: { "Content-Type": kind }, body });
    const answer = await told.json().catch(() => ({}));
    if (!told.ok) return failed(wordsOf(told, answer));
    busy = answer.id;
    await wait(answer.id);
  } catch {
    failed(away());
  }
}

function wordsOf(told, answer) {
  if (told.status === 413 || told.status === 422) return _("It is too long. Bring a part of it.");
  const words = answer.error ? answer.error.message : away();
  const help = byId("help")?.content.textContent || "";
  return words.replace(help.trim(), "").trim();
}

// A line that breaks meanwhile does not matter: the server goes on reading.
async function wait(name) {
  for (let lost = 0; lost < MAX_LOST_LOOKS;) {
    const told = await fetch(at(name)).catch(() => null);
    if (told?.status === 404) return failed(_("It is not here any longer. Bring it again."));
    if (told?.ok) {
      lost = 0;
      const { state, done, total, reason } = await told.json();
      if (state === "failed") return failed(reason);
      if (state === "ready") return begin(name);
      tell(total ? _("Indexing: {done} of {total} sentences and passages", { done, total })
        : _("Reading your article…"), total ? done / total : 0);
    } else lost += 1;
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
  }
  failed(away());
}

function begin(name) {
  busy = "";
  if (!askOwn(name)) return failed(_("Your browser lets this page keep nothing; allow it storage."));
  location.assign(inLanguage(location.pathname));
}

function failed(words) {
  busy = "";
  form.querySelectorAll("button, input, textarea").forEach((one) => { one.disabled = false; });
  tell(words);
}

function takeFile(file) {
  if (!file) return;
  if (file.size > MAX_FILE) return void failed(_("The file is larger than 10 MB. Bring a part of it."));
  const ending = /\.[a-z]+$/i.exec(file.name)?.[0] || "";
  send(`file?name=${encodeURIComponent(`article${ending}`)}`, file, "application/octet-stream");
}

function drop(event) {
  const [file] = event.dataTransfer.files;
  if (!file) return;
  event.preventDefault();
  if (ownArticle()) return;
  form.closest("details").open = true;
  form.scrollIntoView({ block: "nearest" });
  takeFile(file);
}

function submit(event) {
  event.preventDefault();
  const [text, url] = [form.elements.text.value.trim(), form.elements.url.value.trim()];
  if (form.elements.file.files.length) takeFile(form.elements.file.files[0]);
  else if (text) send("text", JSON.stringify({ text }), "application/json");
  else if (url) send("page", JSON.stringify({ url }), "application/json");
  else tell(_("Paste a text, choose a file, or give an address."));
}

const field = (words, control) => make("label", {}, make("span", {}, words), control);

const form = make("form", { class: "own-form" },
  field(_("Paste its text"), make("textarea", { name: "text", rows: "5", maxlength: "300000" })),
  field(_("or choose a file, or drop one here"), make("input", { name: "file", type: "file", accept: ENDINGS })),
  field(_("or give the address of a page"), make("input", { name: "url", type: "url", placeholder: "https://" })),
  make("button", { type: "submit" }, _("Read it")), line, bar);

function offer() {
  const words = make("p", {}, _("It is read into this server's memory for you alone, is written nowhere, and is dropped when you close the page. Nobody has checked it."));
  return make("details", { class: "own" },
    make("summary", {}, _("Ask your own article")), words, form);
}

function back() {
  const button = make("button", { type: "button" }, _("Put it away"));
  button.addEventListener("click", async () => {
    const name = ownArticle();
    forget(`askdoc ${location.pathname} ${name}`);
    askOwn("");
    await fetch(at(`${name}/forget`), { method: "POST" }).catch(() => {});
    location.assign(inLanguage(location.pathname));
  });
  return make("p", { class: "own" }, _("You ask your own article, which nobody has checked."), " ", button);
}

// A page may only be loaded again: the server waits a moment before it drops the article.
function leaving() {
  const name = ownArticle();
  if (name) navigator.sendBeacon(at(`${name}/leave`));
}

async function look() {
  const name = ownArticle();
  if (name) await fetch(at(name)).catch(() => {});
}

function place() {
  const welcome = byId("welcome");
  if (!welcome) return void setTimeout(place, 30);
  welcome.after(ownArticle() ? back() : offer());
  form.addEventListener("submit", submit);
  // Wherever a file is dropped: the browser would open it in the place of the conversation.
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", drop);
  window.addEventListener("pagehide", leaving);
  window.addEventListener("pageshow", look);
}

place();
