"""The adapter: the only place that speaks to a Kubernetes API."""
