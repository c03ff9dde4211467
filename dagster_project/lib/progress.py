"""What a run tells the person waiting for it, and how long each stage took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Stage times of this process and the first failure; prints only when a terminal command switched it on."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.failure: BaseException | None = None
        self.is_shown = False

    def reset(self, *, shown: bool) -> None:
        """Start counting anew."""
        self.seconds, self.failure, self.is_shown = {}, None, shown

    def say(self, text: str) -> None:
        """One line for people, on standard error."""
        if self.is_shown:
            print(text, file=sys.stderr, flush=True)

    @contextmanager
    def stage(self, name: str, doing: str) -> Iterator[None]:
        """Announce a stage, count its seconds, remember its failure."""
        started = time.perf_counter()
        self.say(f"  {name:<10} {doing} ...")
        try:
            yield
        except BaseException as failure:
            self.failure = self.failure or failure
            raise
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - started, 2)


PROGRESS = Progress()
