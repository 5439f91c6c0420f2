"use strict";
// Filters answer at once; words selected in the text fill a missed mention. Everything works without this file, too.
document.getElementById("filters")?.addEventListener("change", (e) => e.target.matches("select") && e.currentTarget.requestSubmit());

const words = document.getElementById("words");
const form = document.getElementById("correct");
if (words && form) {
  // Offsets are counted in characters, as Python counts them, not in UTF-16 units.
  const length = (text) => Array.from(text).length;

  function selected() {
    const selection = getSelection();
    if (!selection.rangeCount || !words.contains(selection.anchorNode) || !words.contains(selection.focusNode)) return null;
    const range = selection.getRangeAt(0);
    const before = range.cloneRange();
    before.selectNodeContents(words);
    before.setEnd(range.startContainer, range.startOffset);
    const whole = range.toString();
    const quote = whole.trim();
    const start = length(before.toString()) + length(whole) - length(whole.trimStart());
    return quote ? { quote, start, end: start + length(quote) } : null;
  }

  let last = null;
  document.addEventListener("selectionchange", () => { last = selected() ?? last; });

  function ready(field) {
    const button = field.querySelector("[data-take]");
    button.hidden = false;
    button.addEventListener("click", () => {
      if (!last) return;
      for (const name of ["quote", "start", "end"]) field.querySelector(`[name$="_${name}"]`).value = last[name];
    });
  }

  const blanks = () => form.querySelectorAll("[data-blank]");
  blanks().forEach(ready);
  const another = document.getElementById("another");
  another.hidden = false;
  another.addEventListener("click", () => {
    const from = [...blanks()].at(-1);
    const copy = from.cloneNode(true);
    const number = Number(from.querySelector("textarea").name.match(/\d+/)[0]) + 1;
    for (const field of copy.querySelectorAll("[name]")) {
      field.name = field.name.replace(/^m\d+/, `m${number}`);
      if (field.matches("input, textarea")) field.value = "";
    }
    from.after(copy);
    ready(copy);
  });
  // An edited quote no longer stands where it stood: the server looks for it.
  form.addEventListener("input", (e) => {
    if (!e.target.matches("textarea")) return;
    for (const name of ["start", "end"]) e.target.closest("fieldset").querySelector(`[name$="_${name}"]`).value = "";
  });
}
