// The texts behind the numbers: decoded once, filtered in columns. Everything in the page asks here.
"use strict";

const Texts = (() => {
  const TEXT_KEYS = ["source", "language", "channel", "brand", "period"];
  const MENTION_KEYS = ["kind", "touchpoint", "stage", "topic", "polarity"];
  let data = null;
  let haystack = null;
  let firstMention = null; // position of each text's first mention; mentions are sorted by text

  const ready = (async () => {
    const node = document.getElementById("payload");
    const bytes = Uint8Array.from(atob(node.textContent.trim()), (c) => c.charCodeAt(0));
    node.remove();
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    data = await new Response(stream).json();
    const count = data.texts.text.length;
    firstMention = new Int32Array(count + 1);
    for (const of of data.mentions.of) firstMention[of + 1] += 1;
    for (let t = 0; t < count; t += 1) firstMention[t + 1] += firstMention[t];
  })();

  // Same letters however they were typed: Arabic yeh and kaf, half-spaces, marks, digits, case.
  const plain = (text) =>
    text
      .toLowerCase()
      .replace(/[\u200c\u200e\u200f\u0640\u064b-\u065f\u0670]/g, "")
      .replace(/[يى]/g, "ی")
      .replace(/ك/g, "ک")
      .replace(/[أإآ]/g, "ا")
      .replace(/[۰-۹]/g, (d) => String(d.charCodeAt(0) - 0x6f0))
      .replace(/[٠-٩]/g, (d) => String(d.charCodeAt(0) - 0x660));

  const code = (key, value) => data.lists[key].indexOf(value);

  // A filter {source: "nps", kind: "pain", "segment:city": "Tehran", from: "1403-01", since: "2024-03-20", search: …, has: "nps"}
  // becomes two tests: one of a text, one of a mention (null where nothing is asked of mentions).
  function compile(filter) {
    const ofText = [];
    const ofMention = [];
    for (const [key, value] of Object.entries(filter)) {
      if (value === "" || value === null || value === undefined) continue;
      if (TEXT_KEYS.includes(key) || key.startsWith("segment:")) {
        const column = data.texts[key];
        const wanted = column ? code(key, value) : -2;
        ofText.push(column ? (t) => column[t] === wanted : () => false);
      } else if (MENTION_KEYS.includes(key)) {
        const column = data.mentions[key];
        const wanted = value === "none" ? -1 : code(key, value);
        ofMention.push((m) => column[m] === wanted);
      } else if (key === "topics") {
        const wanted = new Set(value.map((v) => code("topic", v)));
        ofMention.push((m) => wanted.has(data.mentions.topic[m]));
      } else if (key === "from" || key === "to") {
        const inside = data.lists.period.map(key === "from" ? (v) => v >= value : (v) => v <= value);
        ofText.push((t) => inside[data.texts.period[t]] === true);
      } else if (key === "since" || key === "until") {
        const inside = data.lists.day.map(key === "since" ? (d) => d[2] >= value : (d) => d[2] <= value);
        ofText.push((t) => inside[data.texts.day[t]] === true);
      } else if (key === "has") {
        ofText.push((t) => data.texts[value] && data.texts[value][t] !== null);
      } else if (key === "search") {
        haystack = haystack || data.texts.text.map(plain);
        for (const word of plain(value).split(/\s+/).filter(Boolean)) ofText.push((t) => haystack[t].includes(word));
      }
    }
    return {
      text: (t) => ofText.every((test) => test(t)),
      mention: ofMention.length ? (m) => ofMention.every((test) => test(m)) : null,
    };
  }

  // Texts that pass, newest first; `first` (evidence: text numbers) lead. `hits` are the mentions that passed.
  function find(filter, first = [], onlyFirst = false) {
    const test = compile(filter);
    const found = [];
    const hits = new Set();
    const consider = (t) => {
      let passes = test.mention === null;
      if (!passes) {
        for (let m = firstMention[t]; m < firstMention[t + 1]; m += 1) {
          if (test.mention(m)) {
            hits.add(m);
            passes = true;
          }
        }
      }
      return passes && test.text(t);
    };
    if (onlyFirst) {
      first.forEach(consider);
      return { texts: [...first], hits };
    }
    const leading = first.filter(consider);
    const taken = new Set(leading);
    for (let t = 0; t < data.texts.text.length; t += 1) if (!taken.has(t) && consider(t)) found.push(t);
    return { texts: leading.concat(found), hits };
  }

  function one(t) {
    const mentions = [];
    for (let m = firstMention[t]; m < firstMention[t + 1]; m += 1) {
      const mention = { number: m, start: data.mentions.start[m], end: data.mentions.end[m] };
      for (const key of MENTION_KEYS) mention[key] = data.lists[key][data.mentions[key][m]] ?? null;
      mentions.push(mention);
    }
    const text = { text: data.texts.text[t], mentions };
    for (const key of TEXT_KEYS) text[key] = data.lists[key][data.texts[key][t]] ?? null;
    text.day = data.lists.day[data.texts.day[t]] ?? null;
    for (const key of ["nps", "rating", "csat", "ces"]) text[key] = data.texts[key] ? data.texts[key][t] : null;
    return text;
  }

  return { ready, find, one, plain, lists: () => data.lists, size: () => data.texts.text.length };
})();
