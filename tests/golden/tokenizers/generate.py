"""Trains small vocabularies with the programs that define them (Hugging Face tokenizers, Google
sentencepiece), writes them as tokenizer.json and GGUF, and records what those programs make of many
texts. The C++ tests read the files as they are; nothing here has to be installed for that.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install -r requirements.txt
    /tmp/golden/bin/python generate.py

Training is deterministic: two runs give the same files."""

import io
import json
import pathlib

import gguf
import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent.parent

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
    r"\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")

# A few lines in scripts that the English text lacks, so that merges reach into several bytes.
LINES = [
    "Größe, Straße, über, naïve, façade, señor, crème brûlée, Ångström, Łódź, žluťoučký kůň",
    "Привет, мир! Как дела? Съешь ещё этих мягких французских булок, да выпей чаю.",
    "Γειά σου Κόσμε, η γρήγορη καφέ αλεπού πηδάει πάνω από το σκυλί.",
    "你好，世界。今天的天气很好。机器学习 和 自然语言处理。",
    "こんにちは世界。吾輩は猫である。名前はまだ無い。カタカナ",
    "안녕하세요 세계. 오늘은 날씨가 좋습니다.",
    "مرحبا بالعالم، كيف حالك؟ שלום עולם",
    "नमस्ते दुनिया, आप कैसे हैं? ภาษาไทย สวัสดีชาวโลก",
    "👍 😀 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 ❤️ é",
    "int main(void) { return 0; }\n\tif (x != 0) {\n\t\ty += 10;\n\t}\n",
    "1 12 123 1234 12345 3.14159 2024-11-21 10:42:07 1,000,000 0xFF",
    "don't we'll I'm they've he'd it's you're DON'T WE'LL I'M THEY'VE",
]

TEXTS = [
    "",
    "a",
    " ",
    "  ",
    "   ",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    " \n",
    "\n ",
    " \n \n  x",
    "Hello world",
    " Hello  world ",
    "Hello   world   ",
    "hello\nworld\n\n\nagain",
    "a\r\nb\r\n\r\nc",
    "tabs\tand\t\ttabs \t mixed",
    "trailing newline\n",
    "trailing spaces\n   ",
    "!!!\n\n\nyes",
    "end. \n\n Next",
    "x  \n  y",
    "1",
    "12",
    "123",
    "1234",
    "12345",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    " 1 22 333 4444",
    "a1b22c333",
    "3.14159, 1,000,000 and 0xFF",
    "½ ² Ⅷ ٣٤٥ १२३ ①",
    "don't we'll I'm they've he'd it's you're",
    "DON'T WE'LL I'M THEY'VE HE'D IT'S YOU'RE",
    "'s 't 're ' 'x ''s l'eau d'accord 'LL",
    "it'ſ odd",
    "rock'n'roll 'til",
    "snake_case camelCase kebab-case CONSTANT_1",
    "int main(void) {\n\treturn 0;\n}\n",
    "if (x != 0) { y += 10; } // done",
    "https://example.org/a?b=c&d=%20#e",
    "\"quoted\" (parenthesised) [bracketed] {braced} <tagged>",
    "... --- ___ *** ///",
    "a+b=c; e=mc^2; 5%",
    "Größe über naïve façade",
    "cafe\u0301 nai\u0308ve A\u030a",
    "Ångström Łódź žluťoučký",
    "Привет, мир! Как дела?",
    "Γειά σου Κόσμε",
    "你好，世界。今天的天气很好。",
    "こんにちは世界。カタカナ",
    "안녕하세요 세계",
    "مرحبا بالعالم، كيف حالك؟",
    "שלום עולם",
    "नमस्ते दुनिया",
    "ภาษาไทย สวัสดี",
    "𝒳 𐍈 𠜎 \U0001F9D1",
    "👍 😀 ❤️",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪",
    "zero\u200bwidth\u200djoiner\u2060",
    "non\u00a0breaking\u2003em\u3000ideographic",
    "line\u2028separator\u2029paragraph\u0085next",
    "\ufeffbyte order mark",
    "soft\u00adhyphen",
    "control\x01\x02\x1f\x7f chars",
    "vertical\x0btab form\x0cfeed",
    "\u1680ogham \u180emongolian",
    "a\u0300\u0301\u0302b \u0300alone",
    "ǅ ʰ ª º",
    "₀₁₂ ⁿ ™ © ® € £ ¥",
    "mixed123abc456 x1y2",
    "The quick brown fox jumps over the lazy dog. " * 3,
    "In the beginning God created the heaven and the earth.\n\nAnd the earth was without form.",
    " " * 17 + "x" + " " * 33,
    "\n" * 9 + "x",
    "é" * 20,
    "\U0010FFFD private use \uE000",
]
SPECIAL_TEXTS = [
    "<|begin_of_text|>Hello<|end_of_text|>",
    "a <|end_of_text|> b",
    "<|end_of_text|>",
    "<|end_of_text|<|end_of_text|>>",
    "keep <tool>this</tool> <tool>",
]


def corpus():
    english = (ROOT / "workloads/weights/byte-llama-6m/held-out.txt").read_text()[:30000]
    return english.splitlines(keepends=True) + LINES * 12


def byte_level(name, pattern, whole_words):
    """A byte-level vocabulary by Hugging Face tokenizers, as tokenizer.json and GGUF."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=whole_words))
    if pattern is None:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(pattern), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=640,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|begin_of_text|>", "<|end_of_text|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens([AddedToken("<tool>", normalized=False)])
    if name == "llama3":
        tokenizer.post_processor = processors.Sequence(
            [
                processors.ByteLevel(trim_offsets=False),
                processors.TemplateProcessing(
                    single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", 0)]
                ),
            ]
        )
    stored = json.loads(tokenizer.to_str())
    write_json(name, stored)

    added = {token["id"]: token for token in stored["added_tokens"]}
    vocabulary = dict(stored["model"]["vocab"])
    vocabulary.update({token["content"]: token["id"] for token in added.values()})
    pieces = [piece for piece, _ in sorted(vocabulary.items(), key=lambda item: item[1])]
    kinds = [
        gguf.TokenType.NORMAL
        if i not in added
        else gguf.TokenType.CONTROL if added[i]["special"] else gguf.TokenType.USER_DEFINED
        for i in range(len(pieces))
    ]
    writer = new_writer(name)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre({"gpt2": "gpt-2", "llama3": "llama-bpe", "qwen2": "qwen2"}[name])
    writer.add_token_list(pieces)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(merge) for merge in stored["model"]["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    finish(writer)
    return {
        "texts": [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS],
        "special": [tokenizer.encode(t, add_special_tokens=False).ids for t in SPECIAL_TEXTS],
    }


def sentence_piece(name, prefix):
    """A SentencePiece vocabulary, as GGUF; with the prefix also as tokenizer.json."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(line.rstrip("\n") for line in corpus()),
        model_writer=model,
        model_type="bpe",
        vocab_size=760,
        byte_fallback=True,
        character_coverage=0.985,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=prefix,
        allow_whitespace_only_pieces=True,
        user_defined_symbols=["<tool>"],
        num_threads=1,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    count = processor.get_piece_size()
    pieces = [processor.id_to_piece(i) for i in range(count)]
    scores = [processor.get_score(i) for i in range(count)]
    kinds = [
        gguf.TokenType.UNKNOWN if processor.is_unknown(i)
        else gguf.TokenType.CONTROL if processor.is_control(i)
        else gguf.TokenType.BYTE if processor.is_byte(i)
        else gguf.TokenType.USER_DEFINED if pieces[i] == "<tool>"
        else gguf.TokenType.NORMAL
        for i in range(count)
    ]
    writer = new_writer(name)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(pieces)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(processor.bos_id())
    writer.add_eos_token_id(processor.eos_id())
    writer.add_unk_token_id(processor.unk_id())
    writer.add_add_space_prefix(prefix)
    finish(writer)
    golden = {"texts": [processor.encode(text) for text in TEXTS], "special": []}
    return golden, pieces, scores, kinds


def llama2_json(pieces, scores, kinds):
    """The same vocabulary as transformers converts it: merges in the order of scores."""
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    merges = []
    for piece, i in vocabulary.items():
        if kinds[i] != gguf.TokenType.NORMAL:
            continue
        parts = [(piece[:k], piece[k:]) for k in range(1, len(piece))]
        parts = [part for part in parts if part[0] in vocabulary and part[1] in vocabulary]
        merges += [(scores[i], part) for part in sorted(parts, key=lambda p: (vocabulary[p[0]], vocabulary[p[1]]))]
    merges = [part for _, part in sorted(merges, key=lambda item: -item[0])]
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", vocabulary["<s>"])]
    )
    write_json("llama2", json.loads(tokenizer.to_str()))
    return {
        "texts": [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS],
        "special": [],
    }


def new_writer(name):
    return gguf.GGUFWriter(HERE / f"{name}.gguf", "llama")


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_json(name, content):
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(text + "\n")


def main():
    golden = {"texts": TEXTS, "special_texts": SPECIAL_TEXTS, "vocabularies": {}}
    vocabularies = golden["vocabularies"]
    vocabularies["gpt2"] = byte_level("gpt2", None, False)
    vocabularies["llama3"] = byte_level("llama3", LLAMA3, True)
    vocabularies["qwen2"] = byte_level("qwen2", QWEN2, False)
    vocabularies["spm"], pieces, scores, kinds = sentence_piece("spm", True)
    vocabularies["spm-no-prefix"], *_ = sentence_piece("spm-no-prefix", False)
    vocabularies["llama2"] = llama2_json(pieces, scores, kinds)
    write_json("golden", golden)


main()
