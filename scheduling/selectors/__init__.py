"""Questions that scheduling answers; nothing here writes."""
