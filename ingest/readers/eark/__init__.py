"""The reader of packages: TT 05/2025/TT-BNV (SIP, AIP, DIP of dossiers and of loose documents) and plain E-ARK."""
