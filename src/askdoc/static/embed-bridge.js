// The framed chat's side of the talk with the page around it. Only pages the server lets frame
// us get here; what they may do is put the focus in and ask a first question.
(() => {
  "use strict";
  if (window.parent === window) return;
  const box = () => document.querySelector("#question textarea");
  let asked = false;

  function ask(question) {
    const area = box();
    if (!area || asked || typeof question !== "string") return;
    asked = true;
    settle(30, () => {
      area.value = question.slice(0, 500);
      area.dispatchEvent(new Event("input", { bubbles: true }));
      setTimeout(() => document.querySelector("#ask").click(), 100);
    });
  }

  // What is asked while the page's first event ends is lost: its stream is closed under it. The
  // questions on offer come with that event.
  function settle(times, then) {
    if (times && !document.querySelector("#offers button")) {
      setTimeout(() => settle(times - 1, then), 100);
    } else setTimeout(then, 300);
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
    if (!box()) return;
    clearInterval(waiting);
    window.parent.postMessage({ askdoc: "ready" }, "*");
  }, 50);
})();
