"""The one process that mirrors clusters: a thread for each cluster, a reflector for each kind."""
