"""From drafts to records: appender, due events, look-ups."""
