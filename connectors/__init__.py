"""Sources and recipients, one package each, found through entry points."""
