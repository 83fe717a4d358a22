"""What is not shown."""
