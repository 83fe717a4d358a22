"""The originals: a right file is read, a wrong one refused, a download is verified or leaves no trace."""

import hashlib
import http.server
import os
import subprocess
import sys
import threading
import time

import pytest

from unrolled.data import choice, originals

NAME, GOOD = "names/Some.txt", "Müller\nWeiß\n".encode()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder of our own, and a registry of one file."""
    one = originals.Original(
        "owner/repo",
        "0" * 40,
        "data/Some.txt",
        len(GOOD),
        hashlib.sha256(GOOD).hexdigest(),
    )
    monkeypatch.setattr(originals, "REGISTRY", {NAME: one})
    monkeypatch.setenv(originals.VARIABLE, str(tmp_path))
    (tmp_path / "names").mkdir()
    return tmp_path


@pytest.fixture
def server(tmp_path_factory, monkeypatch):
    """A web server on this machine in the place of the source, and the file that it serves."""
    root = tmp_path_factory.mktemp("served")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(root))

        def log_message(self, *args):
            """Keep the test's output quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        monkeypatch.setattr(
            originals, "BASE", f"http://127.0.0.1:{running.server_port}"
        )
        served = root / f"owner/repo/{'0' * 40}/data/Some.txt"
        served.parent.mkdir(parents=True)
        served.write_bytes(GOOD)
        yield served
        running.shutdown()


def contents(folder):
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_the_choice_is_embedded_unless_set(monkeypatch):
    monkeypatch.delenv(choice.VARIABLE, raising=False)
    assert choice.choice() == "embedded"
    for chosen in choice.CHOICES:
        monkeypatch.setenv(choice.VARIABLE, chosen)
        assert choice.choice() == chosen


@pytest.mark.parametrize("value", ["", "Originals", "original", "both"])
def test_any_other_choice_is_refused_by_name(monkeypatch, value):
    monkeypatch.setenv(choice.VARIABLE, value)
    with pytest.raises(ValueError) as refused:
        choice.choice()
    for said in (
        repr(value),
        "'embedded'",
        "'originals'",
        "make book UNROLLED_DATA=originals",
    ):
        assert said in str(refused.value)


def test_the_registry_holds_eighteen_lists_and_alice():
    names = [name for name in originals.REGISTRY if name.startswith("names/")]
    assert len(names) == 18 and set(originals.REGISTRY) - set(names) == {"alice.txt"}
    assert len({one.sha256 for one in originals.REGISTRY.values()}) == 19
    for name, one in originals.REGISTRY.items():
        assert len(one.sha256) == 64 and len(one.commit) == 40 and one.bytes > 0
        assert one.url.startswith(
            f"https://raw.githubusercontent.com/{one.repository}/{one.commit}/"
        )
        assert one.url.endswith("/" + name.removeprefix("names/"))


def test_a_right_file_is_read_and_nothing_is_written(cache):
    (cache / NAME).write_bytes(GOOD)
    before = contents(cache)
    assert originals.path(NAME) == cache / NAME
    assert contents(cache) == before


def test_a_right_file_is_read_from_a_folder_that_cannot_be_written(cache):
    (cache / NAME).write_bytes(GOOD)
    for folder in (cache / "names", cache):
        folder.chmod(0o555)
    try:
        assert originals.path(NAME).read_bytes() == GOOD
        originals.fetch()
    finally:
        for folder in (cache, cache / "names"):
            folder.chmod(0o755)


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        (None, "no file"),
        (GOOD[:-3], f"{len(GOOD) - 3} bytes"),
        (
            GOOD.replace(b"W", b"V"),
            hashlib.sha256(GOOD.replace(b"W", b"V")).hexdigest(),
        ),
    ],
    ids=["missing", "truncated", "altered"],
)
def test_a_wrong_file_is_refused_with_what_mends_it(cache, monkeypatch, bad, found):
    if bad is not None:
        (cache / NAME).write_bytes(bad)
    monkeypatch.setattr(
        originals.pooch,
        "retrieve",
        lambda *_, **__: pytest.fail("reading must not download"),
    )
    with pytest.raises(originals.DataError) as refused:
        originals.path(NAME)
    expected = originals.REGISTRY[NAME]
    for said in (
        NAME,
        str(cache),
        f"{expected.bytes} bytes",
        expected.sha256,
        found,
        "make data",
    ):
        assert said in str(refused.value)


def test_a_file_altered_after_its_first_reading_is_refused_too(cache):
    (cache / NAME).write_bytes(GOOD)
    originals.path(NAME)
    (cache / NAME).write_bytes(GOOD.replace(b"W", b"V"))
    os.utime(cache / NAME, ns=(1, 1))
    with pytest.raises(originals.DataError, match="altered|sha256"):
        originals.path(NAME)


def test_a_sum_is_computed_once_a_process(cache, monkeypatch):
    (cache / NAME).write_bytes(GOOD)
    originals.path(NAME)
    monkeypatch.setattr(
        originals.hashlib, "sha256", lambda *_: pytest.fail("summed again")
    )
    assert originals.path(NAME) == cache / NAME


def test_an_unknown_name_is_refused(cache):
    with pytest.raises(
        originals.DataError, match=r"Klingon.*there are: names/Some.txt"
    ):
        originals.path("names/Klingon.txt")


@pytest.mark.parametrize(
    "before",
    [None, b"half of it", GOOD.replace(b"W", b"V")],
    ids=["none", "half", "altered"],
)
def test_fetching_brings_the_verified_file_and_nothing_else(
    cache, server, capsys, before
):
    if before is not None:
        (cache / NAME).write_bytes(before)
    originals.fetch()
    assert contents(cache) == {NAME: GOOD}
    assert originals.path(NAME) == cache / NAME
    assert f"{NAME}: fetched" in capsys.readouterr().out


def test_fetching_makes_the_folder(cache, server, monkeypatch):
    monkeypatch.setenv(originals.VARIABLE, str(cache / "new" / "place"))
    originals.fetch()
    assert contents(cache / "new" / "place") == {NAME: GOOD}


def test_fetching_leaves_a_right_file_alone(cache, server, capsys):
    (cache / NAME).write_bytes(GOOD)
    server.unlink()  # a download would fail
    originals.fetch()
    assert f"{NAME}: there" in capsys.readouterr().out


@pytest.mark.parametrize("before", [None, b"half of it"], ids=["none", "half"])
@pytest.mark.parametrize("trouble", ["another sum", "not found", "unreachable"])
def test_a_failed_download_leaves_things_as_they_were(
    cache, server, monkeypatch, trouble, before
):
    if before is not None:
        (cache / NAME).write_bytes(before)
    if trouble == "another sum":
        server.write_bytes(GOOD + b"more")
    elif trouble == "not found":
        server.unlink()
    else:
        monkeypatch.setattr(originals, "BASE", "http://127.0.0.1:9")
    with pytest.raises(originals.DataError) as refused:
        originals.fetch()
    assert NAME in str(refused.value) and originals.REGISTRY[NAME].url in str(
        refused.value
    )
    assert contents(cache) == ({} if before is None else {NAME: before})


def test_a_connection_cut_in_the_middle_leaves_nothing(cache, server, monkeypatch):
    class Cut(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(GOOD)))
            self.end_headers()
            self.wfile.write(GOOD[:5])

        def log_message(self, *args):
            """Keep the test's output quiet."""

    with http.server.HTTPServer(("127.0.0.1", 0), Cut) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        monkeypatch.setattr(
            originals, "BASE", f"http://127.0.0.1:{running.server_port}"
        )
        with pytest.raises(originals.DataError, match="could not be fetched"):
            originals.fetch()
        running.shutdown()
    assert contents(cache) == {}


def test_what_a_killed_download_leaves_is_gone_after_the_next(
    cache, server, monkeypatch
):
    """SIGKILL, with half a file written: no other handler could clear up."""
    halfway, go_on = threading.Event(), threading.Event()

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(GOOD)))
            self.end_headers()
            self.wfile.write(GOOD[:5])
            self.wfile.flush()
            halfway.set()
            go_on.wait(60)

        def log_message(self, *args):
            """Keep the test's output quiet."""

    code = (
        "from unrolled.data import originals\n"
        f"originals.BASE = 'http://127.0.0.1:{{port}}'\n"
        f"originals.REGISTRY = {{{NAME!r}: originals.Original(*{tuple(originals.REGISTRY[NAME])!r})}}\n"
        "originals.fetch()"
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        command = code.replace("{port}", str(running.server_port))
        with subprocess.Popen([sys.executable, "-c", command]) as killed:
            assert halfway.wait(60)
            while not (cache / f"{NAME}.part").exists():
                time.sleep(0.01)
            killed.kill()
        go_on.set()
        running.shutdown()
    assert set(contents(cache)) == {f"{NAME}.part"}
    with pytest.raises(originals.DataError, match="no file"):
        originals.path(NAME)
    originals.fetch()
    assert contents(cache) == {NAME: GOOD}


def test_the_command_says_one_clear_line_and_fails(tmp_path):
    """With a proxy that refuses, `python -m unrolled.data.originals` exits with 1 and no traceback."""
    refusing = "http://127.0.0.1:9"
    environment = {
        **os.environ,
        originals.VARIABLE: str(tmp_path),
        "https_proxy": refusing,
        "HTTPS_PROXY": refusing,
    }
    environment.pop("no_proxy", None), environment.pop("NO_PROXY", None)
    run = subprocess.run(
        [sys.executable, "-m", "unrolled.data.originals"],
        env=environment,
        capture_output=True,
        text=True,
    )
    first = next(iter(originals.REGISTRY))
    assert run.returncode == 1
    assert run.stderr.startswith(
        f"error: {first} could not be fetched from {originals.REGISTRY[first].url}"
    )
    assert run.stderr.count("\n") == 1
    assert contents(tmp_path) == {}


def test_the_originals_here_are_the_registered_ones():
    wrong = [
        originals.fault(name) for name in originals.REGISTRY if originals.fault(name)
    ]
    if all("no file" in fault for fault in wrong) and wrong:
        pytest.skip(
            "the originals are not here: run `make data` first (UNROLLED_CACHE says where they are kept)"
        )
    assert wrong == []
