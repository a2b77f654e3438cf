"""Danao (大脑): an open industrial brain that proves in money what its decisions are worth."""

__version__ = "0.1.0"
