// Copies a quote or an answer, with every note, as text and as rich text.
import { _, make } from "./shared.js";

const words = (element) => (element ? element.textContent.replace(/\s+/g, " ").trim() : "");

// A reader's own article is nowhere but in this tab and in the server's memory for it.
const lasts = (link) => !link.pathname.includes("/article/own-");

// A quote or an answer, with every note, as text and as rich text. Each quote leads back to its
// sentence, each source is named once.
function copied(element) {
  const text = [];
  const rich = make("div");
  const sources = new Map();
  const put = (line, ...children) => {
    text.push(line);
    rich.append(make("p", {}, ...(children.length ? children : [line])));
  };
  for (const part of element.querySelectorAll(
    ":scope .opening, :scope li.quote, :scope .caveat, :scope .related li")) {
    if (part.closest(".standing") || part.parentElement.closest("li.quote, .related")) continue;
    copyPart(part, put, rich, sources);
  }
  if (element.matches("li.quote")) copyPart(element, put, rich, sources);
  const answer = element.querySelector("a.permalink");
  if (answer) put(`${_("This answer")}: ${answer.href}`, linkTo(answer, _("This answer")));
  if (sources.size) {
    text.push(`${_("Sources:")}\n${[...sources].map(([url, name]) => `- ${name}: ${url}`).join("\n")}`);
    rich.append(make("p", {}, _("Sources:")), make("ul", {}, ...[...sources].map(([url, name]) =>
      make("li", {}, make("a", { href: url }, name)))));
  }
  return { text: `${text.join("\n\n")}\n`, html: rich.innerHTML };
}

function copyPart(part, put, rich, sources) {
  if (part.matches(".opening")) return put(words(part));
  if (part.matches(".caveat")) return copyNote(part, put, sources);
  if (part.matches("li.quote")) {
    const quote = words(part.querySelector("blockquote .words"));
    const links = [...part.querySelectorAll("a.sentence, .published a")].filter(lasts);
    put([quote, ...links.map((link) => `${link.textContent}: ${link.href}`)].join("\n"), quote,
      ...links.flatMap((link) => [make("br"), linkTo(link)]));
  } else {
    put(words(part.querySelector(".passage")));
  }
  for (const note of part.querySelectorAll(".caveat")) copyNote(note, put, sources);
}

const linkTo = (link, name = link.textContent) => make("a", { href: link.href }, name);

function copyNote(note, put, sources) {
  const severity = words(note.querySelector(".severity"));
  const steps = [...note.querySelectorAll(".steps li")].map(words);
  const said = [words(note.querySelector("p")).slice(severity.length).trim(), ...steps].join(" ").trim();
  put(`${severity}: ${said}`, make("strong", {}, `${severity}:`), ` ${said}`);
  for (const link of note.querySelectorAll(".sources a")) sources.set(link.href, words(link));
}

// `navigator.clipboard` is missing on plain http; a copy event is not. Returns whether it worked.
function copy(element) {
  const { text, html } = copied(element);
  let done = false;
  const fill = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.clipboardData.setData("text/html", html);
    event.preventDefault();
    done = true;
  };
  document.addEventListener("copy", fill);
  document.execCommand("copy");
  document.removeEventListener("copy", fill);
  return done;
}

// Copies what a button stands in; gives the words that tell whether it worked.
export function copyBy(button) {
  const before = [...button.childNodes];
  const done = copy(button.closest("li.quote") || button.closest(".turn"));
  button.textContent = done ? _("Copied") : _("Not copied: select the text and press Ctrl+C");
  setTimeout(() => { button.replaceChildren(...before); }, 2000);
  return button.textContent;
}

// Lets the reader save some sections of Markdown as one file.
export function save(title, sections) {
  if (!sections.length) return;
  const link = make("a", { download: "conversation.md" });
  link.href = URL.createObjectURL(new Blob([[`# ${title}\n`, ...sections].join("\n")], { type: "text/markdown" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
