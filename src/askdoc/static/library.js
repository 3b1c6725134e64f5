// One article of several: which is asked, and which others answer a question, too.
import { _, AS_WRITTEN, inLanguage, make } from "./shared.js";

// The address of the chat about one article, or about all.
const chatAbout = (id) => inLanguage(id ? `?document=${encodeURIComponent(id)}` : location.pathname);

// A list of the articles; to choose one goes to its own conversation.
export function chooser(articles, chosen) {
  const option = ({ id, title }) => make("option",
    { value: id, ...AS_WRITTEN, ...(id === chosen ? { selected: "" } : {}) }, title);
  const list = make("select", {}, make("option", { value: "" }, _("All articles")), ...articles.map(option));
  list.addEventListener("change", () => location.assign(chatAbout(list.value)));
  return make("label", { class: "chooser" }, _("Article"), " ", list);
}

// Other articles that answer a question, each a button that asks it of that one.
export function elsewhere(articles, ask) {
  const buttons = articles.map(({ id, title }) => {
    const button = make("button", { type: "button", ...AS_WRITTEN }, title);
    button.addEventListener("click", () => ask({ id, title }));
    return button;
  });
  return make("p", { class: "elsewhere" }, _("Another article answers this, too:"), " ", ...buttons);
}

// A question as a heading, with the article where it was asked of one of several.
export function questionHeading(question, article) {
  const said = make("span", { class: "unseen" }, _("You asked:") + " ");
  const place = article && make("small", {}, _("of “{article}”", { article: article.title }));
  return make("h2", { class: "question" }, said, question, ...(place ? [" ", place] : []));
}
