"""Bytes to events, and the places of a log."""

import pytest

from walkaway import reading
from walkaway.errors import LogBroken
from walkaway.reading import Decoder, Place


class TestDecoder:
    def test_fields_are_read_as_the_standard_says(self) -> None:
        said = b"\xef\xbb\xbf: hi\n\nid:1\nevent: a\ndata: x\ndata:y\nretry: 9\n\n:only a comment\n\nid: 2\n\ndata\n\n"
        assert [*Decoder().feed(said)] == [("1", "a", "x\ny"), ("", "", "")]

    def test_what_is_not_complete_waits(self) -> None:
        decoder = Decoder()
        assert [*decoder.feed(b"id: 1\nevent: a\ndata: {}\n")] == []
        assert [*decoder.feed(b"\n")] == [("1", "a", "{}")]

    def test_an_event_without_end_is_no_event(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "MOST_BYTES", 10)
        with pytest.raises(LogBroken, match="and no end of it"):
            [*Decoder().feed(b"data: 123456789")]


class TestPlace:
    def test_numbers_only_grow(self) -> None:
        place = Place()
        assert [place.takes(each) for each in ("0", "1", "1", "0", "2")] == [True, True, False, False, True]
        assert place.cursor == "2"

    def test_a_gap_is_an_error(self) -> None:
        with pytest.raises(LogBroken, match="2 are missing"):
            Place("4").takes("7")

    def test_a_session_has_the_logs_of_all_its_turns(self) -> None:
        place = Place("msg_a:7")
        taken = ["msg_a:7", "msg_a:8", "sess_s:3", "msg_b:0", "msg_a:8", "msg_b:1", "sess_s:4", "sess_s:4"]
        assert [place.takes(each) for each in taken] == [False, True, True, True, False, True, True, False]
        for gap in ("msg_b:3", "msg_c:1", "sess_s:6"):
            with pytest.raises(LogBroken):
                place.takes(gap)

    def test_what_is_no_number_is_no_place(self) -> None:
        with pytest.raises(LogBroken, match="is no place in a log"):
            Place().takes("evt_x")
