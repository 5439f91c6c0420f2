// A list of texts as readable cards. Feedback is hostile data: it enters the page as text nodes only.
"use strict";

const Cards = (() => {
  const STEP = 40;
  const LONG = 420;

  function node(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // The text with its mentions marked; where mentions overlap the first one wins.
  function marked(text, hits, from, to) {
    const quote = node("p", "quote");
    quote.dir = "auto";
    if (text.language === "fa" || text.language === "en") quote.lang = text.language;
    let at = from;
    if (from > 0) quote.append("… ");
    for (const mention of text.mentions) {
      const start = Math.max(mention.start, at);
      const end = Math.min(mention.end, to);
      if (end <= start) continue;
      quote.append(text.text.slice(at, start));
      const mark = node("mark", `${mention.polarity || "neu"}${hits.has(mention.number) ? " hit" : ""}`);
      mark.textContent = text.text.slice(start, end);
      quote.append(mark);
      at = end;
    }
    quote.append(text.text.slice(at, to));
    if (to < text.text.length) quote.append(" …");
    return quote;
  }

  function excerpt(text, hits) {
    if (text.text.length <= LONG) return [0, text.text.length];
    const hit = text.mentions.find((m) => hits.has(m.number)) || text.mentions[0];
    const centre = hit ? hit.start : 0;
    let from = Math.max(0, Math.min(centre - 120, text.text.length - LONG));
    if (from > 0) from = Math.max(0, text.text.indexOf(" ", from) + 1);
    return [from, Math.min(text.text.length, from + LONG)];
  }

  function card(t, hits) {
    const text = Texts.one(t);
    const item = node("li", "text");
    const [from, to] = excerpt(text, hits);
    let quote = marked(text, hits, from, to);
    item.append(quote);
    if (from > 0 || to < text.text.length) {
      const more = node("button", "link", Words.say("full_text"));
      more.type = "button";
      more.addEventListener("click", () => {
        const whole = marked(text, hits, 0, text.text.length);
        quote.replaceWith(whole);
        quote = whole;
        more.remove();
      });
      item.append(more);
    }
    const meta = node("p", "meta");
    if (text.day) meta.append(node("span", "", text.day[Words.language() === "fa" ? 0 : 1]));
    if (text.source) meta.append(node("span", "", Words.name("source", text.source)));
    if (text.brand) meta.append(node("bdi", "", text.brand));
    for (const key of ["nps", "rating", "csat", "ces"])
      if (text[key] !== null && text[key] !== undefined)
        meta.append(node("span", "", `${Words.name("metric", key)} ${Words.number(text[key])}`));
    const seen = new Set();
    for (const mention of text.mentions) {
      const label = `${Words.name("kind", mention.kind)}: ${Words.name("touchpoint", mention.touchpoint)}`;
      if (seen.has(label)) continue;
      seen.add(label);
      meta.append(node("span", `tag ${mention.polarity || "neu"}`, label));
    }
    item.append(meta);
    return item;
  }

  // Fills `list` step by step as its end comes into view inside `scroller`; returns the number of texts.
  function show(list, found, scroller) {
    list.replaceChildren();
    if (list.watcher) list.watcher.disconnect();
    let shown = 0;
    const end = node("li", "end");
    const more = () => {
      const batch = document.createDocumentFragment();
      for (const t of found.texts.slice(shown, shown + STEP)) batch.append(card(t, found.hits));
      shown += STEP;
      list.insertBefore(batch, end);
      if (shown >= found.texts.length) {
        list.watcher.disconnect();
        end.remove();
      }
    };
    list.append(end);
    list.watcher = new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && more(), {
      root: scroller,
      rootMargin: "600px",
    });
    if (!found.texts.length) {
      end.className = "empty";
      end.textContent = Words.say("nothing_found");
      return 0;
    }
    more();
    if (shown < found.texts.length) list.watcher.observe(end);
    return found.texts.length;
  }

  return { show, node };
})();
