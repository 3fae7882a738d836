"""The pages, put together."""

from __future__ import annotations

from fastapi import FastAPI

from archive.web import (
    account,
    agencies,
    audit,
    deliveries,
    doctor,
    documents,
    evidence,
    exports,
    found_lists,
    handing_in,
    helping,
    holding,
    home,
    jobs,
    labels,
    overview,
    people,
    policy,
    rights_changes,
    searching,
    sign_in,
    signatures,
    similar,
    text_review,
    trust,
)
from archive.web.assets import PREFIX, StaticFiles


def make_pages(application: FastAPI) -> None:
    """Add pages and their static files."""
    for module in (sign_in, account, home, helping, holding, searching, documents, signatures, exports):
        application.include_router(module.router)
    for module in (handing_in, deliveries, evidence, trust, audit, doctor):
        application.include_router(module.router)
    for module in (overview, people, agencies, labels, rights_changes, policy, jobs):
        application.include_router(module.router)
    for module in (text_review, found_lists, similar):
        application.include_router(module.router)
    application.mount(PREFIX, StaticFiles(), name="static")
