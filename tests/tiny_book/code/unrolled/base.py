"""The module at the bottom."""

VALUE = 41
