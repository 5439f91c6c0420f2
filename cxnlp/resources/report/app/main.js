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

  // Two rows of the map against each other: the second minus the first, interval by MOVER (Zou & Donner 2008).
  function difference(group) {
    const [a, b] = [...group.querySelectorAll("[data-side]")].map((select) => select.value);
    const rows = [...group.querySelectorAll("[data-row]")];
    const pair = [a, b].map((value) => rows.find((row) => row.dataset.row === value));
    const both = Boolean(pair[0] && pair[1]) && a !== b;
    for (const row of rows) row.hidden = both && !pair.includes(row);
    const line = group.querySelector(".difference");
    line.hidden = !both;
    if (both) [...line.cells].slice(1).forEach((cell, i) => subtract(cell, ...pair.map((row) => row.cells[i + 1])));
  }
  function subtract(cell, first, second) {
    const scores = [first, second].map((from) => from.querySelector("[data-score]")?.dataset.score);
    cell.replaceChildren("—");
    if (!scores[0] || !scores[1]) return;
    const [[x, xl, xh], [y, yl, yh]] = scores.map((score) => JSON.parse(score));
    const low = y - x - Math.hypot(y - yl, xh - x);
    const high = y - x + Math.hypot(yh - y, x - xl);
    const figure = Cards.node(low > 0 || high < 0 ? "b" : "span", "num", Words.number(Math.round(y - x), true));
    const range = [low, high].map((v) => Words.number(Math.round(v), true)).join(` ${Words.say("to")} `);
    cell.replaceChildren(figure, Cards.node("small", "", Words.say("interval", { interval: range })));
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-side]")) difference(event.target.closest("[data-group]"));
  });

  const asked = new URLSearchParams(location.search).get("lang") || location.hash.match(/^#(fa|en)$/)?.[1];
  Words.speak(asked === "fa" || asked === "en" ? asked : document.documentElement.lang);
  Browser.start();
})();
