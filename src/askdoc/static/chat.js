// Small behaviours of the chat page: opening a source, copying, exporting, telling screen readers.
// The page works on the server's HTML alone; nothing here decides what is shown of an answer.
(() => {
  "use strict";
  const wide = window.matchMedia("(min-width: 60rem)");
  let opened = null;
  let latest = "";
  const say = document.createElement("div");
  say.className = "unseen";
  say.setAttribute("role", "status");

  const byId = (id) => document.getElementById(id);
  const turns = () => [...document.querySelectorAll("#conversation .turn")];

  function show(id, { focus }) {
    const section = byId(id);
    if (!section || !section.classList.contains("source")) return false;
    opened = id;
    mark();
    if (focus) section.focus({ preventScroll: true });
    const target = section.querySelector("mark") || section;
    if (focus || wide.matches) within(byId("aside"), target);
    return true;
  }

  // On a wide screen the panel alone scrolls, so that the answer stays where it is.
  function within(panel, target) {
    if (!panel) return;
    if (!wide.matches) {
      panel.scrollIntoView({ block: "start" });
    } else {
      const gap = target.getBoundingClientRect().top - panel.getBoundingClientRect().top;
      panel.scrollTop += gap - panel.clientHeight / 3;
    }
  }

  // The server replaces the panel after each answer; what was open is opened again.
  function mark() {
    for (const section of document.querySelectorAll("#sources .source")) {
      section.classList.toggle("open", section.id === opened);
    }
    for (const cite of document.querySelectorAll("#conversation a.cite")) {
      const current = cite.getAttribute("href") === `#${opened}`;
      if (current) cite.setAttribute("aria-current", "true");
      else cite.removeAttribute("aria-current");
    }
  }

  function back() {
    const cite = document.querySelector(`#conversation a.cite[href="#${opened}"]`);
    if (!wide.matches || !cite) {
      opened = null;
      mark();
    }
    if (!cite) return;
    cite.focus({ preventScroll: true });
    cite.scrollIntoView({ block: "center" });
  }

  function copy(button) {
    const text = button.closest(".turn").querySelector(".answer-markdown").textContent;
    const words = button.textContent;
    const done = (told) => {
      button.textContent = told;
      say.textContent = told;
      setTimeout(() => { button.textContent = words; }, 2000);
    };
    navigator.clipboard.writeText(text).then(() => done("Copied"), () => done("Not copied"));
  }

  function save() {
    const whole = document.querySelector(".conversation-markdown");
    if (!whole) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([whole.textContent], { type: "text/markdown" }));
    link.download = "conversation.md";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function arrive() {
    const last = turns().at(-1);
    const more = document.querySelector("button.unfold:not([aria-expanded])");
    if (more) unfold(more, false);
    const pending = last && last.querySelector(".pending");
    const state = last ? `${last.id}${pending ? "?" : ""}` : "";
    mark();
    if (state === latest) return;
    latest = state;
    refusal.remove();
    if (!last) return;
    last.scrollIntoView({ block: "start" });
    if (pending) return;
    const reply = last.querySelector(".answer, .failure");
    say.textContent = reply ? reply.innerText : "";
    openFirst(last);
  }

  function openFirst(turn) {
    const cite = turn.querySelector("a.cite");
    opened = null;
    if (wide.matches && cite) opened = cite.getAttribute("href").slice(1);
    mark();
  }

  // On a narrow screen the banner is one line once something was asked.
  function unfold(button, open) {
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Less" : "More";
  }

  const unfolded = (button) => button.getAttribute("aria-expanded") === "true";

  // What the server refuses (too many questions, too busy, gone) must not vanish: a person in
  // danger is told where help is, and everybody to ask again.
  const refusal = document.createElement("div");
  refusal.className = "failure refused";
  refusal.setAttribute("role", "alert");

  function refused(words) {
    const asking = byId("asking");
    const help = byId("help");
    if (!asking || !help) return;
    const line = document.createElement("p");
    line.textContent = words;
    refusal.replaceChildren(line, help.content.cloneNode(true));
    asking.before(refusal);
    refusal.scrollIntoView({ block: "end" });
  }

  function reasonOf(answer) {
    if ([400, 404, 413, 422].includes(answer.status)) {
      return "This could not be taken. Reload the page, and ask in fewer words.";
    }
    if (answer.status !== 429) return "The server is busy. Ask again in a moment.";
    const seconds = answer.headers.get("Retry-After");
    return `Too many questions came from your address. Ask again in ${seconds} seconds.`;
  }

  const fetched = window.fetch.bind(window);
  window.fetch = async (...sent) => {
    if (!String(sent[0].url || sent[0]).includes("/queue/join")) return fetched(...sent);
    try {
      const answer = await fetched(...sent);
      if (answer.ok) refusal.remove();
      else refused(reasonOf(answer));
      return answer;
    } catch (error) {
      refused("The server cannot be reached, and this was not answered. Ask again in a moment.");
      throw error;
    }
  };

  // A question that waits behind others, or got lost on its way, must not leave a person without
  // a word.
  function expectReply() {
    const area = document.querySelector("#question textarea");
    const [words, asked] = [area.value, turns().length];
    if (!words.trim()) return;
    setTimeout(() => {
      const turn = turns()[asked];
      const waits = turn ? turn.querySelector(".pending") : area.value === words;
      if (!waits || refusal.isConnected) return;
      refused("This takes longer than usual. If no answer comes, reload the page and ask again.");
    }, 8000);
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("#ask")) expectReply();
    const link = event.target.closest("a.cite, .back a");
    if (link) {
      event.preventDefault();
      if (link.closest(".back")) back();
      else show(link.getAttribute("href").slice(1), { focus: true });
    } else if (event.target.closest("button.copy")) copy(event.target.closest("button.copy"));
    else if (event.target.closest("#export")) save();
    else if (event.target.closest("button.unfold")) {
      const button = event.target.closest("button.unfold");
      unfold(button, !unfolded(button));
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && event.target.closest("#question")) expectReply();
    if (event.key === "Escape" && event.target.closest("#sources")) back();
  });

  function begin() {
    document.body.append(say);
    // Sources arrive a moment after the answer they belong to.
    new MutationObserver((changes) => {
      const ours = "#conversation, #sources";
      if (changes.some((change) => change.target.closest && change.target.closest(ours))) arrive();
    }).observe(document.body, { childList: true, subtree: true });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
