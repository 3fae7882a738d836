"""What can leave the archive: one module a kind gives the files, `targets` writes them, a service calls both."""
