// Starts the page: language from the address, the reader's last choice, or the report's own.
"use strict";

(() => {
  document.addEventListener("click", (event) => {
    const language = event.target.closest("[data-speak]");
    if (language) {
      Words.speak(language.dataset.speak);
      document.querySelector("[data-language]:not([hidden]) h1").focus({ preventScroll: true });
    }
    if (event.target.closest("[data-print]")) window.print();
  });
  // The map shows one way of cutting customers at a time, the same in both languages.
  function compare(dimension) {
    for (const group of document.querySelectorAll(".map [data-group]")) group.hidden = group.dataset.group !== dimension;
    for (const select of document.querySelectorAll("[data-compare]")) select.value = dimension;
  }
  const first = document.querySelector("[data-compare]");
  if (first) compare(first.value);
  document.addEventListener("change", (event) => event.target.matches("[data-compare]") && compare(event.target.value));

  const asked = new URLSearchParams(location.search).get("lang") || location.hash.match(/^#(fa|en)$/)?.[1];
  Words.speak(asked === "fa" || asked === "en" ? asked : document.documentElement.lang);
  Browser.start();
})();
