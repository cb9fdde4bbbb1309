"""What every platform and saved format becomes: threads of comments."""
