"""What every event-log backend must do: the same tests for each."""
