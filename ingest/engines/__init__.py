"""One module per outside program or heavy library, named after it. What reads delivered bytes is a worker task."""
