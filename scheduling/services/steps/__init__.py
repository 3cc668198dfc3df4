"""Bodies of the job steps: each may be run again after a crash and does nothing twice."""
