// The framed chat's side of the talk with the page around it. Only pages the server lets frame
// us get here; what they may do is put the focus in and ask a first question.
(() => {
  "use strict";
  if (window.parent === window) return;
  const box = () => document.querySelector("#question textarea");
  let asked = false;

  function ask(question) {
    if (asked || typeof question !== "string") return;
    asked = true;
    document.dispatchEvent(new CustomEvent("askdoc:ask", { detail: question.slice(0, 500) }));
  }

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !event.data) return;
    if (event.data.askdoc === "focus" && box()) box().focus();
    if (event.data.askdoc === "ask") ask(event.data.question);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.target.closest("#sources")) {
      window.parent.postMessage({ askdoc: "close" }, "*");
    }
  });

  // "ready" and "close" say nothing about the conversation, so any parent may hear them.
  const waiting = setInterval(() => {
    if (!box() || !document.documentElement.dataset.askdoc) return;
    clearInterval(waiting);
    window.parent.postMessage({ askdoc: "ready" }, "*");
  }, 50);
})();
