"""What Berth costs, measured: each module prints one JSON object (see README.md)."""
