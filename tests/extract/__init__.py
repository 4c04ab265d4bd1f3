"""Tests of the extractor. All pages and sentences are our own."""
