"""Evidence records (RFC 4998) over everything that is stored."""
