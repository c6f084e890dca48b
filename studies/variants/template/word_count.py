def word_count(text: str) -> dict[str, int]:
    """How often each word of `text` occurs. Words are what white space separates, in lower case."""
    raise NotImplementedError
