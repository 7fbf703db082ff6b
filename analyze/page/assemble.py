#!/usr/bin/env python3
"""assemble.py PAGE.html OUTPUT.c DEPFILE: puts a page with all that it refers to into one C source.

Style sheets and scripts are inlined, texts in <pre data-file> as well, and the SHA-256 of every script goes into the
page's content security policy, so that a browser runs these scripts and no other. The page is cut in two at
<!-- data -->."""
import base64
import hashlib
import html
import os
import re
import sys

page_path, output, depfile = sys.argv[1:]
folder = os.path.dirname(page_path)
read_files = []
hashes = []


def read(name):
    path = os.path.join(folder, name)
    read_files.append(path)
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def style(match):
    text = read(match[1])
    assert "</style" not in text.lower(), match[1]
    return f"<style>\n{text}</style>"


def script(match):
    text = "\n" + read(match[1])
    assert "</script" not in text.lower() and "<!--" not in text, match[1]
    hashes.append("'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'")
    return f"<script>{text}</script>"


def verbatim(match):
    return f"<pre>{html.escape(read(match[1]))}</pre>"


def c_string(data):
    """String literals of at most 4 KiB, one a line; octal escapes, which end after three digits."""
    plain = {ord("\n"): "\\n", ord("\\"): "\\\\", ord('"'): '\\"', ord("?"): "\\?"}
    coded = [plain.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in data]
    return "\n".join('\t"' + "".join(coded[i:i + 4096]) + '"' for i in range(0, len(coded), 4096))


page = read(os.path.basename(page_path))
page = re.sub(r'<link rel="stylesheet" href="([^"]+)">', style, page)
page = re.sub(r'<script src="([^"]+)"></script>', script, page)
page = re.sub(r'<pre data-file="([^"]+)"></pre>', verbatim, page)
assert page.count("SCRIPT-HASHES") == 1 and page.count("<!-- data -->") == 1
page = page.replace("SCRIPT-HASHES", " ".join(hashes))

with open(output, "w", encoding="ascii") as out:
    out.write("/* Made by analyze/page/assemble.py. */\n#include <stddef.h>\n")
    for name, half in zip(("head", "tail"), page.split("<!-- data -->")):
        data = half.encode()
        out.write(f"\nconst char opj_page_{name}[] =\n{c_string(data)};\n")
        out.write(f"const size_t opj_page_{name}_size = {len(data)};\n")
with open(depfile, "w", encoding="utf-8") as out:
    out.write(f"{output}: {' '.join(path.replace(' ', chr(92) + ' ') for path in read_files)}\n")
