"""Logins on other hosts; the only importer of paramiko. It must not know Flink, plans or questions."""
