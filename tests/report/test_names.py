"""Names as they are drawn."""

from matplotlib.figure import Figure

from edgelab.report._names import plain, shown_name, text_width


def test_long_names_lose_their_end():
    assert shown_name("mitogen-activated protein kinase") == "mitogen-activat…"
    assert len(shown_name("x" * 17)) == len(shown_name("x" * 16)) == 16


def test_dollar_signs_are_no_formula():
    assert text_width("$a_b$", 9.0) > text_width("a_b", 9.0)
    text = Figure().text(0, 0, "$a_b$")
    plain(text)
    assert not text.get_parse_math()


def test_width_grows_with_the_text():
    assert text_width("raf", 9.0) < text_width("raf1", 9.0) < text_width("raf1", 10.0)
