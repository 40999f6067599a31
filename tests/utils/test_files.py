"""Downloads from a server on this machine, and hostile archives."""

import hashlib
import http.server
import io
import tarfile
import threading
import warnings
import zipfile
from pathlib import Path
from typing import ClassVar

import pytest

from kerasish.utils.files import cache_home, get_file

HELLO = b"hello"
HELLO_SHA256 = hashlib.sha256(HELLO).hexdigest()
HELLO_MD5 = hashlib.md5(HELLO, usedforsecurity=False).hexdigest()


def tar_of(*members):
    """A tar file of `(name, content)`, or `(name, type, target)` for a link."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, *rest in members:
            info = tarfile.TarInfo(name)
            if len(rest) == 2:
                info.type, info.linkname = rest
                tar.addfile(info)
            else:
                info.size = len(rest[0])
                tar.addfile(info, io.BytesIO(rest[0]))
    return file.getvalue()


def zip_of(*members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `files`; `redirect` sends to a file address, `short` breaks off."""

    files: ClassVar[dict[str, bytes]] = {}
    requests: ClassVar[list[str]] = []

    def do_GET(self):
        name = self.path.split("?")[0].lstrip("/")
        self.requests.append(name)
        if name == "redirect":
            self.send_response(302)
            self.send_header("Location", "ftp://127.0.0.1/etc/passwd")
            self.end_headers()
            return
        if name not in self.files:
            self.send_error(404)
            return
        content = self.files[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content) + (name == "short")))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format, *args):
        pass


@pytest.fixture(scope="module")
def address():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def get(address, tmp_path, monkeypatch):
    """`get_file` from the server, into an empty cache, with the right hash unless one is given."""
    monkeypatch.setattr(Handler, "files", {"a.txt": HELLO, "short": HELLO})
    monkeypatch.setattr(Handler, "requests", [])
    monkeypatch.setenv("KERASISH_HOME", str(tmp_path))
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def get(name="a.txt", fname=None, **arguments):
        if name in Handler.files and "file_hash" not in arguments and "md5_hash" not in arguments:
            arguments["file_hash"] = hashlib.sha256(Handler.files[name]).hexdigest()
        return Path(get_file(fname, address + name, **arguments))

    return get


def left_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "arguments",
    [
        {"file_hash": HELLO_SHA256},
        {"file_hash": HELLO_SHA256.upper()},
        {"file_hash": HELLO_SHA256, "hash_algorithm": "sha256"},
        {"file_hash": HELLO_MD5},
        {"file_hash": HELLO_MD5, "hash_algorithm": "md5"},
        {"md5_hash": HELLO_MD5},
    ],
)
def test_a_right_file_lands_in_the_cache(get, tmp_path, arguments):
    path = get(**arguments)
    assert path == tmp_path / "datasets" / "a.txt"
    assert path.read_bytes() == HELLO
    assert left_in(tmp_path) == ["datasets/a.txt"]


def test_a_cached_file_is_not_downloaded_again_unless_forced(get):
    get()
    get()
    assert Handler.requests == ["a.txt"]
    get(force_download=True)
    assert Handler.requests == ["a.txt", "a.txt"]


def test_a_cached_file_with_another_hash_is_downloaded_again(get, tmp_path):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "a.txt").write_text("old")
    assert get().read_bytes() == HELLO


def test_a_wrong_hash_is_refused_and_the_old_file_kept(get, tmp_path):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "a.txt").write_text("old")
    with pytest.raises(ValueError, match="has the sha256 hash 2cf24dba.*not 0000.*nothing in the cache changed"):
        get(file_hash="0" * 64)
    assert (tmp_path / "datasets" / "a.txt").read_text() == "old"
    assert left_in(tmp_path) == ["datasets/a.txt"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"file_hash": "0" * 32},
        {"file_hash": "0" * 32, "hash_algorithm": "md5"},
        {"md5_hash": "0" * 32},
        {"file_hash": "0" * 64, "extract": True},
        {"file_hash": "0" * 64, "force_download": True},
    ],
)
def test_g11_nothing_with_a_wrong_hash_is_kept_or_unpacked(get, tmp_path, arguments):
    Handler.files |= {"a.txt": zip_of(("evil", b"x"))}
    with pytest.raises(ValueError, match=r"has the (md5|sha256) hash .*, not 0000"):
        get(**arguments)
    assert left_in(tmp_path) == []


def test_g11_http_without_a_hash_warns_before_a_cached_file_is_given_too_or_is_silent_with_a_hash(get):
    with pytest.warns(UserWarning, match="file_hash"):
        path = get(file_hash=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert get() == path


def test_the_name_and_the_folder_can_be_chosen(get, tmp_path):
    assert get("a.txt?x=1", "b.txt", file_hash=HELLO_SHA256) == tmp_path / "datasets" / "b.txt"
    assert get("a.txt?x=1", file_hash=HELLO_SHA256) == tmp_path / "datasets" / "a.txt"
    assert get(cache_dir=tmp_path / "new", cache_subdir="s/t") == tmp_path / "new" / "s" / "t" / "a.txt"


def test_the_cache_is_in_the_home_folder_by_default(monkeypatch):
    monkeypatch.delenv("KERASISH_HOME", raising=False)
    assert cache_home() == Path("~/.kerasish").expanduser()


def test_http_without_a_hash_warns(get):
    with pytest.warns(UserWarning, match="Use https, or give file_hash"):
        get(file_hash=None)


def test_a_missing_file_is_an_error_that_names_the_address(get, tmp_path):
    with pytest.raises(OSError, match="nothing could not be downloaded: HTTP Error 404.*put the file there yourself"):
        get("nothing", file_hash="0" * 64)
    assert left_in(tmp_path) == []


def test_a_truncated_download_is_refused(get, tmp_path):
    with pytest.raises(OSError, match="broke off: 5 of 6 bytes"):
        get("short")
    assert left_in(tmp_path) == []


def test_a_redirection_to_another_scheme_is_refused(get):
    with pytest.raises(OSError, match="sends to ftp:.*refused"):
        get("redirect", file_hash="0" * 64)


@pytest.mark.parametrize(
    ("fname", "origin", "message"),
    [
        ("a/b", "https://h/x", "without folders; fname gives 'a/b'"),
        ("..\\x", "https://h/x", "without folders"),
        ("../x", "http://h/x", "without folders"),
        ("C:x", "https://h/x", "without folders"),
        ("..", "https://h/x", "without folders"),
        ("", "https://h/x", "without folders"),
        ("a\0b", "https://h/x", "without folders"),
        ("/etc/passwd", "https://h/x", "without folders"),
        (None, "https://h/..", "the end of the address 'https://h/..' gives '..'"),
        (None, "https://h/", "gives ''"),
        (None, "https://h", "gives ''"),
        (None, "http://h/..", "gives '..'"),
        (None, "http://h/", "gives ''"),
        (None, "http://h/a/../", "gives ''"),
        (None, "http://h/a\\..\\b", "without folders"),
        (None, "http://h/%2e%2e?x=/a", "gives '..'"),
        (None, "https://h/%2e%2e", "gives '..'"),
        (None, "https://h/a%2Fb", "gives 'a/b'"),
        (None, None, "needs `origin`"),
        ("a", "file:///etc/passwd", "'https://' and 'http://' addresses only; got 'file:"),
        ("a", "ftp://h/x", "addresses only"),
        ("a", "/etc/passwd", "addresses only"),
    ],
)
def test_dangerous_names_and_addresses_are_refused(fname, origin, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        get_file(fname, origin, cache_dir=tmp_path)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"file_hash": "abc"}, "64 hexadecimal digits"),
        ({"file_hash": "g" * 64}, "64 hexadecimal digits"),
        ({"file_hash": HELLO_MD5, "hash_algorithm": "sha256"}, "64 hexadecimal digits"),
        ({"hash_algorithm": "sha1"}, "must be 'auto', 'md5' or 'sha256'; got 'sha1'"),
        ({"cache_subdir": "../x"}, r"cache_subdir must not contain '\.\.'"),
        ({"extract": True, "archive_format": "rar"}, "archive_format must be.*got 'rar'"),
        ({"extract": True, "archive_format": None}, "archive_format must be.*got None"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        get_file("a", "https://127.0.0.1/a", cache_dir=tmp_path, **arguments)


@pytest.mark.parametrize(
    ("name", "fname", "arguments", "folder", "archive"),
    [
        ("d.tar.gz", None, {"extract": True}, "d.tar.gz", "d.tar.gz_archive"),
        ("d.tar.gz", "d", {"untar": True}, "d", "d_archive"),
        ("d.tar.gz", "w.tar.gz", {"untar": True}, "w_extracted", "w.tar.gz"),
        ("d.tar.gz", "w.tgz", {"extract": True}, "w_extracted", "w.tgz"),
        ("d.zip", "w.zip", {"extract": True}, "w_extracted", "w.zip"),
        ("d.zip", "w", {"extract": True, "archive_format": "zip"}, "w", "w_archive"),
        ("d.zip", "w", {"extract": True, "archive_format": ["tar", "zip"]}, "w", "w_archive"),
    ],
)
def test_archives_are_unpacked_where_keras_unpacks_them(get, tmp_path, name, fname, arguments, folder, archive):
    keras = pytest.importorskip("keras")
    Handler.files |= {"d.tar.gz": tar_of(("d/f.txt", b"x")), "d.zip": zip_of(("d/f.txt", b"x"))}
    path = get(name, fname, **arguments)
    assert path == tmp_path / "datasets" / folder
    assert left_in(tmp_path / "datasets") == sorted([archive, f"{folder}/d/f.txt"])
    again = tmp_path / "keras"
    again.mkdir()
    origin = f"https://127.0.0.1:1/{name}"
    (again / "datasets").mkdir()
    (again / "datasets" / archive).write_bytes(Handler.files[name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras leaves its archive open
        expected = keras.utils.get_file(fname, origin, cache_dir=str(again), **arguments)
    assert Path(expected) == again / "datasets" / folder


def test_a_new_archive_takes_the_place_of_the_old(get):
    Handler.files |= {"d.zip": zip_of(("old.txt", b"x"))}
    get("d.zip", extract=True)
    Handler.files |= {"d.zip": zip_of(("new.txt", b"x"))}
    assert left_in(get("d.zip", extract=True)) == ["new.txt"]


@pytest.mark.parametrize(
    "content",
    [
        tar_of(("../evil", b"x")),
        tar_of(("/tmp/evil", b"x")),
        tar_of(("a/../../evil", b"x")),
        tar_of(("..\\evil", b"x")),
        tar_of(("link", tarfile.SYMTYPE, "../..")),
        tar_of(("link", tarfile.SYMTYPE, "/etc")),
        tar_of(("link", tarfile.LNKTYPE, "/etc/passwd")),
        tar_of(("device", tarfile.CHRTYPE, "")),
        zip_of(("../evil", b"x")),
        zip_of(("/evil", b"x")),
        zip_of(("..\\evil", b"x")),
        zip_of(("C:evil", b"x")),
    ],
)
def test_archives_that_reach_outside_are_refused(get, tmp_path, content):
    Handler.files["d"] = content
    with pytest.raises(ValueError, match="is unsafe to unpack.*Nothing was kept"):
        get("d", extract=True)
    assert left_in(tmp_path) == ["datasets/d_archive"]


@pytest.mark.parametrize("archive_format", ["tar", "zip", "auto"])
def test_what_is_no_archive_is_refused(get, archive_format):
    with pytest.raises(ValueError, match="can't be unpacked: it is not a file of the format"):
        get("a.txt", extract=True, archive_format=archive_format)
