"""``python -m pipeline`` is ``tumen``."""

from pipeline.cli import main

main()
