"""METS, PREMIS and the circular's EAD as XML: the home of lxml.

Hostile XML is read safely, and never judged by schemas that it brings or names.
"""
