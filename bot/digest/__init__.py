"""What moderators are told: digests by schedule and alerts at once, as mail and through other channels."""
