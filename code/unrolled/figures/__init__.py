"""Figures of the book, each with its words."""
