"""Objects as Berth writes them to a cluster: pure builders from plain values to dicts."""
