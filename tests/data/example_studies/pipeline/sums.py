

def evaluate(text):
    words = text.replace("+", " + ").replace("-", " - ").split()
    if len(words) % 2 == 0:
        raise ValueError(f"{text!r} ends too early")
    value = number(words[0])
    for sign, word in zip(words[1::2], words[2::2]):
        value += number(word) if sign == "+" else -number(word)
    return value
