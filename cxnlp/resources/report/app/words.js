// The language of the page: words, digits and direction, switched in place.
"use strict";

const Words = (() => {
  const data = JSON.parse(document.getElementById("words").textContent);
  let current = document.documentElement.lang;
  const watchers = [];

  const name = (group, id) => (id === null ? data[current].words.unknown : (data[current].names[group] || {})[id] || id);
  const say = (key, values = {}) =>
    data[current].words[key]
      .replace(/\{(\w+)\}/g, (_, k) => (typeof values[k] === "number" ? number(values[k]) : values[k]))
      .replace(ONE, "1 $1");
  const ONE = /(?<![\d.,])1 (text|mention)s\b/g; // English counts one text, Persian needs no plural
  const number = (value, signed = false) =>
    new Intl.NumberFormat(current === "fa" ? "fa-IR" : "en-GB", { signDisplay: signed ? "exceptZero" : "auto" })
      .format(value)
      .replace("-", "−");

  function speak(language) {
    current = language;
    const root = document.documentElement;
    root.lang = language;
    root.dir = language === "fa" ? "rtl" : "ltr";
    for (const page of document.querySelectorAll("[data-language]")) page.hidden = page.dataset.language !== language;
    document.title = data[language].title;
    watchers.forEach((watch) => watch(language));
  }

  return { name, say, number, speak, language: () => current, watch: (f) => watchers.push(f) };
})();
