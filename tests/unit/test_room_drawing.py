"""Charts in the room: the library's style is one for the whole process, and loading it costs a second."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from domain.briefing import HeatCell, Heatmap
from lagebild.room.drawing import _drawn, drawing

CHART = Heatmap(("Risiken",), "", ("a", "b"), ("Video",), ((HeatCell(1),), (HeatCell(9),)))


def test_charts_drawn_side_by_side_are_those_drawn_alone() -> None:
    board = drawing()
    alone = [board.svg(CHART, "de"), board.png(CHART, "de")]
    _drawn.cache_clear()
    with ThreadPoolExecutor(2) as pool:
        beside = [*pool.map(lambda draw: draw(CHART, "de"), (board.svg, board.png))]
    assert beside == alone


def test_the_library_is_loaded_before_anybody_asks_for_a_chart() -> None:
    code = "import sys; from lagebild.room.drawing import warm; warm(); sys.exit('matplotlib.font_manager' not in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode
        == 0
    )
