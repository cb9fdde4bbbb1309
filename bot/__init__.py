"""The bot: commands, pipeline and reports around the rules."""
