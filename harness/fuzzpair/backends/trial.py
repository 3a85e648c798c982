"""A trial of a sandbox: does it hold its limits, is it cut off from networks, does a sanitizer speak in it? Facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fuzzpair.backends import Sandbox
from fuzzpair.model.command import Command

TRIAL_S: Final = 60.0
# One fault for each sanitizer that depends on where the kernel puts memory.
FAULTS: Final = {
    "address": ("#include <stdlib.h>\nint main(void) { char *volatile p = malloc(4); free(p); return p[1]; }\n"),
    "memory": ("#include <stdlib.h>\nint main(void) { int *volatile p = malloc(4); return *p ? 1 : 0; }\n"),
    "thread": (
        "#include <pthread.h>\nstatic int x;\nstatic void *f(void *a) { x++; return a; }\n"
        "int main(void) { pthread_t t; pthread_create(&t, 0, f, 0); x++; pthread_join(t, 0); return 0; }\n"
    ),
}
NAMES: Final = {"address": "AddressSanitizer", "memory": "MemorySanitizer", "thread": "ThreadSanitizer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFacts:
    """What a sandbox showed."""

    networks: tuple[str, ...]  # interfaces besides the loop
    memory_max: str  # as the kernel states it, "" where it does not
    pids_max: str
    silent: tuple[tuple[str, str], ...]  # sanitizers that did not report their fault, and what was said instead


def try_sandbox(sandbox: Sandbox) -> TrialFacts:
    """A few seconds of compiling. Raises BackendError where the sandbox breaks."""
    sandbox.put({f"trial/{name}.c": source.encode() for name, source in FAULTS.items()})
    silent = ((name, _said(sandbox, name)) for name in FAULTS)
    return TrialFacts(
        networks=tuple(sorted({*_output(sandbox, "ls", "/sys/class/net").split()} - {"lo"})),
        memory_max=_output(sandbox, "cat", "/sys/fs/cgroup/memory.max"),
        pids_max=_output(sandbox, "cat", "/sys/fs/cgroup/pids.max"),
        silent=tuple((name, said) for name, said in silent if said),
    )


def _output(sandbox: Sandbox, *argv: str) -> str:
    return sandbox.run(Command(argv=argv, timeout_s=TRIAL_S)).stdout.decode(errors="replace").strip()


def _said(sandbox: Sandbox, name: str) -> str:
    """ "" where the sanitizer reported the fault; else what was said."""
    flags = ("-g", "-O0", "-pthread", f"-fsanitize={name}", f"{name}.c", "-o", name)
    compiled = sandbox.run(Command(argv=("clang", *flags), cwd="trial", timeout_s=TRIAL_S))
    if not compiled.ok:
        return f"clang: {_last_line(compiled.stderr) or 'it failed and printed nothing'}"
    ran = sandbox.run(Command(argv=(f"./{name}",), cwd="trial", timeout_s=TRIAL_S))
    if NAMES[name].encode() in ran.stderr and not ran.ok and b"unexpected memory mapping" not in ran.stderr:
        return ""
    return _last_line(ran.stderr) or "it printed nothing"


def _last_line(content: bytes) -> str:
    lines = [line.strip() for line in content.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""
