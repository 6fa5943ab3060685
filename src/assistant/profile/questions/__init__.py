"""Why-questions and the facts that come of them, each step by the customer's own words."""
