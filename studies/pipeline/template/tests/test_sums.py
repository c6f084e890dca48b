import unittest

from calculator import evaluate


class Evaluate(unittest.TestCase):
    def test_of_one_number_is_that_number(self):
        self.assertEqual(evaluate("4"), 4)

    def test_adds_and_subtracts_from_the_left(self):
        self.assertEqual(evaluate("1 + 2 - 4"), -1)

    def test_refuses_an_open_end(self):
        with self.assertRaises(ValueError):
            evaluate("1 +")
