"""A tiny package for the tiny book."""
