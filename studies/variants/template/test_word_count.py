import unittest

from word_count import word_count


class WordCount(unittest.TestCase):
    def test_counts_words(self):
        self.assertEqual(word_count("a b a"), {"a": 2, "b": 1})

    def test_ignores_case(self):
        self.assertEqual(word_count("The the THE"), {"the": 3})

    def test_takes_any_white_space(self):
        self.assertEqual(word_count(" a\tb\n\na  "), {"a": 2, "b": 1})

    def test_of_nothing_is_empty(self):
        self.assertEqual(word_count(""), {})


if __name__ == "__main__":
    unittest.main()
