#!/bin/bash
# The least that makes a Flink cluster of three bare hosts, as an operator would script it: no look before, no check
# after but the number of slots. Benchmarked beside the wizard.
#   by_hand.sh turn|once ARCHIVE VERSION MASTER WORKER…     SSHPASS holds the password
# turn: one host after another, as in a plain loop; once: all hosts at the same time.
set -eu
how=$1 archive=$2 version=$3 master=$4
shift 4
nodes="$master $*"
workers=$*
home=flink-$version

on() {
  local node=$1
  shift
  sshpass -e ssh -q -o StrictHostKeyChecking=accept-new -o PubkeyAuthentication=no "$node" "$@"
}

each() {
  local what=$1 node pids=
  for node in $nodes; do
    if [ "$how" = once ]; then
      "$what" "$node" &
      pids="$pids $!"
    else
      "$what" "$node"
    fi
  done
  for node in $pids; do wait "$node"; done
}

trust() {
  on "$1" 'umask 077; mkdir -p .ssh; cat >> .ssh/authorized_keys' <<<"$public"
}

unpack() {
  on "$1" tar xzf - <"$archive"
}

configure() {
  on "$1" "cd $home/conf; printf '%s\n' $workers > workers; echo $master:8081 > masters
    sed -i -e '/^jobmanager:/,/^taskmanager:/ {
        s/bind-host: localhost/bind-host: 0.0.0.0/; s/address: localhost/address: $master/; s/size: .*/size: 1024m/}' \
      -e '/^taskmanager:/,/^parallelism:/ {
        s/bind-host: localhost/bind-host: 0.0.0.0/; s/^  host: localhost/  host: $1/; s/Slots: .*/Slots: 2/; s/size: .*/size: 1024m/}' \
      -e '/^rest:/,\$ s/address: localhost/address: $master/' \
      -e '/^  java:/ a\    home: $java' config.yaml"
}

public=$(on "$master" 'mkdir -p -m 700 .ssh; ssh-keygen -q -t ed25519 -N "" -f .ssh/id_ed25519 && cat .ssh/id_ed25519.pub')
each trust
on "$master" "ssh-keyscan $nodes > .ssh/known_hosts 2>/dev/null"
each unpack
java=$(on "$master" 'dirname "$(dirname "$(readlink -f "$(command -v java)")")"')
each configure
on "$master" "$home/bin/start-cluster.sh" >/dev/null
slots=$((2 * $#))
until curl -s "http://$master:8081/overview" | grep -q "\"slots-total\":$slots,"; do sleep 0.1; done
