"""One cycle of the pipeline: poll the feeds that are due, process new pages, flag and store. Start in ``run``."""
