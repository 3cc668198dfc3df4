"""What kinds look like, as a real API server describes them."""
