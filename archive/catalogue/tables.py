"""Tables of the catalogue. A copy: all of it but jobs and claims can be made again from storage."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

agencies = Table(
    "agencies",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("name", String(400), nullable=False),
    Column("parent", String(64), ForeignKey("agencies.code")),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("agency", String(64), ForeignKey("agencies.code"), nullable=False),
    Column("path", Text, nullable=False),
    Column("operator", String(200), nullable=False),
    Column("reader", String(40), nullable=False),
    Column("profile", String(40), nullable=False),
    Column("received_at", String(32), nullable=False),
    Column("clock", String(40), nullable=False),
    Column("findings", JSON, nullable=False),
    Column("ignored", JSON, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("submission_id", String(36), ForeignKey("submissions.id"), nullable=False, index=True),
    Column("agency", String(64), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("position", Integer, nullable=False),
    Column("file_code", String(400), nullable=False),
    Column("package_id", String(36), nullable=False),
    Column("status", String(20), nullable=False, index=True),
    Column("result", String(20)),
    Column("stage", String(20)),
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer, nullable=False, default=0),
    Column("documents", Integer, nullable=False, default=0),
    Column("findings", JSON, nullable=False),
    Column("error", JSON),
    Column("attempt", Integer, nullable=False, default=1),
    Column("approvals", JSON, nullable=False),
    Column("same_as", String(36)),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
)

duties = Table(
    "duties",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("package_id", String(36), nullable=False, index=True),
    Column("submission_id", String(36), nullable=False),
    Column("agency", String(64), nullable=False),
    Column("file_code", String(400), nullable=False),
    Column("status", String(20), nullable=False),
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer, nullable=False, default=0),
    Column("error", JSON),
    Column("attempt", Integer, nullable=False, default=1),
    Column("due_at", String(32), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Index(None, "status", "due_at"),
)

claims = Table(
    "claims",
    metadata,
    Column("agency", String(64), primary_key=True),
    Column("file_code", String(400), primary_key=True),
    Column("fingerprint", String(64), nullable=False, index=True),
    Column("job_id", String(36), nullable=False),
    Column("submission_id", String(36), nullable=False),
    Column("package_id", String(36), nullable=False),
)

dossiers = Table(
    "dossiers",
    metadata,
    Column("package_id", String(36), primary_key=True),
    Column("agency", String(64), nullable=False, index=True),
    Column("file_code", String(400), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("submission_id", String(36), nullable=False, index=True),
    Column("stored_at", String(32), nullable=False, index=True),
    Column("documents", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
)

packages = Table(
    "packages",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("dossier_id", String(36), nullable=False, index=True),
    Column("part", Integer, nullable=False),
    Column("version", String(12), nullable=False),
    Column("inventory_sha512", String(128), nullable=False),
    Column("record", JSON, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("dossier_id", String(36), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("part_id", String(36), nullable=False),
    Column("agency", String(64), nullable=False),
    Column("doc_code", String(400), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("number", String(200), nullable=False),
    Column("organ", String(400), nullable=False),
    Column("issued", String(10), nullable=False),
    Column("verdict", String(20), nullable=False),
    Index("ix_documents_identity", "number", "organ", "issued"),
)

files = Table(
    "files",
    metadata,
    Column("package_id", String(36), primary_key=True),
    Column("path", String(1000), primary_key=True),
    Column("dossier_id", String(36), nullable=False, index=True),
    Column("ordinal", Integer),
    Column("original_name", Text, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("puid", String(40), nullable=False),
    Column("mime", String(200), nullable=False),
    Column("representation", String(20), nullable=False),
)

index_queue = Table(
    "index_queue",
    metadata,
    Column("dossier_id", String(36), primary_key=True),
    Column("since", String(32), nullable=False),
    Column("reason", Text, nullable=False),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("at", String(32), nullable=False),
    Column("type", String(60), nullable=False),
    Column("subject", String(400), nullable=False, index=True),
    Column("body", JSON, nullable=False),
    Column("segment", String(60), index=True),
    Column("sealed", Integer, nullable=False, default=0),
    Column("number", BigInteger, unique=True),
    Column("sha256", String(64)),
    Index("ix_audit_events_unsealed", "seq", sqlite_where=text("sealed = 0"), postgresql_where=text("sealed = 0")),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", String(32), nullable=False),
)
