"""What a listing passed over, in the reader's language."""

from siamese_core.data.left_out import DEAD_LINK, UNREADABLE, LeftOut, PassedOver
from siamese_core.page.languages.chosen import speaking
from siamese_core.page.languages.left_out import told_left_out

FILES = (
    PassedOver("x.txt", ".txt"),
    PassedOver("y", DEAD_LINK),
    PassedOver("a, 1.png", UNREADABLE),
    PassedOver("2.png", UNREADABLE),
)
LINE = LeftOut(FILES, ("'A' and 'a' are 2 classes",)).line()


def test_each_part_of_the_line_is_said_in_the_language():
    assert told_left_out(LINE) == LINE[0].upper() + LINE[1:]
    with speaking("ko"):
        told = told_left_out(LINE)
    assert told == (
        "제외: 읽을 수 없음 2개 (a, 1.png, 2.png), .txt 1개, 끊어진 링크 1개; 'A' and 'a'은(는) 클래스 2개"
    )


def test_a_line_of_another_form_stays():
    assert told_left_out("") == "" and told_left_out("3 <b>; c") == "3 <b>; c"
