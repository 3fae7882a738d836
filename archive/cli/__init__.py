"""The command line: thin; words from the catalogue of messages, data as JSON lines."""
