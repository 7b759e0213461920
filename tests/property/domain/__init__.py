"""Properties of the decision core over random histories."""
