"""CPU seconds of news-please over benchmark pages. Runs in the peers' environment; called by `bench.cases.extract`."""

import gzip
import json
import sys
import time
from pathlib import Path

from newsplease import NewsPlease


def main() -> None:
    folder, names = Path(sys.argv[1]), json.loads(sys.argv[2])
    truth = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    pages = [
        (
            gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()).decode("utf-8", "replace"),
            truth[name]["url"],
        )
        for name in names
    ]
    NewsPlease.from_html(pages[0][0], url=pages[0][1])
    began = time.process_time()
    for html, url in pages:
        try:
            NewsPlease.from_html(html, url=url)
        except Exception:  # noqa: BLE001  # a page it cannot read costs what it cost
            continue
    print(time.process_time() - began)


if __name__ == "__main__":
    main()
