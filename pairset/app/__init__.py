"""The roof: the command, its verbs, and the verbs that look at a whole set or machine."""
