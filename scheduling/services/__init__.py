"""What scheduling does: each function one use case, one transaction unless it says otherwise."""
