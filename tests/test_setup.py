"""Setting up: one at a time, by content, and never at the cost of an environment that works."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
MAKE = ROOT / "book" / "_make"
HOLD = """
import signal, sys
from pathlib import Path
from lock import only_one
signal.alarm(20)
with only_one(Path(sys.argv[1]), "make something") as descriptor:
    print("holds", flush=True)
    sys.stdin.readline()
print("ends", flush=True)
"""


class Holder(subprocess.Popen):
    """A process that takes the lock and holds it until it is told to end."""

    def __init__(self, path: Path):
        super().__init__(
            [sys.executable, "-c", HOLD, path],
            env=os.environ | {"PYTHONPATH": str(MAKE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def holds(self) -> bool:
        """Whether it gets the lock: waits until it does."""
        return self.stdout.readline() == "holds\n"

    def waits(self) -> str:
        """What it says while it waits for the lock."""
        return self.stderr.readline()

    def end(self) -> None:
        """Let it go on to its end."""
        assert self.communicate("\n", timeout=20)[0] == "ends\n"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "lock"


def test_a_second_process_waits_and_says_for_whom(lock: Path):
    first = Holder(lock)
    assert first.holds()
    second = Holder(lock)
    said = second.waits()
    assert "make something" in said and str(first.pid) in said
    first.end()
    assert second.holds()
    second.end()


def test_one_who_looks_before_the_holder_has_written_its_name_reads_it_all_the_same(
    lock: Path,
):
    lock.parent.mkdir()
    with lock.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        second = Holder(lock)
        time.sleep(0.4)
        file.write("the first")
        file.flush()
        assert second.waits().startswith("the first is at work here")
    assert second.holds()
    second.end()


def test_a_killed_holder_leaves_no_lock(lock: Path):
    first = Holder(lock)
    assert first.holds()
    first.kill()
    second = Holder(lock)
    assert second.holds()
    second.end()


def test_a_lock_deleted_while_one_waits_for_it_is_taken_anew(lock: Path):
    first = Holder(lock)
    assert first.holds()
    second = Holder(lock)
    assert second.waits()
    lock.unlink()
    third = Holder(lock)
    assert third.holds()
    first.end()
    assert str(third.pid) in second.waits()
    third.end()
    assert second.holds()
    second.end()


DRIVER = """
import os, subprocess, sys
import environment

def install(new, torch_index, run):
    print(f"filled from {torch_index}", flush=True)
    if os.environ.get("FILL") == "slowly":
        sys.stdin.readline()
    if os.environ.get("FILL") == "in vain":
        run(["false"])

def without_pip(run, **options):
    return lambda command: run([*command, *["--without-pip"] * ("venv" in command)], **options)

environment.install = install
environment.partial = without_pip
if "VERSION" in os.environ:
    sys.version_info = eval(os.environ["VERSION"])
environment.main()
"""
"""Sets up as `make setup` does, but for pip: it says what it would install."""


class Checkout:
    """A checkout with little in it, and its environment."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.venv = folder / ".venv"
        shutil.copytree(MAKE, folder / "book" / "_make")
        for name in ("requirements.lock", "requirements-torch.lock"):
            (folder / name).write_text("torch==1.0\n")
        shutil.copy(ROOT / "pyproject.toml", folder)

    def start(self, driver: str = DRIVER, **environment: str) -> subprocess.Popen:
        """Start a set-up; what is given is named by its caller."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHON", "TORCH_INDEX") and not name.startswith("PIP_")
        }
        return subprocess.Popen(
            [sys.executable, "-c", driver, ".venv"]
            + [environment.get("TORCH_INDEX", "the CPU index")],
            cwd=self.folder,
            env=inherited
            | {"PYTHONPATH": str(self.folder / "book" / "_make")}
            | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def set_up(self, driver: str = DRIVER, status: int = 0, **environment: str) -> str:
        """Set up, and return what is said; an exit status other than that expected is an error."""
        run = self.start(driver, **environment)
        said = run.communicate(timeout=60)[0]
        assert run.returncode == status, said
        return said

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file that has it."""
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def works(self) -> bool:
        """Whether the environment is there, is the only one, and its Python starts."""
        (one,) = (p for p in self.folder.glob(".venv.*") if p.is_dir())
        prefix = [self.venv / "bin" / "python", "-c", "import sys; print(sys.prefix)"]
        said = subprocess.run(prefix, capture_output=True, text=True).stdout.strip()
        return said == str(self.venv) and self.venv.resolve() == one.resolve()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "a checkout, é — 語")


def test_an_environment_is_made_once(checkout: Checkout):
    assert "Setting up" in checkout.set_up()
    assert checkout.works()
    assert checkout.set_up() == ""


def test_times_and_what_the_tools_are_told_do_not_count(checkout: Checkout):
    checkout.set_up()
    os.utime(checkout.folder / "requirements.lock", (4e9, 4e9))
    checkout.edit("pyproject.toml", "line-length = 88", "line-length = 99")
    checkout.edit("pyproject.toml", 'addopts = "', 'addopts = "-q ')
    assert checkout.set_up() == ""


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("requirements.lock", "1.0", "1.1"),
        ("requirements-torch.lock", "1.0", "1.1"),
        ("pyproject.toml", 'where = ["code"]', 'where = ["src"]'),
        ("book/_make/environment.py", "nvidia-", "nv-"),
    ],
)
def test_what_is_to_be_installed_counts(
    checkout: Checkout, name: str, old: str, new: str
):
    checkout.set_up()
    checkout.edit(name, old, new)
    assert "changed" in checkout.set_up()
    assert checkout.works()
    assert checkout.set_up() == ""


def test_a_set_up_that_fails_leaves_the_old_environment(checkout: Checkout):
    checkout.set_up()
    old = checkout.venv.resolve()
    checkout.edit("requirements.lock", "1.0", "1.1")
    assert "is as it was" in checkout.set_up(status=1, FILL="in vain")
    assert checkout.venv.resolve() == old
    assert checkout.works()
    assert "changed" in checkout.set_up()
    assert checkout.venv.resolve() != old
    assert checkout.works()


def test_a_first_set_up_that_fails_leaves_none(checkout: Checkout):
    assert "Run it again" in checkout.set_up(status=1, FILL="in vain")
    assert not checkout.venv.exists()


def one_that_fills(checkout: Checkout) -> subprocess.Popen:
    """A set-up that is filling the new environment, until it is told to go on."""
    run = checkout.start(FILL="slowly")
    while "filled" not in (line := run.stdout.readline()):
        assert line
    return run


def kill_one_that_fills(checkout: Checkout) -> None:
    """Kill a set-up while it fills the new environment."""
    run = one_that_fills(checkout)
    run.kill()
    run.communicate()


def test_a_killed_set_up_is_mended(checkout: Checkout):
    kill_one_that_fills(checkout)
    assert not checkout.venv.exists()
    checkout.set_up()
    assert checkout.works()
    checkout.edit("requirements.lock", "1.0", "1.1")
    old = checkout.venv.resolve()
    kill_one_that_fills(checkout)
    assert checkout.venv.resolve() == old
    checkout.set_up()
    assert checkout.venv.resolve() != old
    assert checkout.works()


def test_a_set_up_that_is_told_to_end_leaves_the_old_environment(checkout: Checkout):
    checkout.set_up()
    checkout.edit("requirements.lock", "1.0", "1.1")
    run = one_that_fills(checkout)
    run.terminate()
    assert "is as it was" in run.communicate()[0]
    assert checkout.works()


def test_half_of_an_environment_is_swept_away(checkout: Checkout):
    checkout.set_up()
    checkout.edit("requirements.lock", "1.0", "1.1")
    kill_one_that_fills(checkout)
    checkout.edit("requirements.lock", "1.1", "1.0")
    assert checkout.set_up() == ""
    assert checkout.works()


def test_of_two_set_ups_at_once_the_second_finds_all_done(checkout: Checkout):
    first = one_that_fills(checkout)
    second = checkout.start()
    assert str(first.pid) in second.stdout.readline()
    first.communicate("\n")
    assert second.communicate()[0] == ""
    assert checkout.works()


def test_an_environment_keeps_its_pytorch_unless_another_is_named(checkout: Checkout):
    assert "filled from the CPU index" in checkout.set_up()
    assert "filled from \n" in checkout.set_up(TORCH_INDEX="")
    assert checkout.set_up() == ""
    checkout.edit("requirements.lock", "1.0", "1.1")
    assert "filled from \n" in checkout.set_up()
    assert "filled from a mirror" in checkout.set_up(TORCH_INDEX="a mirror")


def test_an_environment_keeps_its_python_unless_another_is_named(checkout: Checkout):
    checkout.set_up()
    # As if it had been made with another Python, which says that it was asked for an environment.
    other = checkout.folder / "python3.12"
    other.write_text("#!/bin/sh\necho asked: $*\nexit 1\n")
    other.chmod(0o755)
    made = json.loads((checkout.venv / "ready").read_text())
    other_made = made | {"python": str(other.resolve()), "version": "3.12"}
    (checkout.venv / "ready").write_text(json.dumps(other_made))
    (checkout.venv / "bin" / "python").unlink()
    (checkout.venv / "bin" / "python").symlink_to(other)
    assert checkout.set_up() == ""
    assert checkout.set_up(VERSION="(3, 10, 1)") == ""
    checkout.edit("requirements.lock", "1.0", "1.1")
    assert "asked: -m venv" in checkout.set_up(status=1)
    checkout.edit("requirements.lock", "1.1", "1.0")
    assert "changed: python" in checkout.set_up(PYTHON="python3")
    assert json.loads((checkout.venv / "ready").read_text())["python"] == made["python"]
    assert checkout.set_up(PYTHON="python3") == ""


def test_a_python_that_is_gone_is_replaced(checkout: Checkout):
    checkout.set_up(TORCH_INDEX="")
    (checkout.venv / "bin" / "python").unlink()
    (checkout.venv / "bin" / "python").symlink_to("/gone/python3.12")
    assert "filled from \n" in checkout.set_up()
    assert checkout.works()


@pytest.mark.parametrize("version", ["(3, 10, 13)", "(3, 14, 0)"])
def test_a_python_too_old_or_too_new_is_refused(checkout: Checkout, version: str):
    said = checkout.set_up(status=1, VERSION=version)
    assert "Python 3.11 to 3.13 is needed" in said and "make setup PYTHON=" in said
    checkout.set_up()
    said = checkout.set_up(status=1, VERSION=version, PYTHON="python4")
    assert "python4 is 3.1" in said
    assert checkout.works()


def test_a_moved_checkout_gets_an_environment_of_its_own(checkout: Checkout):
    checkout.set_up()
    checkout.folder.rename(checkout.folder.with_name("elsewhere"))
    checkout.folder = checkout.folder.with_name("elsewhere")
    checkout.venv = checkout.folder / ".venv"
    assert "changed: place" in checkout.set_up()
    assert checkout.works()


def test_an_environment_that_is_no_link_is_replaced(checkout: Checkout):
    (checkout.venv / "bin").mkdir(parents=True)
    (checkout.venv / "ready").touch()
    (checkout.folder / ".venv.b").mkdir()
    (checkout.folder / ".venv.b" / "rest").touch()
    checkout.set_up()
    assert checkout.works()


REAL = DRIVER.replace("environment.install = install", "").replace(
    """lambda command: run([*command, *["--without-pip"] * ("venv" in command)], **options)""",
    """lambda command, **more: run(
        # The pip of this environment serves the new one: to install it takes seconds.
        [sys.executable, "-m", "pip", "--python", *command[:1], *command[3:]]
        if "pip" in command
        else [*command, *["--without-pip"] * ("venv" in command)],
        **options | more,
    )""",
)
"""Sets up with the real pip."""


def wheel(folder: Path, name: str, version: str, metadata: str = "") -> str:
    """Write a wheel of one module into an index, and return its digest."""
    folder /= name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name.replace('-', '_')}.py", "def main(): pass")
        file.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}",
        )
        file.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        file.writestr(
            f"{info}/entry_points.txt",
            "[console_scripts]\njupyter = tools:main\njupytext-config = tools:main\n"
            if name == "tools"
            else "",
        )
        file.writestr(f"{info}/RECORD", "")
    (folder / "index.html").write_text(f'<a href="{path.name}">{path.name}</a>')
    return hashlib.sha256(path.read_bytes()).hexdigest()


BACKEND = """
import zipfile

def build_editable(folder, settings=None, metadata=None):
    with zipfile.ZipFile(f"{folder}/unrolled-1-py3-none-any.whl", "w") as file:
        file.writestr("unrolled-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: unrolled\\nVersion: 1\\n")
        file.writestr("unrolled-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        file.writestr("unrolled-1.dist-info/RECORD", "")
    return "unrolled-1-py3-none-any.whl"
"""


def test_pip_installs_what_the_locks_have_hashes_of(checkout: Checkout):
    pypi, cpu = checkout.folder / "pypi", checkout.folder / "cpu"
    pins = {
        "nvidia-part": wheel(pypi, "nvidia-part", "1.0"),
        "tools": wheel(pypi, "tools", "1.0"),
        "torch": wheel(pypi, "torch", "1.0", "Requires-Dist: nvidia-part\n"),
    }
    (checkout.folder / "requirements.lock").write_text(
        "".join(f"{n}==1.0 \\\n    --hash=sha256:{h}\n" for n, h in pins.items())
    )
    torch = f"torch==1.0+cpu --hash=sha256:{wheel(cpu, 'torch', '1.0+cpu')}\n"
    (checkout.folder / "requirements-torch.lock").write_text(torch)
    (checkout.folder / "backend.py").write_text(BACKEND)
    checkout.edit("pyproject.toml", '"setuptools.build_meta"', '"backend"')
    checkout.edit(
        "pyproject.toml", "[build-system]", '[build-system]\nbackend-path=["."]'
    )
    settings = {
        "driver": REAL,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": pypi.as_uri(),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }

    def installed() -> set[str]:
        return {p.name for p in checkout.venv.glob("lib/*/site-packages/*.dist-info")}

    cpu_build = {f"{name}.dist-info" for name in ("tools-1.0", "unrolled-1")}
    default = cpu_build | {"nvidia_part-1.0.dist-info", "torch-1.0.dist-info"}
    cpu_build |= {"torch-1.0+cpu.dist-info"}
    checkout.set_up(**settings, TORCH_INDEX=cpu.as_uri())
    assert installed() == cpu_build
    (checkout.folder / "requirements-torch.lock").write_text(
        torch.replace(torch[-9:-1], 8 * "0")
    )
    said = checkout.set_up(**settings, status=1, TORCH_INDEX=cpu.as_uri())
    assert "DO NOT MATCH" in said and "is as it was" in said
    assert installed() == cpu_build
    said = checkout.set_up(**settings, TORCH_INDEX=(checkout.folder / "no").as_uri())
    assert "cannot be had" in said
    assert installed() == default


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-torch.lock"])
def test_every_pin_of_a_lock_has_hashes_and_names_no_host(name: str):
    lock = (ROOT / name).read_text()
    pins = re.findall(r"^[^#\s].*\n(?: .*\n)*", lock, re.MULTILINE)
    assert pins
    for pin in pins:
        assert re.fullmatch(
            r"[\w.-]+==[\w.+]+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n", pin
        ), pin
    assert "://" not in lock


def test_the_locks_have_what_the_book_asks_for():
    asked = (ROOT / "requirements.in").read_text()
    lock = (ROOT / "requirements.lock").read_text()
    for name in re.findall(r"^[\w-]+", asked, re.MULTILINE):
        pin = f"^{name.lower().replace('_', '-')}=="
        assert re.search(pin, lock, re.MULTILINE), name
    torch = re.search(r"^torch==[\w.]+", lock, re.MULTILINE)[0]
    assert torch in [line.split("#")[0].strip() for line in asked.splitlines()]
    for pin in re.findall(
        r"^[\w.=]+", (ROOT / "requirements-torch.lock").read_text(), re.MULTILINE
    ):
        assert pin == torch


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("my  cache", "{here}/my  cache"),
        ("~/my cache", "{home}/my cache"),
        ("/my/own cache", "/my/own cache"),
        ("a /b", "{here}/a /b"),
    ],
)
def test_make_takes_a_path_as_its_caller_means_it(
    tmp_path: Path, given: str, meant: str
):
    here = tmp_path / "a folder, é — 語"
    for name in ("book", "code"):
        (here / name).mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml"):
        (here / name).touch()
    (here / "Makefile").write_text(
        (ROOT / "Makefile").read_text()
        + '\nshow:\n\t@printf "%s\\n" "$$UNROLLED_CACHE" "$(VENV)" "$${PATH%%:*}"\n'
    )
    home = str(Path.home())
    environment = {n: v for n, v in os.environ.items() if not n.startswith("MAKE")}
    variables = {"UNROLLED_CACHE": given, "VENV": given}
    line = [f"{name}={value}" for name, value in variables.items()]
    for arguments, more in ((line, {}), ([], variables)):
        said = subprocess.run(
            ["make", "show", *arguments],
            cwd=here,
            env=environment | more,
            capture_output=True,
            text=True,
        ).stdout
        path = meant.format(here=here, home=home)
        assert said == f"{path}\n{path}\n{path}/bin\n"


def test_the_workflow_runs_commits_and_gives_its_rights_by_job():
    text = (ROOT / ".github" / "workflows" / "book.yml").read_text()
    uses = re.findall(r"uses: .*", text)
    assert uses
    for line in uses:
        assert re.fullmatch(r"uses: actions/[\w-]+@[0-9a-f]{40} # v[\d.]+", line), line
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"]
        writes = {k for k, v in job["permissions"].items() if v == "write"}
        assert writes == ({"pages", "id-token"} if name == "publish" else set())
