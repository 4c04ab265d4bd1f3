"""The tests: what a user would notice, on real loopback HTTP, real SQLite and real processes."""
