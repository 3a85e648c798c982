"""What is read of a kernel."""

from __future__ import annotations

from pathlib import Path

from fuzzpair.backends.machine import read_machine


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_kernel_that_says_everything(tmp_path: Path) -> None:
    files = {
        "proc/meminfo": "MemTotal:        8000000 kB\nMemFree: 1 kB\n",
        "sys/fs/cgroup/memory.max": f"{2 << 30}\n",
        "proc/sys/kernel/core_pattern": "|/usr/bin/x %p\n",
        "proc/sys/vm/mmap_rnd_bits": "32\n",
    }
    write(tmp_path, files)
    machine = read_machine(tmp_path / "not" / "there", tmp_path)
    assert (machine.memory_mb, machine.core_pattern, machine.mmap_rnd_bits) == (2048, "|/usr/bin/x %p", 32)
    assert machine.disk_free_mb is not None
    assert machine.cpus >= 1


def test_a_group_without_a_limit_and_files_that_are_strange(tmp_path: Path) -> None:
    write(tmp_path, {"proc/meminfo": "MemTotal: many kB\n", "sys/fs/cgroup/memory.max": "max\n"})
    machine = read_machine(tmp_path, tmp_path)
    assert (machine.memory_mb, machine.core_pattern, machine.mmap_rnd_bits) == (None, None, None)


def test_this_machine() -> None:
    assert read_machine(Path.cwd()).memory_mb
