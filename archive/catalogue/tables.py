"""Tables of the catalogue. A copy: all of it but jobs and claims can be made again from storage."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

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
    Column("label", Integer),
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
    Column("package_id", String(36), nullable=False, index=True),
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
    Column("label", Integer),
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
    Column("agency", String(64), nullable=False),
    Column("file_code", String(400), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("submission_id", String(36), nullable=False, index=True),
    Column("stored_at", String(32), nullable=False, index=True),
    Column("documents", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("fonds", String(400), nullable=False, server_default=""),
    Column("declared", Integer),
    Column("label", Integer),
    Column("year", String(4), nullable=False, server_default=""),
    Column("catalogue", String(400), nullable=False, server_default=""),
    Column("starts", String(10), nullable=False, server_default=""),
    Column("ends", String(10), nullable=False, server_default=""),
    Column("words", Text, nullable=False, server_default=""),
    Index("ix_dossiers_agency", "agency", "label", "documents"),
    Index(None, "agency", "fonds"),
    Index("ix_dossiers_year", "agency", "fonds", "year", "documents"),
    Index("ix_dossiers_catalogue", "agency", "fonds", "catalogue", "documents"),
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
    Column("declared", Integer),
    Column("label", Integer),
    Column("doubtful", Integer, nullable=False, server_default="0"),
    Column("words", Text, nullable=False, server_default=""),
    Index("ix_documents_identity", "number", "organ", "issued"),
    Index("ix_documents_agency", "agency", "label", "issued", "dossier_id", "ordinal", "number", "doc_code"),
    Index("ix_documents_issued", "issued", "dossier_id", "ordinal"),
    Index(
        "ix_documents_doubtful",
        "agency",
        "label",
        sqlite_where=text("doubtful > 0"),
        postgresql_where=text("doubtful > 0"),
    ),
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

authority_versions = Table(
    "authority_versions",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("at", String(32), nullable=False),
    Column("source_sha256", String(64), nullable=False),
    Column("source_name", Text, nullable=False),
)

authorities = Table(
    "authorities",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("code", String(400), nullable=False),
    Column("name", String(400), nullable=False),
    Column("valid_from", String(10), nullable=False),
    Column("valid_to", String(10), nullable=False),
    Column("closed_at", String(32), nullable=False),
    Column("body", JSON, nullable=False),
    Index(None, "kind", "code"),
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

people = Table(
    "people",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("login", String(200), nullable=False, unique=True),
    Column("name", String(400), nullable=False),
    Column("status", String(20), nullable=False),
    Column("locked_why", String(20), nullable=False, default=""),
    Column("locked_until", String(32), nullable=False, default=""),
    Column("failures", Integer, nullable=False, default=0),
    Column("password", String(300), nullable=False, default=""),
    Column("password_at", String(32), nullable=False, default=""),
    Column("must_change", Integer, nullable=False, default=0),
    Column("factor", Text, nullable=False, default=""),
    Column("factor_at", String(32), nullable=False, default=""),
    Column("factor_step", BigInteger, nullable=False, default=0),
    Column("subject", String(600), unique=True),
    Column("given", JSON, nullable=False),
    Column("seen_at", String(32), nullable=False, default=""),
    Column("created_at", String(32), nullable=False),
    Column("provider_at", String(32), nullable=False, server_default=""),
)

known_browsers = Table(
    "known_browsers",
    metadata,
    Column("person_id", String(36), ForeignKey("people.id"), primary_key=True),
    Column("secret", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("seen_at", String(32), nullable=False),
)

old_passwords = Table(
    "old_passwords",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("person_id", String(36), ForeignKey("people.id"), nullable=False, index=True),
    Column("password", String(300), nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("person_id", String(36), ForeignKey("people.id"), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("used_at", String(32), nullable=False, default=""),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("secret", String(64), nullable=False, unique=True),
    Column("before", String(64), nullable=False, default="", index=True),
    Column("before_until", String(32), nullable=False, default=""),
    Column("person_id", String(36), ForeignKey("people.id"), nullable=False, index=True),
    Column("stage", String(20), nullable=False),
    Column("way", String(20), nullable=False),
    Column("rights", String(64), nullable=False, default=""),
    Column("created_at", String(32), nullable=False),
    Column("seen_at", String(32), nullable=False),
    Column("ends_at", String(32), nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    Column("waiting_factor", Text, nullable=False, default=""),
    Column("provider_session", String(300), nullable=False, default="", index=True),
    Column("provider_token", Text, nullable=False, default=""),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("secret", String(64), nullable=False, unique=True),
    Column("person_id", String(36), ForeignKey("people.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("hint", String(20), nullable=False),
    Column("scopes", JSON),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("used_at", String(32), nullable=False, default=""),
    Column("revoked_at", String(32), nullable=False, default=""),
    Column("grants", JSON, nullable=False, server_default="[]"),
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("person_id", String(36), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("address", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    UniqueConstraint("person_id", "name"),
)

provider_requests = Table(
    "provider_requests",
    metadata,
    Column("state", String(64), primary_key=True),
    Column("browser", String(64), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("following", String(2000), nullable=False),
    Column("created_at", String(32), nullable=False),
)

upload_days = Table(
    "upload_days",
    metadata,
    Column("person_id", String(36), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("person_id", String(36), ForeignKey("people.id"), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("agency", String(64), nullable=False),
    Column("up_to", String(20), nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
)

labels = Table(
    "labels",
    metadata,
    Column("subject", String(520), primary_key=True),
    Column("label", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
)

rights_changes = Table(
    "rights_changes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("subject", String(520), nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("confirmed_at", String(32), nullable=False, server_default="", index=True),
    Column("confirmed_by", String(200), nullable=False, server_default=""),
)
