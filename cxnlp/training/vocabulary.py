"""One WordPiece vocabulary for Persian, English and Finglish, and its fast tokenizer with offsets."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PERSIAN = re.compile(r"[\u0600-\u06ff]")


def normaliser() -> normalizers.Normalizer:
    """What the model sees of a text; offsets still refer to the text as given.

    NFKC, lower case, no accents or vowel signs (so آ is ا), Persian letters for Arabic ones, Latin digits, a space
    for a half-space, no tatweel, and at most two of the same character in a row.
    """
    swaps = [("\u200c", " "), ("ي", "ی"), ("ى", "ی"), ("ك", "ک"), ("ة", "ه"), ("ـ", "")]
    swaps += [(chr(base + i), str(i)) for base in (0x06F0, 0x0660) for i in range(10)]
    return normalizers.Sequence(
        [
            normalizers.NFKC(),
            *(normalizers.Replace(a, b) for a, b in swaps),
            normalizers.Replace(Regex(r"([^\d\s])(?=\1\1)"), ""),
            normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=True, lowercase=True),
        ]
    )


def splitter() -> pre_tokenizers.PreTokenizer:
    """Words: by spaces, punctuation, symbols (each emoji its own) and runs of digits."""
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.BertPreTokenizer(),
            pre_tokenizers.Split(Regex(r"\p{So}|\p{Sk}|\p{Sm}|\d+"), "isolated"),
        ]
    )


def finish(vocabulary: Sequence[str]) -> Tokenizer:
    """A tokenizer that puts [CLS] … [SEP] around each text."""
    index = {piece: i for i, piece in enumerate(vocabulary)}
    out = Tokenizer(models.WordPiece(index, unk_token="[UNK]", max_input_chars_per_word=60))  # noqa: S106
    out.normalizer, out.pre_tokenizer = normaliser(), splitter()
    out.decoder = decoders.WordPiece()
    out.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(t, index[t]) for t in ("[CLS]", "[SEP]")]
    )
    out.add_special_tokens(SPECIAL)
    return out


def words(texts: Iterable[str]) -> Counter[str]:
    """Counts of normalised words."""
    norm, split = normaliser(), splitter()
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(w for w, _ in split.pre_tokenize_str(norm.normalize_str(text)))
    return counts


def build(
    english: Counter[str], persian: Counter[str], teacher: Tokenizer, romanised: Sequence[str], sizes: tuple[int, int]
) -> list[str]:
    """Pieces: the teacher's English ones that our words use most, Persian ones learned, Finglish words given.

    ``sizes``: how many English and how many Persian pieces.
    """
    used: Counter[str] = Counter()
    for word, n in english.items():
        for piece in teacher.encode(word, add_special_tokens=False).tokens:
            used[piece] += n
    letters = list("abcdefghijklmnopqrstuvwxyz0123456789")
    keep = letters + ["##" + c for c in letters]
    keep += [p for p, _ in used.most_common(sizes[0]) if p not in SPECIAL]
    learner = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    learner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(vocab_size=sizes[1], min_frequency=4, limit_alphabet=90, show_progress=False)
    only = {w: n for w, n in persian.items() if PERSIAN.search(w) and len(w) < 30}
    learner.train_from_iterator((" ".join([w] * min(n, 2000)) for w, n in only.items()), trainer)
    marks = [w for w, n in (english + persian).items() if len(w) == 1 and n >= 30]
    learned = learner.get_vocab()
    everything = [*SPECIAL, *keep, *marks, *sorted(learned, key=lambda p: learned[p]), *romanised]
    return list(dict.fromkeys(everything))
