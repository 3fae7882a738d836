"""Shared by all suites."""

from __future__ import annotations
