"""Persian names in folded text (ي→ی, آ→ا, digits Latin)."""

from __future__ import annotations

import re

from cxnlp.prepare.privacy.names import Place, lists, read_sections

_ENDING = re.compile(
    r"(?:زاده|.{2}پور|نژاد|.{3}نیا|.{4}وند|.{3}لو|.{3}یان|منش|خواه|پناه|الدینی|ابادی|زهی|گانی|خانی|بیگی|پرست|نسب)$"
)
_START = re.compile(r"^(?:پور|میر|ملک|بنی|حاجی|شیخ).{4}")
_STRETCHED = re.compile(r"(.)\1\1")
_CLITIC = re.compile("(?:ست|ه|م|س)$")
_NAMES = frozenset(("given", "word"))


class PersianPlace(Place):
    """A word of a Persian text."""

    language = "fa"

    def name_length(self) -> int:
        """How many words from here on are a name; 0 where none starts here."""
        words, before = read_sections("context_fa"), self.neighbour(-1)
        if self.word in words["title"]:
            return 0
        if before in words["title"]:
            return self._after_title(words)
        labelled = before in words["label"] or (
            before in words["label_filler"] and self.neighbour(-2) in words["label"]
        )
        if not self.flags and (labelled or before == "من"):  # «اسمم امیده», «من سارام»
            stem = _CLITIC.sub("", self.word)
            labelled = labelled or stem + "م" == self.word
            self.flags = lists("fa").get(stem, self.flags) if stem != self.word else self.flags
        if not (self.flags or (labelled and self._looks_like_family())) or before in words["holy"] or self.is_public():
            return 0
        if self.flags & _NAMES:
            return self._from_given(words, before, labelled)
        introduced = self.neighbour(1) in words["i_am"] and before not in words["place"]
        signed = self.neighbour(-1, " ،,\n") in words["closing"] and self.at == len(self.words) - 1
        introduced = introduced or signed or ("family" in self.flags and before in words["role"])
        return 1 + self._family(words, strict=True) if labelled or introduced else 0

    def _after_title(self, words: dict[str, frozenset[str]]) -> int:
        """After «آقای», «خانم»: a listed name, or a word that looks like a family name."""
        if self.word in words["not_after_title"] or self.word in words["not_family"] or len(self.word) < 3:
            return 0
        if {self.neighbour(-2), self.neighbour(-3), self.neighbour(-4)} & words["work"] or self.is_public():
            return 0
        if self.flags & _NAMES:
            return 1 + self._family(words, strict=False)
        return 1 + self._family(words, strict=True) if self.flags or self._looks_like_family(weak=True) else 0

    def _from_given(self, words: dict[str, frozenset[str]], before: str, labelled: bool) -> int:
        sure = "given" in self.flags
        second = self._second_given()
        length = 1 + second + self._family(words, strict=not (sure or labelled), after=second)
        after = self.neighbour(length)
        named = self.word not in words["seldom_a_name"] or length > 1
        if before in words["place"] or self.neighbour(-2) in words["work"]:
            return length if labelled else 0
        person = labelled or (named and (before in words["role"] or after in words["after_name"] | words["i_am"]))
        if length > 1 or person:
            return length
        if not sure:
            return 0
        works_there = after == "از" and self.neighbour(length + 1) in words["department"]
        spoken_of = before in words["before_given"] or after in words["did"]
        return length if spoken_of or works_there or self._beside_a_name() else 0

    def _beside_a_name(self) -> bool:
        """«لیلا زند و رومینا», «مهسا و سارا»."""
        for step in (-1, 1):
            second = self.neighbour(step) == "و" and self.neighbour(2 * step)
            if second and self.beside(2 * step).flags & {"given", "family"}:
                return True
        return False

    def _second_given(self) -> int:
        """1 where a second first name follows: «امیر رضا دهقانی»."""
        if not self.neighbour(2):
            return 0
        second, third = self.beside(1), self.beside(2)
        return int(bool(second.flags & _NAMES) and ("family" in third.flags or third._looks_like_family()))

    def _family(self, words: dict[str, frozenset[str]], strict: bool, after: int = 0) -> int:
        """How many words, of two, belong to the same name; `strict`: only listed or typical family names."""
        count = 0
        for offset in (after + 1, after + 2):
            word = self.neighbour(offset)
            if not word or word in words["not_after_title"] or word in words["not_family"]:
                break
            place = self.beside(offset)
            listed = "family" in place.flags or (not strict and place.flags & {"family-word", "given"})
            weak = not strict and offset == after + 1
            if not (listed or word in words["family_part"] or place._looks_like_family(weak)):
                break
            count += 1
        return count

    def _looks_like_family(self, weak: bool = False) -> bool:
        """By its ending or beginning; `weak`: any longer word in -ی."""
        word = self.word
        if len(word) < 5 or _STRETCHED.search(word) or word in read_sections("context_fa")["not_family"]:
            return False
        return bool(_ENDING.search(word) or _START.match(word) or (weak and word.endswith("ی")))
