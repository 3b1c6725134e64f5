// What is taken along of an answer.
import { addressOf, button, LABELS, link, openingOf, severestFirst } from "./answer.js";
import { rating } from "./ratings.js";
import { _, byId, make } from "./shared.js";

// None for small talk, of which there is nothing to take.
export function toolsOf(turn) {
  const noted = turn.answer.caveats.some(({ kind }) => kind !== "banner");
  if (!noted && !turn.answer.citations.length && !turn.answer.passages.length) return [];
  const copied = button(_("Copy answer"), (made) => copy(made, asText(turn)), { class: "copy" });
  const { mark, status, citations, passages } = turn.answer;
  const [{ passage_id: passage = "" } = {}] = [...citations, ...passages];
  const rated = mark ? rating(turn.number, { answer: mark, status, passage }) : null;
  const permalink = link(addressOf(turn.answer), _("Link to this answer"), { class: "permalink" });
  return [make("div", { class: "tools" }, copied, permalink, rated)];
}

function caveatText(caveat) {
  const told = caveat.sources.map(({ name, url }) => [name, url].filter(Boolean).join(", "));
  return [`${LABELS[caveat.severity]}: ${caveat.text}`, ...told.map((name) => `(${name})`)].join(" ");
}

const absolute = (address) => new URL(address, location).href;

export function asText(turn) {
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
  lines.push("", _("This answer") + `: ${absolute(addressOf(answer))}`);
  return lines.join("\n").trim();
}

export async function copy(made, text) {
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
