import contextlib
import io
import unittest

from calculator import main


class Main(unittest.TestCase):
    def test_prints_the_value(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(main(["1", "+", "2"]), 0)
        self.assertEqual(out.getvalue(), "3.0\n")

    def test_says_what_is_wrong(self):
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(main(["one"]), 2)
