"""Proofs: one ZIP for one document, that a court can check without us."""
