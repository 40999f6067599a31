"""What Python tells of itself while something is done: files that are opened, modules, connections, programs."""

import contextlib
import sys

EVENTS = ("open", "import", "exec", "compile", "marshal.loads", "pickle.find_class", "os.system", "subprocess.Popen")
_installed, _watching = [], []


def _hook(event, arguments):
    if _watching and (event in EVENTS or event.startswith("socket.")):
        _watching[-1].append((event, str(arguments[0])))


@contextlib.contextmanager
def told():
    """The events inside it, each with its first argument."""
    if not _installed:  # it can't be taken away again
        _installed.append(sys.addaudithook(_hook))
    events = []
    _watching.append(events)
    try:
        yield events
    finally:
        _watching.pop()
