"""Every way in which fuzzpair fails to do its job. A bug that was found is a value, never one of these."""

from __future__ import annotations

EXIT_CLEAN = 0
EXIT_GATE = 1
EXIT_USAGE = 2
EXIT_NOT_DONE = 3
EXIT_INTERRUPTED = 130


class FuzzpairError(Exception):
    """A failure that the user sees: what happened, and the next step to take."""

    exit_code = EXIT_NOT_DONE

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __reduce__(self) -> tuple[object, ...]:
        # A keyword-only argument is lost by the default; errors cross process boundaries with their job.
        return (_rebuild, (type(self), self.message, self.next_step))


def _rebuild(kind: type[FuzzpairError], message: str, next_step: str) -> FuzzpairError:
    return kind(message, next_step=next_step)


class UsageError(FuzzpairError):
    """A wrong command line."""

    exit_code = EXIT_USAGE


class ConfigError(FuzzpairError):
    """pipeline.yml cannot be used; the message starts with file:line."""

    exit_code = EXIT_USAGE


class BackendError(FuzzpairError):
    """The place where commands run is missing, broke, or stopped answering."""


class ImageError(BackendError):
    """The toolchain image cannot be made."""


class SandboxError(BackendError):
    """A sandbox was broken from inside: a link or too much came out, or what ran there ended what watches over it.

    One batch's failure, where any other BackendError ends the run.
    """


class PatchError(FuzzpairError):
    """A mistake's patch is missing, malformed, or does not apply exactly."""


class BuildError(FuzzpairError):
    """A tree that has to compile does not, or its build is not what it claims to be."""


class EngineError(FuzzpairError):
    """A fuzzer did not fuzz: it did not start, or executed nothing."""


class StoreError(FuzzpairError):
    """The store is locked by a living process, damaged, or cannot be written."""


class InternalError(FuzzpairError):
    """A fault of fuzzpair's own."""

    def __init__(self, message: str, *, next_step: str = "report it, with the command and this line") -> None:
        super().__init__(message, next_step=next_step)


class Interrupted(FuzzpairError):  # noqa: N818 - nothing went wrong
    """Ctrl-C or a termination signal before the first stage had a result to show."""

    exit_code = EXIT_INTERRUPTED

    def __init__(self, message: str = "interrupted", *, next_step: str = "run again: it goes on from here") -> None:
        super().__init__(message, next_step=next_step)
