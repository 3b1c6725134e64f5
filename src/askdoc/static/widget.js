/* Puts a chat with an article into any page, as <askdoc-widget>. Each data-* attribute of the script
   tag becomes an attribute of the element, data-title its "heading"; docs/widget.md names them all.
   No cookies, no storage, no eval. */
(() => {
  "use strict";
  const NAME = "askdoc-widget";
  // By language, the title and the close button's name; the server puts its catalogues' in.
  const WORDS = { en: ["Ask the article", "Close"] };
  const SETTINGS = ["heading", "label", "icon", "color", "position", "size", "offset", "theme", "lang",
    "question", "document", "question-in-events"];
  const script = document.currentScript || document.querySelector("script[src*='widget.js']");
  const home = new URL(".", script.src).href;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
:host { all: initial; }
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; font-family: var(--askdoc-font, system-ui, sans-serif); }
.launch, .bar { background: var(--askdoc-color, #0f5553); color: var(--askdoc-ink, #fff); }
.launch { position: fixed; bottom: var(--askdoc-offset-y, 1rem); right: var(--askdoc-offset-x, 1rem);
  z-index: var(--askdoc-z, 2147483646); min-height: 3rem; min-width: 3rem; padding: 0 1.15rem; border: 0;
  border-radius: 1.5rem; font-size: 1rem; font-weight: 600; cursor: pointer;
  box-shadow: 0 2px 10px rgb(0 0 0 / .3); }
.launch.bare { padding: 0; font-size: 1.4rem; }
.icon:not(:last-child) { margin-right: .5rem; }
.panel { position: fixed; bottom: calc(var(--askdoc-offset-y, 1rem) + 4rem);
  right: var(--askdoc-offset-x, 1rem); z-index: var(--askdoc-z, 2147483647);
  width: var(--askdoc-width, 26rem); max-width: calc(100vw - 2rem); height: var(--askdoc-height, 40rem);
  max-height: calc(100dvh - 5rem - var(--askdoc-offset-y, 1rem)); display: flex; flex-direction: column;
  overflow: hidden; border-radius: var(--askdoc-radius, .75rem); background: #fbfaf7;
  box-shadow: 0 6px 30px rgb(0 0 0 / .35); }
:host([position=left]) :is(.launch, .panel) { right: auto; left: var(--askdoc-offset-x, 1rem); }
.bar { display: flex; align-items: center; padding: .2rem .3rem .2rem .9rem; }
.bar b { flex: 1; font-size: 1rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.close { width: 2.5rem; height: 2.5rem; border: 0; background: none; color: inherit; font-size: 1.4rem;
  cursor: pointer; }
button:focus-visible { outline: 3px solid #f2c14e; outline-offset: 2px; }
iframe { flex: 1; width: 100%; border: 0; background: #fbfaf7; }
:host([inline]) { display: block; }
:host([inline]) .panel { position: static; width: 100%; max-width: none; max-height: 90dvh;
  border: 1px solid #ccc; box-shadow: none; }
:host([inline]) :is(.launch, .bar) { display: none; }
@media (max-width: 480px) { :host(:not([inline])) .panel { inset: 0; width: 100%; max-width: none;
  height: 100%; max-height: none; border-radius: 0; } }`);

  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  // Black or white, whichever is easier to read on a colour.
  function inkOn(color) {
    const brush = make("canvas", {}).getContext("2d");
    brush.fillStyle = color;
    brush.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...brush.getImageData(0, 0, 1, 1).data]
      .map((part) => (part / 255) ** 2.2);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#000" : "#fff";
  }

  class Widget extends HTMLElement {
    static observedAttributes = ["heading", "label", "icon", "color", "size", "offset", "document", "lang"];
    #launch; #panel; #title; #close; #frame = null;
    #ready = false; #destroyed = false; #started = false;
    #waiting = [];

    connectedCallback() {
      if (!this.shadowRoot) this.#build();
      this.#dress();
      window.addEventListener("message", this);
      if (this.#inline) this.#load();
    }

    // A frame that has left the page has lost its chat. A page that swaps its whole document keeps
    // the widget that a script tag has made, until destroy().
    disconnectedCallback() {
      window.removeEventListener("message", this);
      this.#frame?.remove();
      this.#frame = null;
      this.#ready = false;
      this.#panel.hidden = !this.#inline;
      this.#launch.setAttribute("aria-expanded", "false");
      if (this.hasAttribute("server") && !this.#inline && !this.#destroyed) {
        setTimeout(() => this.isConnected || this.#destroyed || document.documentElement.append(this));
      }
    }

    attributeChangedCallback(name, before, now) {
      if (!this.shadowRoot || before === now) return;
      if (name !== "document") this.#dress();
      if (["document", "lang"].includes(name) && this.#frame) this.#frame.src = this.#address;
    }

    get #inline() { return this.hasAttribute("inline"); }
    get #server() { return this.getAttribute("server") || home; }
    get #heading() { return this.getAttribute("heading") || this.#words[0]; }

    get #words() {
      return WORDS[(this.getAttribute("lang") || navigator.language).slice(0, 2)] || WORDS.en;
    }

    #build() {
      const shadow = this.attachShadow({ mode: "open" });
      shadow.adoptedStyleSheets = [sheet];
      this.#launch = make("button", {
        class: "launch", part: "launch", type: "button", "aria-expanded": "false", "aria-haspopup": "dialog",
      });
      const close = this.#close = make("button", { class: "close", part: "close", type: "button" }, "×");
      this.#title = make("b", { part: "title" });
      this.#panel = make("div", { class: "panel", part: "panel", role: "dialog" },
        make("div", { class: "bar", part: "bar" }, this.#title, close));
      this.#panel.hidden = !this.#inline;
      this.#launch.addEventListener("click", () => (this.#panel.hidden ? this.open() : this.close()));
      close.addEventListener("click", () => this.close());
      shadow.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
      shadow.append(this.#launch, this.#panel);
    }

    // Puts the attributes into effect; what makes no sense is left out.
    #dress() {
      const heading = this.#heading;
      const label = this.getAttribute("label") ?? heading;
      const icon = this.getAttribute("icon");
      this.#title.textContent = heading;
      this.#close.setAttribute("aria-label", this.#words[1]);
      this.#panel.setAttribute("aria-label", heading);
      this.#frame?.setAttribute("title", heading);
      const sign = icon ? [make("span", { class: "icon", part: "icon", "aria-hidden": "true" }, icon)] : [];
      this.#launch.replaceChildren(...sign, ...(label ? [make("span", {}, label)] : []));
      this.#launch.classList.toggle("bare", !label);
      this.#launch.setAttribute("aria-label", label || heading);
      const set = (name, property, value) => {
        const sound = value && CSS.supports(property, value);
        if (sound) this.style.setProperty(`--askdoc-${name}`, value);
        else this.style.removeProperty(`--askdoc-${name}`);
      };
      const pair = (name) => (this.getAttribute(name) || "").split(/\s+/);
      const [width, height] = pair("size");
      const [x, y = x] = pair("offset");
      set("color", "color", this.getAttribute("color"));
      set("width", "width", width);
      set("height", "height", height);
      set("offset-x", "right", x);
      set("offset-y", "bottom", y);
      const color = this.#color;
      set("ink", "color", color && inkOn(color));
      this.#setUp();
    }

    get #color() { return getComputedStyle(this).getPropertyValue("--askdoc-color").trim(); }

    get #address() {
      const address = new URL("embed/", this.#server);
      const theme = this.getAttribute("theme");
      const article = this.getAttribute("document");
      if (theme === "dark" || theme === "light") address.searchParams.set("__theme", theme);
      if (article) address.searchParams.set("document", article);
      const lang = this.getAttribute("lang");
      if (lang) address.searchParams.set("lang", lang);
      return address.href;
    }

    #load() {
      if (this.#frame) return;
      this.#frame = make("iframe", {
        src: this.#address, title: this.#heading, part: "frame", loading: "lazy", allow: "clipboard-write",
        referrerpolicy: "no-referrer",
        sandbox: "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox",
      });
      this.#panel.append(this.#frame);
    }

    #tell(message) {
      this.#frame.contentWindow.postMessage(message, new URL(this.#server).origin);
    }

    #setUp() {
      const color = this.#color;
      const questions = this.hasAttribute("question-in-events");
      if (this.#ready) this.#tell({ askdoc: "setup", color, ink: color && inkOn(color), questions });
    }

    // Hears our own frame and nobody else.
    handleEvent({ origin, source, data }) {
      if (!this.#frame || source !== this.#frame.contentWindow || !data) return;
      if (origin !== new URL(this.#server).origin) return;
      if (data.askdoc === "close") this.close();
      if (data.askdoc === "answer" || data.askdoc === "source") this.#happen(data.askdoc, data.detail);
      if (data.askdoc === "ready") this.#begin();
    }

    #begin() {
      this.#ready = true;
      this.#setUp();
      if (!this.#inline) this.#focus();
      const question = this.getAttribute("question");
      if (question && !this.#started) this.#waiting.unshift(question);
      this.#started = true;
      for (const text of this.#waiting.splice(0)) this.#tell({ askdoc: "ask", question: text });
    }

    #focus() {
      this.#frame.focus();
      this.#tell({ askdoc: "focus" });
    }

    #happen(name, detail = {}) {
      this.dispatchEvent(new CustomEvent(`askdoc:${name}`, { bubbles: true, composed: true, detail }));
    }

    open() {
      if (!this.isConnected || !this.#panel.hidden) return;
      this.#panel.hidden = false;
      this.#launch.setAttribute("aria-expanded", "true");
      if (this.#ready) this.#focus();
      else this.#load();
      this.#happen("open");
    }

    close() {
      if (this.#inline || this.#panel.hidden) return;
      const within = document.activeElement === this;
      this.#panel.hidden = true;
      this.#launch.setAttribute("aria-expanded", "false");
      if (within) this.#launch.focus();
      this.#happen("close");
    }

    ask(text) {
      this.open();
      if (this.#ready) this.#tell({ askdoc: "ask", question: String(text) });
      else this.#waiting.push(String(text));
    }

    destroy() {
      this.#destroyed = true;
      this.remove();
    }
  }

  // One widget for each place, however often the script runs; a later tag's settings win.
  function begin() {
    const { target, manual } = script.dataset;
    if (manual !== undefined || document.querySelector(`${NAME}:not([server])`)) return;
    const place = target && document.querySelector(target);
    const root = place || document.documentElement;
    const found = [...root.children].find((child) => child.matches(`${NAME}[server]`));
    const widget = found || make(NAME, { server: home, ...(place ? { inline: "" } : {}) });
    for (const name of SETTINGS) {
      const given = script.getAttribute(name === "heading" ? "data-title" : `data-${name}`);
      if (given === null) widget.removeAttribute(name);
      else widget.setAttribute(name, given);
    }
    if (!found) root.append(widget);
  }

  if (!customElements.get(NAME)) customElements.define(NAME, Widget);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
