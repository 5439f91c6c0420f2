"""English names, and Persian ones in Latin letters, in folded text."""

from __future__ import annotations

from collections.abc import Iterator

from cxnlp.prepare.privacy.names import Token, public_figures, read_sections
from cxnlp.prepare.privacy.numbers import Found

_NAMES = frozenset(("given", "word"))


def find(text: str, tokens: list[Token]) -> Iterator[Found]:
    """Names of one text, left to right, never overlapping."""
    position = 0
    while position < len(tokens):
        length = _Place(text, tokens, position).name_length()
        if length:
            yield "name", tokens[position].start, tokens[position + length - 1].end
        position += max(length, 1)


class _Place:
    """One word of a text, with its neighbours."""

    def __init__(self, text: str, tokens: list[Token], at: int) -> None:
        self.text, self.tokens, self.at = text, tokens, at
        self.word, self.flags = tokens[at].word, tokens[at].flags
        self.capital = self.word[0].isupper() and (len(self.word) == 1 or not self.word.isupper())

    def neighbour(self, offset: int, between: str = " .,:\n\t-'\"") -> str:
        """The word `offset` away, lower case, if nothing but `between` stands between; else ""."""
        low, high = sorted((self.at, self.at + offset))
        if low < 0 or high >= len(self.tokens):
            return ""
        for left, right in zip(self.tokens[low:high], self.tokens[low + 1 : high + 1]):
            if self.text[left.end : right.start].strip(between):
                return ""
        return self.tokens[self.at + offset].word.lower()

    def name_length(self) -> int:
        """How many words from here on are a name; 0 where none starts here."""
        words, before = read_sections("context_en"), self.neighbour(-1)
        if self.word.lower() in words["title"]:
            return 0
        if before in words["title"]:
            return self._after_title(words)
        labelled = self._labelled(words, before)
        if self._public() or not (self.flags or (labelled and self.capital)):
            return 0
        if labelled and (self.capital or self.flags & _NAMES) and (self.flags or self._second()):
            return 1 + self._second()
        if not self.flags & _NAMES or not (self.capital or before in words["strong_role"]):
            return 0
        return self._from_given(words, before)

    def _labelled(self, words: dict[str, frozenset[str]], before: str) -> bool:
        """After "my name is", "I'm", "I am", "this is", "name:"."""
        earlier = self.neighbour(-2)
        if before in words["label"] | words["i_am"] or (before in words["label_filler"] and earlier in words["label"]):
            return True
        return (before, earlier) in (("am", "i"), ("is", "this"), ("here", "is"), ("man", "esm"))

    def _after_title(self, words: dict[str, frozenset[str]]) -> int:
        if self.word.lower() in words["not_after_title"] or len(self.word) < 2 or self._public():
            return 0
        if not (self.capital or self.flags & {"family", "given"}):
            return 0
        return 1 + self._second()

    def _from_given(self, words: dict[str, frozenset[str]], before: str) -> int:
        """A capitalised first name: with a family name, or beside words that say a person is meant."""
        sure = "given" in self.flags
        second = self._second(listed=not sure)
        context = {self.neighbour(-k) for k in (1, 2, 3)} | {self.neighbour(second + k) for k in (1, 2)}
        if context & words["work"]:
            return 0
        if second and (sure or self._second(listed=True)):
            return 1 + second
        after = self.neighbour(1, between=" ")
        strong = before in words["strong_role"]
        person = strong or (sure and (before in words["role"] or after in words["did"]))
        return int(person)

    def _second(self, listed: bool = False) -> int:
        """How many words after this one belong to the name: a middle initial and a family name, at most two."""
        count = 0
        for offset in (1, 2):
            if not self.neighbour(offset, between=" ."):
                break
            place = _Place(self.text, self.tokens, self.at + offset)
            initial = len(place.word) == 1 and place.word.isupper() and place.word != "I" and offset == 1
            if initial:
                count += 1
                continue
            known = "family" in place.flags and (place.capital or not self.capital)
            unknown = not listed and place.capital and not place._ordinary() and self.capital
            if not (known or unknown):
                break
            gap = self.text[self.tokens[self.at + offset - 1].end : self.tokens[self.at + offset].start]
            if "." in gap and not (count and offset == 2):
                break
            return offset
        return count

    def _ordinary(self) -> bool:
        """Whether the word is frequent English, capitalised only because a sentence starts there."""
        from cxnlp.prepare.language import lexicon

        return self.word.lower() in lexicon("english")

    def _public(self) -> bool:
        word = self.word.lower()
        return not public_figures("en").isdisjoint(((self.neighbour(-1), word), (word, self.neighbour(1))))
