"""Answers as tokens. What is read off a picture is spelled letter by letter, but for the commonest words: to tell 95 characters apart is learnt
from far fewer pictures than to tell apart the language model's 49,000 tokens, of which most stand for a word that a picture seldom shows."""
import re
from collections import Counter

COMMON = 256                # words, as they are written, that stay one token
PIECES = re.compile(r" ?[A-Za-z]+| ?[^A-Za-z]")


def common(texts, whole):
    """The commonest words of two letters and more of which " word" is one token."""
    count = Counter(w for t in texts for w in re.findall(r"[A-Za-z]{2,}", t))
    return frozenset([w for w, _ in count.most_common(2 * COMMON) if whole(w)][:COMMON])


def pieces(text, common):
    """Words that stay whole, and single characters; a space goes with what follows it, but for digits, which are tokens by themselves."""
    out = []
    for p in PIECES.findall(text):
        space, word = p[:len(p) - len(p.lstrip(" "))], p.lstrip(" ")
        if word in common: out.append(p)
        elif not word or word[0].isdigit(): out += list(p)
        else: out += [space + word[0], *word[1:]]
    return out
