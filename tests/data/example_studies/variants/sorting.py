from itertools import groupby


def word_count(text: str) -> dict[str, int]:
    return {word: len(list(run)) for word, run in groupby(sorted(text.lower().split()))}
