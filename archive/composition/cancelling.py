"""Cancelling of jobs, wired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.composition.converting import conversion_jobs
from archive.composition.exporting import export_jobs
from archive.services.cancelling import Cancelling

if TYPE_CHECKING:
    from archive.composition.installation import Installation


def cancelling(archive: Installation) -> Cancelling:
    """Cancels jobs of `archive`."""
    return Cancelling(
        archive.journal,
        archive.duties,
        archive.runner,
        archive.trail,
        lambda: export_jobs(archive),
        lambda: conversion_jobs(archive),
    )
