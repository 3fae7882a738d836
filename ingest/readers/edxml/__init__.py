"""Deliveries that hold messages of the national document exchange (edXML)."""
