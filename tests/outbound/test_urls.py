"""What goes over the wire is ASCII, and what was ASCII already stays to the letter."""

import pytest
from hypothesis import given, strategies as st

from walkaway_core.outbound import urls

WRITTEN = [
    ("https://bücher.example/hook", "xn--bcher-kva.example", "/hook"),
    ("https://BÜCHER.example./hook", "xn--bcher-kva.example.", "/hook"),
    ("https://faß.example", "xn--fa-hia.example", "/"),
    ("https://例え。テスト/", "xn--r8jz45g.xn--zckzah", "/"),
    ("http://xn--bcher-kva.example/", "xn--bcher-kva.example", "/"),
    ("http://under_score.example/", "under_score.example", "/"),
    ("http://a.example/ünï", "a.example", "/%C3%BCn%C3%AF"),
    ("http://a.example?name=ü", "a.example", "/?name=%C3%BC"),
    ("http://a.example/e\u0301/😀", "a.example", "/e%CC%81/%F0%9F%98%80"),
    ("http://a.example/h?sig=a%2Fb%2bc%3D&sp=%2Ft", "a.example", "/h?sig=a%2Fb%2bc%3D&sp=%2Ft"),
    ('http://a.example/h?token=%zz&x=|{}^`"<>', "a.example", '/h?token=%zz&x=|{}^`"<>'),
    ("http://a.example/h;v=1;w=2", "a.example", "/h;v=1;w=2"),
    ("http://a.example/h;v=ü?", "a.example", "/h;v=%C3%BC?"),
    ("http://a.example//x/../y/./?a?b", "a.example", "//x/../y/./?a?b"),
    ("http://a.example/h?x#ü?y", "a.example", "/h?x"),
    ("HTTP://A.Example/H", "a.example", "/H"),
    ("http://[2606:4700::1111]/h", "2606:4700::1111", "/h"),
    ("http://a--b.r3---sn-x.example/", "a--b.r3---sn-x.example", "/"),
    ("http://xn--i-7iq.example/", "xn--i-7iq.example", "/"),
    ("http://3com.example:65535/", "3com.example", "/"),
    ("http://1.2.3.4./", "1.2.3.4", "/"),
    ("http://0xa.0377.65535/", "0xa.0377.65535", "/"),
    ("http://192.0.2.1.example/", "192.0.2.1.example", "/"),
    (f"http://{'a' * 63}.example/", f"{'a' * 63}.example", "/"),
    (f"http://{'a.' * 126}b./", f"{'a.' * 126}b.", "/"),
]


@pytest.mark.parametrize(("url", "host", "path"), WRITTEN)
def test_an_address_is_written_in_ascii(url: str, host: str, path: str) -> None:
    to = urls.read(url)
    assert (to.host, to.path) == (host, path)


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "//a.example/", "ftp://a.example/", "http:/a.example", "http://", "http:///a", "https://:443/",
        "http://a b.example/", "http://a.example/a b", "http://a.example/\x85", "http://a.example/\u202e", "http://a.example/\ud800",
        "http://a.example:x/", "http://a.example:99999/", "http://[zz]/", "http://a..example/", "http://.example/",
        f"http://{'a' * 64}.example/", f"http://{'a.' * 127}example/", f"http://{'ü' * 60}.example/", "http://a%6d.example/",
        "http://a!b.example/", "http://a\\b.example/", "http://xn--ü.example/", "http://i❤.example/", "http://℀.example/",
        "http://-ü.example/", "http://-a.example/", "http://a-.example/", "http://a.b-/", "http://a.example../", "http://./",
        "https://[v1.x]/", "https://[::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[127.0.0.1]/", "https://[a.example]/",
        "https://256.256.256.256/", "https://1.2.3.4.5/", "https://1.2.3.08/", "https://a.example.5/", "https://a.0x1f/",
        "https://4294967296/", "https://1.2.3.4.5./",
        "https://xn--/", "https://a.xn--.example/", "https://xn--a/", "https://xn--zzzz99999/", "https://xn--a-/", "https://XN--/",
        "http://a.example:0/", "http://a.example:65536/", "http://a.example:-1/", "http://%61.example/",
        f"http://{'ü.' * 50}example/",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_can_lead_nowhere_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(
        ValueError, match=r"percent-encode it|is no URL|must begin with|is no name that a host can have|has the port 0"
    ):
        urls.read(url)


@given(st.text(st.characters(categories=["L", "M", "N", "S", "P"], exclude_characters="#"), max_size=30))
def test_whatever_can_be_seen_becomes_ascii_and_means_the_same(text: str) -> None:
    path = urls.read(f"http://a.example/{text}").path
    assert path.isascii()
    assert path.isprintable()
    assert urls.read(f"http://a.example{path}").path == path
    if text.isascii():
        assert path == f"/{text}"


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://a.example/", "a.example"),
        ("http://a.example:80/", "a.example"),
        ("https://a.example:443/", "a.example"),
        ("https://a.example:80/", "a.example:80"),
        ("http://[::1]:8005/", "[::1]:8005"),
        ("http://[2606:4700::1111]/", "[2606:4700::1111]"),
    ],
)
def test_the_field_host_is_what_receivers_expect(url: str, authority: str) -> None:
    assert urls.read(url).authority == authority


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("::1", "::1"),
        ("a.example", None),
    ],
)
def test_a_number_is_one_however_it_is_spelled(host: str, address: str | None) -> None:
    assert urls.number(host) == address
