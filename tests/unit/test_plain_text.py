"""HTML of feeds and posts to text, and who is spoken to."""

import pytest

from crawler.plain import cut, mask_handles, mask_mentions, one_line, plain_text


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("<p>Eins.</p><p>Zwei.</p>", "Eins.\nZwei."),
        ("Eins<br/>Zwei", "Eins\nZwei"),
        ("Ein <b>fettes</b> Wort", "Ein fettes Wort"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<p>Text<script>alert(1)</script><style>p{}</style></p>", "Text"),
        ("R&uuml;ckruf &amp; mehr", "Rückruf & mehr"),
        ("&lt;p&gt;Doppelt&lt;/p&gt;", "Doppelt"),
        ("5 < 7 und 9 > 2", "5 < 7 und 9 > 2"),
        ("Kin\u00adder\u00adschutz", "Kinderschutz"),
        ("<p>offen", "offen"),
        ("\x00<p>a\x0bb</p>", "a b"),
        ("", ""),
    ],
)
def test_a_fragment_becomes_what_a_reader_sees(fragment: str, text: str) -> None:
    assert plain_text(fragment) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("@lea schau mal", "@… schau mal"),
        ("cc @kim@soziales.example und @name.bsky.social", "cc @… und @…"),
        ("danke u/name_123!", "danke @…!"),
        ("schreib an a.b@mail.example", "schreib an @…"),
        ("siehe https://soziales.example/@kim", "siehe @…"),
        ("#Betrug bleibt, 5 @ 3 auch", "#Betrug bleibt, 5 @ 3 auch"),
    ],
)
def test_who_is_spoken_to_is_masked(text: str, masked: str) -> None:
    assert mask_mentions(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("„Nie wieder“, schrieb @anna_m auf X.", "„Nie wieder“, schrieb @… auf X."),
        ("Anna M. (@anna.m@soziales.example)", "Anna M. (@…)"),
        ("@EU_Commission antwortete @TikTok.", "@EU_Commission antwortete @TikTok."),
        ("Kolleg@innen, presse@amt.example, 5 @ 3", "Kolleg@innen, presse@amt.example, 5 @ 3"),
    ],
)
def test_the_press_quotes_private_people_without_their_handles(text: str, masked: str) -> None:
    assert mask_handles(text, frozenset({"eucommission", "tiktok"})) == masked


def test_a_cut_ends_at_a_word_and_never_over_the_limit() -> None:
    assert cut("Ein kurzer Satz", 40) == "Ein kurzer Satz"
    assert cut("Ein Satz, der zu lang ist", 12) == "Ein Satz…"
    assert len(cut("x" * 500, 120)) == 120


def test_one_line_has_single_spaces_and_no_controls() -> None:
    assert one_line(" a\u00a0\n b\u200bc\x07 ") == "a bc"
