"""Make the screenshots of the docs from the demo: ``./dev bench screenshots``. Needs Chromium and the test extra."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SHOTS = (  # file, page, width, height, colours
    ("review.png", "?sort=best", 1400, 900, "light"),
    ("review-dark.png", "?sort=best", 1400, 900, "dark"),
    ("review-phone.png", "?sort=best", 360, 740, "light"),
    ("brief.png", "/brief", 1000, 900, "light"),
    ("dashboard.png", "/dashboard", 1400, 900, "light"),
)


@contextmanager
def served_demo() -> Iterator[str]:
    """Serve the demo's database and yield the one-time link of the desk."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"{folder}/demo.db"
        subprocess.run([sys.executable, "-m", "pipeline", "demo", "--db", database], check=True, capture_output=True)
        command = [sys.executable, "-m", "pipeline", "serve", "--db", database, "--port", "8765"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            link = next(found[0] for line in process.stderr if (found := re.search(r"http\S+key=\S+", line)))
            next(line for line in process.stderr if "running on" in line)
            yield link
        finally:
            process.terminate()
            process.wait()


def main() -> None:
    """Write every picture."""
    with served_demo() as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        state = None
        for name, page_path, width, height, scheme in SHOTS:
            size = {"width": width, "height": height}
            context = browser.new_context(viewport=size, color_scheme=scheme, storage_state=state)  # type: ignore[arg-type]
            page = context.new_page()
            if state is None:
                page.goto(link)
                page.click("main button.primary")
                page.wait_for_load_state()
                state = context.storage_state()
            page.goto(link.split("/-/tumen")[0] + "/-/tumen" + page_path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=IMAGES / name)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
