import unittest

from calculator import number


class Number(unittest.TestCase):
    def test_reads_a_number(self):
        self.assertEqual(number("2.5"), 2.5)

    def test_allows_white_space(self):
        self.assertEqual(number(" 7 "), 7)

    def test_refuses_words(self):
        with self.assertRaises(ValueError):
            number("seven")
