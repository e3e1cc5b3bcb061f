# Settings of this Hadoop; every script reads them.

# The Java to use. Must be set.
# export JAVA_HOME=/usr/lib/jvm/java

export HADOOP_NAMENODE_OPTS="-Dcom.sun.management.jmxremote $HADOOP_NAMENODE_OPTS"
