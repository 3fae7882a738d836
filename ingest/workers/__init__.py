"""Spawned, limited worker processes: the only place in which delivered files are parsed.

`pool.WorkerPool` is the parent's side, `child` the process's. Nothing is
imported here, because a child that starts must not pay for the parent's side.
"""
