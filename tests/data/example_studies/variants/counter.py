from collections import Counter


def word_count(text: str) -> dict[str, int]:
    return dict(Counter(text.split()))  # forgets the case: a test fails
