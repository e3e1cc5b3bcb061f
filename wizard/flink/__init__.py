"""What is true of each Flink line: files, keys, scripts, memory. Pure: no host is read or written here."""
