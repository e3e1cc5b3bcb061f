# Settings of this Hadoop; every script reads them.

# The Java to use. Must be set, for commands that come over ssh too.
# export JAVA_HOME=
