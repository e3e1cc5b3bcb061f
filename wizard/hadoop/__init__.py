"""What is true of each generation of Hadoop, its configuration files and what a NameNode says of itself."""
