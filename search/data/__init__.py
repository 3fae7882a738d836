"""What searching knows of the language and of OCR (`*.toml` beside this file)."""
