"""Logins on other hosts by SSH: the only room that imports paramiko. It must not know Flink, plans or questions."""
