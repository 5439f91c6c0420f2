// The drawer: the texts behind a number. Any element with data-show opens it; Escape or "back" returns.
"use strict";

const Drawer = (() => {
  const drawer = document.getElementById("drawer");
  const list = drawer.querySelector("ol");
  const title = drawer.querySelector("h2");
  const note = drawer.querySelector(".note");
  const all = drawer.querySelector(".all");
  const body = drawer.querySelector(".scroll");
  let filter = {};

  async function open(button) {
    const { filter: asked = {}, first = [], only = false } = JSON.parse(button.dataset.show);
    filter = asked;
    title.textContent = button.dataset.title || button.textContent.trim();
    note.textContent = Words.say("loading");
    list.replaceChildren();
    for (const part of drawer.querySelectorAll("[data-word]")) part.textContent = Words.say(part.dataset.word);
    all.hidden = only || Object.keys(filter).some((key) => !Browser.knows(key));
    drawer.showModal();
    body.scrollTop = 0;
    await Texts.ready;
    const found = Texts.find(filter, first, only);
    Cards.show(list, found, body);
    const counts = { texts: found.texts.length, mentions: found.hits.size };
    note.textContent = Words.say(found.hits.size ? "texts_and_mentions" : "texts_count", counts);
    drawer.dataset.texts = found.texts.length;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    if (button) open(button);
    else if (event.target === drawer) drawer.close(); // the shade beside it
  });
  drawer.querySelector(".back").addEventListener("click", () => drawer.close());
  all.addEventListener("click", () => {
    drawer.close();
    Browser.ask(filter);
  });
  Words.watch(() => drawer.open && drawer.close());
})();
