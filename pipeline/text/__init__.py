"""Text tools that several stages share: dates, charsets, HTML to text, words, sentences, addresses. Pure functions."""
