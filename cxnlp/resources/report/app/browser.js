// All texts with filters. Selects are filled from the payload's lists, in the language shown.
"use strict";

const Browser = (() => {
  const form = document.getElementById("filters");
  const list = document.getElementById("texts");
  const count = document.getElementById("found");
  const scroller = document.getElementById("texts-scroll");
  const fields = [...form.querySelectorAll("select, input")];
  let timer = 0;

  const knows = (key) => fields.some((f) => f.name === key);
  const group = (field) => field.dataset.group || field.name;

  function fill() {
    for (const field of fields.filter((f) => f.tagName === "SELECT")) {
      const chosen = field.value;
      const options = [new Option(Words.say("all"), "")];
      for (const value of Texts.lists()[group(field)] || []) options.push(new Option(Words.name(group(field), value), value));
      field.replaceChildren(...options);
      field.value = chosen;
    }
  }

  function read() {
    const filter = {};
    for (const field of fields) if (field.value) filter[field.name] = field.value;
    return filter;
  }

  function refresh() {
    const found = Texts.find(read());
    scroller.scrollTop = 0;
    Cards.show(list, found, scroller);
    const values = { texts: found.texts.length, mentions: found.hits.size };
    count.textContent = Words.say(found.hits.size ? "texts_and_mentions" : "texts_count", values);
    count.dataset.texts = found.texts.length;
  }

  // Shows the browser with these filters set: what the drawer's "open with filters" does.
  function ask(filter) {
    form.reset();
    for (const field of fields) if (filter[field.name]) field.value = filter[field.name];
    refresh();
    form.scrollIntoView({ block: "start" });
    form.querySelector("input").focus({ preventScroll: true });
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 120);
  });
  form.addEventListener("reset", () => setTimeout(refresh));

  async function start() {
    await Texts.ready;
    fill();
    refresh();
    form.dataset.ready = "yes";
  }

  function translate() {
    for (const part of document.querySelectorAll("#all-texts [data-word]")) part.textContent = Words.say(part.dataset.word);
    for (const part of document.querySelectorAll("#all-texts [data-name]"))
      part.textContent = Words.name(part.dataset.group, part.dataset.name);
    if (form.dataset.ready) {
      fill();
      refresh();
    }
  }

  Words.watch(translate);
  return { start, knows, ask };
})();
