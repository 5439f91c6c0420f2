"""A model folder like the shipped one but tiny and untrained: for tests of everything but quality."""

import json
from pathlib import Path

TEXTS = [
    "پیک خیلی دیر رسید ولی بسته‌بندی تمیز و محکم بود",
    "از کیفیت پارچه راضی‌ام، فقط سایزش یه کم کوچیک بود.",
    "سه بار زنگ زدم و هنوز پولم برنگشته!!! دیگه خرید نمی‌کنم",
    "لطفاً رنگ مشکی رو هم موجود کنید 🙏",
    "The checkout page froze twice and I was charged two times.",
    "Lovely packaging, friendly driver. Could you add gift cards?",
    "Battery died after a week; support never answered my e-mails :(",
    "khoob bood vali kheili dir resid, dafe dige nemikharam",
    "اپ بعد از update همش crash میکنه",
]


def make(folder: Path, *, seed: int = 0, graph: bool = True, hidden: int = 32, layers: int = 2) -> Path:
    """Write a whole model folder at `folder` (…/<name>/<number>), manifest included; return it."""
    import torch
    from transformers import BertConfig, BertModel

    from cxnlp import taxonomy
    from cxnlp.annotate.export import export_graph
    from cxnlp.annotate.network import Heads, Reader, save_network
    from cxnlp.registry import write_manifest
    from cxnlp.training.vocabulary import finish, words

    torch.manual_seed(seed)
    letters = sorted({c for word in words(TEXTS) for c in word})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + c for c in letters), *words(TEXTS)]
    tokenizer = finish(list(dict.fromkeys(pieces)))
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=4,
        intermediate_size=2 * hidden, max_position_embeddings=64, initializer_range=0.3,
    )  # fmt: skip
    heads = Heads(touchpoints=tuple(t.id for t in taxonomy.load().touchpoints), window=64, span_size=24)
    network = Reader(BertModel(config, add_pooling_layer=False), heads)
    torch.manual_seed(seed + 4)  # whatever making the layers drew
    with torch.no_grad():
        for name, value in network.named_parameters():
            if not name.startswith("encoder."):
                value.normal_(0, 0.4)
    save_network(network, folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    calibration = {"confidence": {"fa": [[0.0, 1.0], [0.1, 0.9]]}, "bias": {"en": {"sentiment": [0.1, 0.0, 0.0, 0.2]}}}
    (folder / "calibration.json").write_text(json.dumps(calibration), encoding="utf-8")
    (folder / "metrics.json").write_text("{}", encoding="utf-8")
    (folder / "card.md").write_text("# A tiny untrained model\n", encoding="utf-8")
    if graph:
        export_graph(folder, TEXTS)
    write_manifest(folder)
    return folder
