"""The stage: a folder, the processes, the story played, and the scenes seen after it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hub.demo.processes import Processes
from hub.demo.story import Beat, story
from hub.demo.workplace import prepare

if TYPE_CHECKING:
    from hub.demo.driver import Standing, Took
    from hub.demo.evidence import Evidence
    from hub.demo.hub_files import HubFiles
    from hub.demo.scene import Scene


class Stage:
    """All that one demo starts and makes.

    Leaving the block ends the processes and removes the folder, unless `keep` was said; a folder
    that was handed in is never removed.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._own = root is None
        self.root = Path(tempfile.mkdtemp(prefix="hub-demo-")) if root is None else root
        self._kept = False
        self._closing = ExitStack()
        self._files: HubFiles | None = None
        self._took: tuple[Took, ...] = ()
        try:
            self.place = prepare(self.root)
        except BaseException:
            self._clean()
            raise
        self.processes = Processes(self.place)

    def __enter__(self) -> Self:
        self._closing.callback(self._clean)
        try:
            self._closing.enter_context(self.processes)
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.close()

    @property
    def files(self) -> HubFiles:
        """The hub's files; there are none before `play`."""
        if self._files is None:
            raise LookupError("the story was not played yet")
        return self._files

    def play(self, each: Callable[[Beat, Standing], None]) -> None:
        """Play the story; `each` is called after every beat, with the hub at rest.

        Raises `DemoFailed`.
        """
        # The processes start while this one is still loading.
        from hub.demo.driver import Driver  # noqa: PLC0415 - as said above
        from hub.demo.hub_files import HubFiles  # noqa: PLC0415 - as above

        beats = story()
        self.place.move_clock(beats[0].at)
        self.processes.wait_ready()
        self._files = HubFiles(self.place)
        self._closing.callback(self._files.close)
        driver = Driver(self.place, self._files, self.processes)
        try:
            driver.play(beats, each)
        finally:
            self._took = tuple(driver.took)
            driver.close()

    def evidence(self) -> Evidence:
        """Return what can be asked of the hub and the inbox after `play`."""
        from hub.demo.evidence import Evidence  # noqa: PLC0415 - as in `play`

        return Evidence(self.place, self.files, self._took)

    def look(self) -> tuple[Scene, ...]:
        """Return all scenes with the evidence found now."""
        from hub.demo.scenes import look  # noqa: PLC0415 - as in `play`

        return look(self.evidence())

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that were started."""
        return [running.process.pid for running in self.processes.running]

    def keep(self) -> None:
        """Leave folder and processes as they are when the block is left."""
        self._kept = True
        self.processes.keep()

    def _clean(self) -> None:
        if self._own and not self._kept:
            shutil.rmtree(self.root, ignore_errors=True)
