"""Backfill: articles of the past from web archives (WARC files), on one machine or on a Dask cluster.

The way of a file: ``plan`` lists the files and the ledger's missing ones, ``engines`` has workers run ``task`` on each,
which reads pages (``warc``, ``members``), tests their bytes (``page_test``, ``needles``), extracts and flags those that
pass with ``pipeline.processing``, and writes one result file. ``merge`` brings result files into the database.
``download`` fetches listed files. ``runs`` puts these together for the command.
"""
