"""Small widgets, each in a file of its own. They show values and say in past tense what was done with them."""
