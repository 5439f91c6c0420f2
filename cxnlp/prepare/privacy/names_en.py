"""English names, and Persian ones in Latin letters, in folded text."""

from __future__ import annotations

from cxnlp.prepare.privacy.names import Place, read_sections

_NAMES = frozenset(("given", "word"))
_LOOSE = " .,:\n\t-'\"()"  # may stand between a name and the words that introduce it


class EnglishPlace(Place):
    """A word of an English text."""

    language = "en"

    def name_length(self) -> int:
        """How many words from here on are a name; 0 where none starts here."""
        words, before = read_sections("context_en"), self.neighbour(-1, _LOOSE)
        if self.word in words["title"]:
            return 0
        if before in words["title"]:
            return self._after_title(words)
        labelled = self._labelled(words, before)
        if self._called_by_role(words, before):
            return 1 + self._second()
        if self.is_public() or not (self.flags or (labelled and self.capital)):
            return 0
        if labelled and (self.capital or self.flags & _NAMES) and (self.flags or self._second()):
            if not self.capital and self.word in words["seldom_a_name"]:
                return 0
            return 1 + self._second()
        if not self.flags & _NAMES or not (self.capital or before in words["strong_role"]):
            return 0
        return self._from_given(words, before)

    def _labelled(self, words: dict[str, frozenset[str]], before: str) -> bool:
        """After "my name is", "I'm", "I am", "this is", "name:"."""
        earlier = self.neighbour(-2, _LOOSE)
        if before in words["label"] | words["i_am"] or (before in words["label_filler"] and earlier in words["label"]):
            return True
        return (before, earlier) in (("am", "i"), ("is", "this"), ("here", "is"), ("man", "esm"))

    def _called_by_role(self, words: dict[str, frozenset[str]], before: str) -> bool:
        """ "The waiter, Marco, forgot": a capitalised word that is no English one, after a word for a person."""
        if not self.capital or self.flags or before not in words["job"] or self._ordinary():
            return False
        return len(self.word) > 2 and self.word not in words["brand"] and not self.is_public()

    def _after_title(self, words: dict[str, frozenset[str]]) -> int:
        if self.word in words["not_after_title"] or len(self.word) < 2 or self.is_public():
            return 0
        if not (self.capital or self.flags & {"family", "given"}):
            return 0
        return 1 + self._second()

    def _from_given(self, words: dict[str, frozenset[str]], before: str) -> int:
        """A capitalised first name: with a family name, or beside words that say a person is meant."""
        sure = "given" in self.flags
        second = self._second(listed=not sure)
        context = {self.neighbour(-k, _LOOSE) for k in (1, 2, 3)} | {self.neighbour(second + k, _LOOSE) for k in (1, 2)}
        if context & words["work"]:
            return 0
        if second and (sure or self._second(listed=True)):
            return 1 + second
        after = self.neighbour(1, between=" ")
        strong = before in words["strong_role"] or (
            before == "and" and bool(self.neighbour(-2)) and "given" in self.beside(-2).flags
        )
        person = strong or (sure and (before in words["role"] or after in words["did"]))
        return int(person or (sure and self._signed()))

    def _signed(self) -> bool:
        """Whether the text ends here, after a dash or on a line of its own."""
        gap = self.text[self.spans[self.at - 1][1] : self.spans[self.at][0]] if self.at else ""
        return self.at == len(self.words) - 1 and ("\n" in gap or "-" in gap)

    def _second(self, listed: bool = False) -> int:
        """How many words after this one belong to the name: a middle initial and a family name, at most two."""
        count = 0
        for offset in (1, 2):
            if not self.neighbour(offset, between=" ."):
                break
            place = self.beside(offset)
            initial = len(place.word) == 1 and place.capital and place.word != "i" and offset == 1
            if initial:
                count += 1
                continue
            known = "family" in place.flags and (place.capital or not self.capital)
            unknown = not listed and self.capital and place.capital and not place._ordinary()
            if not (known or unknown):
                break
            gap = self.text[self.spans[self.at + offset - 1][1] : self.spans[self.at + offset][0]]
            if "." in gap and not (count and offset == 2) and len(self.word) > 1:
                break
            return offset
        return count

    def _ordinary(self) -> bool:
        """Whether the word is frequent English, capitalised only because a sentence starts there."""
        from cxnlp.prepare.language import lexicon

        return self.word in lexicon("english")
