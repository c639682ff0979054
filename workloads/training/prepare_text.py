#!/usr/bin/env python3
"""Builds the training text of byte-llama-6m from Debian 12 packages.

Every source is public domain or under a permissive licence. A source becomes
documents of at most about 8 KB; a document is held out when the SHA-256 of its
text says so (one in fifty), so the split depends on nothing but the text.
Documents are shuffled by hash, and byte 0 stands before each of them.

    prepare_text.py WORK_DIRECTORY

writes train.bin, held-out.bin, held-out.txt (public domain only, no byte 0)
and manifest.json into WORK_DIRECTORY. Needs apt-get, dpkg and Python 3.9.
"""

import gzip
import hashlib
import html.parser
import json
import pathlib
import re
import struct
import subprocess
import sys
import unicodedata
import zlib

PACKAGES = {
    "bible-kjv": "4.38",
    "bible-kjv-text": "4.38",
    "sword-comm-mhcc": "2.0-1",
    "sword-comm-tdavid": "2.1-1",
    "dict-devil": "1.0-13.1",
    "dict-jargon": "4.4.7-3.1",
    "dict-wn": "1:3.0-37",
    "postgresql-doc-15": "15.20-0+deb12u1",
    "python3.11-doc": "3.11.2-6+deb12u9",
}
# Largest share of one source in bytes of text; documents are dropped by hash.
SOURCE_LIMIT_BYTES = {
    "treasury-of-david": 6_000_000,
    "wordnet": 2_500_000,
    "postgresql-docs": 4_000_000,
    "python-docs": 4_000_000,
}
PUBLIC_DOMAIN = ("king-james-bible", "concise-commentary", "treasury-of-david",
                 "devils-dictionary", "jargon-file")
DOCUMENT_LIMIT_BYTES = 8_000
DOCUMENT_MINIMUM_BYTES = 200
HELD_OUT_ONE_IN = 50
EVALUATION_BYTES_PER_SOURCE = 18_000

BOOKS = """Genesis Exodus Leviticus Numbers Deuteronomy Joshua Judges Ruth 1_Samuel 2_Samuel
1_Kings 2_Kings 1_Chronicles 2_Chronicles Ezra Nehemiah Esther Job Psalms Proverbs Ecclesiastes
Song_of_Solomon Isaiah Jeremiah Lamentations Ezekiel Daniel Hosea Joel Amos Obadiah Jonah Micah
Nahum Habakkuk Zephaniah Haggai Zechariah Malachi Matthew Mark Luke John Acts Romans 1_Corinthians
2_Corinthians Galatians Ephesians Philippians Colossians 1_Thessalonians 2_Thessalonians 1_Timothy
2_Timothy Titus Philemon Hebrews James 1_Peter 2_Peter 1_John 2_John 3_John Jude
Revelation""".split()

PLAIN = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "--",
    "\u2026": "...", "\u00a0": " ", "\u2022": "*", "\u00ad": "", "\u200b": "", "\ufeff": "",
    "\0": "", "\r": "", "\t": "    ",
})


def normalised(text):
    """One spelling of quotes and dashes, no trailing blanks, no long gaps."""
    text = unicodedata.normalize("NFC", text).translate(PLAIN)
    text = re.sub(r"[ ]+\n", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def filled(text, width=78):
    """Greedy line filling of one paragraph."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join(lines + [line] if line else lines)


def pieces(paragraphs, separator="\n\n"):
    """Joins consecutive paragraphs into documents of at most about 8 KB."""
    document, size_bytes = [], 0
    for paragraph in paragraphs:
        length = len(paragraph.encode()) + len(separator)
        if document and size_bytes + length > DOCUMENT_LIMIT_BYTES:
            yield separator.join(document)
            document, size_bytes = [], 0
        document.append(paragraph)
        size_bytes += length
    if document:
        yield separator.join(document)


def king_james_bible(root):
    text = subprocess.run(
        [root / "usr/bin/bible", "-p", root / "usr/lib", "-f", "gen1:1-rev22:21"],
        check=True, capture_output=True, text=True).stdout
    chapters = {}
    for line in text.splitlines():
        match = re.match(r"(.+?)(\d+):(\d+) (.*)", line)
        if match:
            book, chapter, verse, words = match.groups()
            chapters.setdefault((book, int(chapter)), []).append(f"{verse} {words}")
    abbreviations = list(dict.fromkeys(book for book, _ in chapters))
    names = dict(zip(abbreviations, (book.replace("_", " ") for book in BOOKS), strict=True))
    for (book, chapter), verses in chapters.items():
        yield f"{names[book]} {chapter}\n\n" + "\n".join(filled(verse) for verse in verses)


def sword_entries(directory, stem, letter, record):
    """Entries of a compressed SWORD module, in canonical order, once each."""
    def data(suffix):
        return (directory / f"{stem}.{letter}z{suffix}").read_bytes()
    compressed = data("z")
    blocks = [zlib.decompress(compressed[start:start + size])
              for start, size, _ in struct.iter_unpack("<III", data("s"))]
    entries = dict.fromkeys(e for e in struct.iter_unpack(record, data("v")) if e[2])
    for block, start, size in entries:
        yield blocks[block][start:start + size].decode("utf-8", "replace")


def osis_paragraphs(entry):
    """Plain paragraphs of an OSIS fragment."""
    entry = re.sub(r"<note.*?</note>", "", entry, flags=re.S)
    entry = re.sub(r"</?(div|title|p|lg|l|lb|list|item|milestone|chapter)\b[^>]*>", "\n\n", entry)
    entry = html.unescape(re.sub(r"<[^>]+>", "", entry))
    for paragraph in re.split(r"\n\s*\n", entry):
        if paragraph.strip():
            yield filled(paragraph)


def concise_commentary(root):
    directory = root / "usr/share/sword/modules/comments/zcom/mhcc"
    for stem in ("ot", "nt"):
        paragraphs = (paragraph for entry in sword_entries(directory, stem, "b", "<IIH")
                      for paragraph in osis_paragraphs(entry))
        yield from pieces(paragraphs)


def treasury_of_david(root):
    directory = root / "usr/share/sword/modules/comments/zcom/tdavid"
    for entry in sword_entries(directory, "ot", "c", "<III"):
        yield from pieces(osis_paragraphs(entry))


def dictionary_text(root, name):
    with gzip.open(root / f"usr/share/dictd/{name}.dict.dz", "rt", encoding="utf-8") as file:
        return file.read()


def devils_dictionary(root):
    text = dictionary_text(root, "devil")
    text = text[text.index("PREFACE"):]
    yield from pieces(re.split(r"\n\n(?=[A-Z][A-Z'\- ]+, )", text))


def jargon_file(root):
    text = dictionary_text(root, "jargon")
    text = text[text.index("\n(TM)") if "\n(TM)" in text else 0:]
    yield from pieces(re.split(r"\n\n(?=\S)", text))


def wordnet(root):
    text = dictionary_text(root, "wn")
    seen, entries = set(), []
    for entry in re.split(r"\n(?=\S)", text):
        word, _, body = entry.partition("\n")
        body = re.sub(r"\s*\[(?:syn|ant|also):[^\]]*\]", "", body)
        if not body.strip() or word.startswith("00-database") or body in seen:
            continue
        seen.add(body)
        entries.append(f"{word}\n{body}")
    yield from pieces(entries, "\n")


class PageText(html.parser.HTMLParser):
    """Text of a DocBook page: paragraphs filled, programs kept as written."""

    BLOCKS = {"p", "div", "h1", "h2", "h3", "h4", "h5", "li", "dt", "dd", "tr", "td", "th",
               "table", "ul", "ol", "dl", "hr", "br", "title"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.paragraphs, self.text, self.skip_depth, self.program = [], "", 0, False

    def flush(self):
        paragraph = self.text.strip("\n") if self.program else filled(self.text)
        if paragraph.strip():
            self.paragraphs.append(paragraph)
        self.text = ""

    def handle_starttag(self, tag, attributes):
        kind = dict(attributes).get("class") or ""
        if self.skip_depth or "navheader" in kind or "navfooter" in kind or tag == "title":
            self.skip_depth += tag in ("div", "title")
            return
        if tag in self.BLOCKS or tag == "pre":
            self.flush()
        if tag == "pre":
            self.program = True

    def handle_endtag(self, tag):
        if self.skip_depth:
            self.skip_depth -= tag in ("div", "title")
            return
        if tag in self.BLOCKS or tag == "pre":
            self.flush()
        if tag == "pre":
            self.program = False

    def handle_data(self, data):
        if not self.skip_depth:
            self.text += data


def postgresql_docs(root):
    pages = sorted((root / "usr/share/doc/postgresql-doc-15/html").glob("*.html"))
    for path in pages:
        if path.name.startswith(("release", "bookindex", "index", "errcodes", "biblio")):
            continue
        page = PageText()
        page.feed(path.read_text(encoding="utf-8"))
        page.flush()
        yield from pieces(page.paragraphs)


def python_docs(root):
    sources = root / "usr/share/doc/python3.11/html/_sources"
    for path in sorted(sources.rglob("*.rst.txt")):
        if path.relative_to(sources).parts[0] in ("whatsnew", "distutils", "license.rst.txt"):
            continue
        yield from pieces(path.read_text(encoding="utf-8").split("\n\n"))


SOURCES = {
    "king-james-bible": king_james_bible,
    "concise-commentary": concise_commentary,
    "treasury-of-david": treasury_of_david,
    "devils-dictionary": devils_dictionary,
    "jargon-file": jargon_file,
    "wordnet": wordnet,
    "postgresql-docs": postgresql_docs,
    "python-docs": python_docs,
}


def unpack(work):
    """Downloads the pinned packages (any version where a pin is gone) and unpacks them."""
    debs, root = work / "debs", work / "root"
    debs.mkdir(parents=True, exist_ok=True)
    for package, version in PACKAGES.items():
        if not list(debs.glob(f"{package}_*.deb")):
            pinned = subprocess.run(["apt-get", "download", "-q", f"{package}={version}"], cwd=debs)
            if pinned.returncode != 0:
                print(f"{package} {version} is gone; taking the current one", file=sys.stderr)
                subprocess.run(["apt-get", "download", "-q", package], cwd=debs, check=True)
        subprocess.run(["dpkg", "-x", next(debs.glob(f"{package}_*.deb")), root], check=True)
    return root


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def main():
    work = pathlib.Path(sys.argv[1]).resolve()
    root = unpack(work)
    train, held_out, evaluation, per_source = [], [], [], {}
    for source, documents in SOURCES.items():
        texts = {}
        for text in documents(root):
            data = normalised(text).encode()
            if len(data) >= DOCUMENT_MINIMUM_BYTES:
                texts.setdefault(sha256(data), data)
        kept_bytes, kept = 0, []
        for key in sorted(texts):
            if kept_bytes + len(texts[key]) <= SOURCE_LIMIT_BYTES.get(source, 1 << 40):
                kept_bytes += len(texts[key])
                kept.append((key, texts[key]))
        # The tail of the key decides the split: its head already decided what was kept.
        out = [pair for pair in kept if int(pair[0][-8:], 16) % HELD_OUT_ONE_IN == 0]
        train += [pair for pair in kept if int(pair[0][-8:], 16) % HELD_OUT_ONE_IN != 0]
        held_out += out
        if source in PUBLIC_DOMAIN:
            share_bytes = 0
            for key, data in out:
                if share_bytes + len(data) <= EVALUATION_BYTES_PER_SOURCE:
                    share_bytes += len(data)
                    evaluation.append((key, data))
        per_source[source] = {"documents": len(kept), "bytes": kept_bytes,
                              "held_out_documents": len(out),
                              "held_out_bytes": sum(len(data) for _, data in out)}
    # A second hash shuffles; the first one is what the limits were taken by.
    def shuffled(pairs):
        return [data for _, data in sorted(pairs, key=lambda pair: sha256(pair[0].encode()))]
    files = {
        "train.bin": b"".join(b"\0" + data for data in shuffled(train)),
        "held-out.bin": b"".join(b"\0" + data for data in shuffled(held_out)),
        "held-out.txt": b"\n".join(data for data in shuffled(evaluation)),
    }
    manifest = {"packages": {path.name: sha256(path.read_bytes())
                             for path in sorted((work / "debs").glob("*.deb"))
                             if path.name.split("_")[0] in PACKAGES},
                "sources": per_source, "files": {}}
    for name, data in files.items():
        (work / name).write_bytes(data)
        manifest["files"][name] = {"bytes": len(data), "sha256": sha256(data)}
    (work / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(json.dumps(manifest, indent=2))


if __name__ == "__main__":
    main()
