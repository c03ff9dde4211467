"""What a run tells the person waiting for it, and how long each stage took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Progress:
    """Stage times of this process and the first failure; silent until a command gives it somewhere to speak."""

    def __init__(self) -> None:
        self.reset(say=None)

    def reset(self, *, say: Callable[[str], None] | None) -> None:
        """Start counting anew, speaking through `say`."""
        self.seconds: dict[str, float] = {}
        self.failure: BaseException | None = None
        self._say = say

    @property
    def is_speaking(self) -> bool:
        """Whether a command listens."""
        return self._say is not None

    def say(self, text: str) -> None:
        """One line for the person who waits."""
        if self._say is not None:
            self._say(text)

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
