"""The results of the tiny book."""
