/* Puts a chat with an article into any page. Settings are data-* attributes of the script tag:
   title, color, position (right, left), lang, theme (light, dark), question, document (the id of
   the one article to ask), target (a selector:
   the chat then stands there instead of behind a button). No cookies, no storage, no eval. */
(() => {
  "use strict";
  const script = document.currentScript;
  const home = new URL(".", script.src);
  const { title = "Ask the article", color = "#0f5553", position = "right" } = script.dataset;
  const { lang = "en", theme, question, target, document: article } = script.dataset;

  const style = `
:host { all: initial; }
* { box-sizing: border-box; font-family: system-ui, sans-serif; }
.launch { position: fixed; bottom: 1rem; ${position === "left" ? "left" : "right"}: 1rem;
  z-index: 2147483646; min-height: 3rem; padding: 0 1.15rem; border: 0; border-radius: 1.5rem;
  background: var(--tone); color: #fff; font-size: 1rem; font-weight: 600; cursor: pointer;
  box-shadow: 0 2px 10px rgb(0 0 0 / .3); }
.panel { position: fixed; bottom: 5rem; ${position === "left" ? "left" : "right"}: 1rem;
  z-index: 2147483647; width: 26rem; max-width: calc(100vw - 2rem); height: 40rem;
  max-height: calc(100dvh - 6rem); display: flex; flex-direction: column; overflow: hidden;
  border-radius: .75rem; background: #fbfaf7; box-shadow: 0 6px 30px rgb(0 0 0 / .35); }
.panel[hidden] { display: none; }
.bar { display: flex; align-items: center; background: var(--tone); color: #fff; padding: .2rem .3rem .2rem .9rem; }
.bar b { flex: 1; font-size: 1rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.close { width: 2.5rem; height: 2.5rem; border: 0; background: none; color: #fff; font-size: 1.4rem; cursor: pointer; }
button:focus-visible { outline: 3px solid #f2c14e; outline-offset: 2px; }
iframe { flex: 1; width: 100%; border: 0; background: #fbfaf7; }
.inline { height: 40rem; max-height: 90dvh; display: flex; border: 1px solid #ccc; border-radius: .5rem; overflow: hidden; }
@media (max-width: 480px) {
  .panel { inset: 0; width: 100%; max-width: none; height: 100%; max-height: none; border-radius: 0; } }`;

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  function frame() {
    const address = new URL("embed/", home);
    if (theme === "dark" || theme === "light") address.searchParams.set("__theme", theme);
    if (article) address.searchParams.set("document", article);
    return make("iframe", {
      src: address.href,
      title,
      loading: "lazy",
      referrerpolicy: "no-referrer",
      sandbox: "allow-scripts allow-same-origin allow-forms allow-popups " +
        "allow-popups-to-escape-sandbox allow-downloads",
    });
  }

  // Speaks with our own frame and with nobody else.
  function listen(iframe, heard) {
    window.addEventListener("message", (event) => {
      if (event.origin !== home.origin || event.source !== iframe.contentWindow) return;
      if (event.data && typeof event.data.askdoc === "string") heard(event.data.askdoc);
    });
    return (message) => iframe.contentWindow.postMessage(message, home.origin);
  }

  function root(host) {
    host.lang = lang;
    const shadow = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    shadow.adoptedStyleSheets = [sheet];
    if (CSS.supports("color", color)) host.style.setProperty("--tone", color);
    return shadow;
  }

  function inline(place) {
    const iframe = frame();
    const tell = listen(iframe, (word) => {
      if (word === "ready" && question) tell({ askdoc: "ask", question });
    });
    const host = make("div");
    root(host).append(make("div", { class: "inline" }, iframe));
    place.append(host);
  }

  function floating() {
    const launch = make("button", {
      class: "launch", type: "button", "aria-expanded": "false", "aria-haspopup": "dialog",
    }, title);
    const close = make("button", { class: "close", type: "button", "aria-label": "Close" }, "×");
    const panel = make("div", { class: "panel", role: "dialog", "aria-label": title, hidden: "" },
      make("div", { class: "bar" }, make("b", {}, title), close));
    let tell = null;

    function show() {
      panel.hidden = false;
      launch.setAttribute("aria-expanded", "true");
      if (tell) return void tell({ askdoc: "focus" });
      const iframe = frame();
      tell = listen(iframe, (word) => {
        if (word === "close") hide();
        if (word !== "ready") return;
        iframe.focus();
        tell(question ? { askdoc: "ask", question } : { askdoc: "focus" });
      });
      panel.append(iframe);
    }

    function hide() {
      panel.hidden = true;
      launch.setAttribute("aria-expanded", "false");
      launch.focus();
    }

    launch.addEventListener("click", () => (panel.hidden ? show() : hide()));
    close.addEventListener("click", hide);
    const host = make("div");
    const shadow = root(host);
    shadow.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !panel.hidden) hide();
    });
    shadow.append(launch, panel);
    document.body.append(host);
  }

  function begin() {
    const place = target && document.querySelector(target);
    if (place) inline(place);
    else floating();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
