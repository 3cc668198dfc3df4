"""What makes objects invalid, in the words of a real API server, by what they describe."""
