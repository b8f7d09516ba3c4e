"""Answers as tokens. What is read off a picture is spelled letter by letter, but for the commonest words: to tell 95 characters apart is learnt
from far fewer pictures than to tell apart the language model's 49,000 tokens, of which most stand for a word that a picture seldom shows."""
import os, re

PIECES = re.compile(r" ?[A-Za-z]+| ?[^A-Za-z]")
# Words that stay one token: of those of which " word" is one, the 256 commonest in the texts of data.sh, as they were when the model was first
# trained to spell, and in what answers say in words of their own. The model knows these and no others; newer texts must not change them.
COMMON = frozenset(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "common.txt")).read().split())


def pieces(text):
    """Words that stay whole, and single characters; a space goes with what follows it, but for digits, which are tokens by themselves."""
    out = []
    for p in PIECES.findall(text):
        space, word = p[:len(p) - len(p.lstrip(" "))], p.lstrip(" ")
        if word in COMMON: out.append(p)
        elif not word or word[0].isdigit(): out += list(p)
        else: out += [space + word[0], *word[1:]]
    return out
