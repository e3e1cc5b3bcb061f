package flinkwizard.proof;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/** The numbers of one proof: everything follows from the parallelism, so the expected result is known beforehand. */
final class Workload implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final int LARGEST_PARALLELISM = 16_384;
    private static final long RECORDS_AIMED_AT = 100_000;
    private static final long PAYLOAD_AIMED_AT = 64L << 20;

    final String runId;
    final int parallelism;
    final int maxParallelism;
    /** TaskManagers that must send and receive; 0 when the caller leaves that to others. */
    final int taskManagers;
    /** Records that one sender sends to one receiver. */
    final int recordsPerPair;
    /** Bytes beside the number in each record: full packets cross the network, not only small ones. */
    final int payloadBytes;

    private Workload(String runId, int parallelism, int taskManagers) {
        this.runId = runId;
        this.parallelism = parallelism;
        this.taskManagers = taskManagers;
        this.maxParallelism = Math.min(32_768, Math.max(128, Integer.highestOneBit(parallelism) * 2));
        long pairs = pairs();
        this.recordsPerPair = (int) Math.max(2, Math.min(200, RECORDS_AIMED_AT / pairs));
        this.payloadBytes = (int) Math.max(16, Math.min(1024, PAYLOAD_AIMED_AT / (pairs * recordsPerPair)));
    }

    static Workload fromArguments(String[] arguments) {
        String runId = "none";
        int parallelism = 0;
        int taskManagers = 0;
        for (int i = 0; i < arguments.length; i += 2) {
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException(arguments[i] + " needs a value. " + usage());
            }
            String value = arguments[i + 1];
            if (arguments[i].equals("--run-id")) {
                runId = value;
            } else if (arguments[i].equals("--parallelism")) {
                parallelism = number(arguments[i], value, LARGEST_PARALLELISM);
            } else if (arguments[i].equals("--taskmanagers")) {
                taskManagers = number(arguments[i], value, LARGEST_PARALLELISM);
            } else {
                throw new IllegalArgumentException("unknown argument " + arguments[i] + ". " + usage());
            }
        }
        if (parallelism == 0) {
            throw new IllegalArgumentException("--parallelism is missing. " + usage());
        }
        if (!runId.matches("[A-Za-z0-9._-]{1,64}")) {
            throw new IllegalArgumentException("--run-id takes 1-64 letters, digits, dots, dashes and underscores");
        }
        return new Workload(runId, parallelism, taskManagers);
    }

    private static String usage() {
        return "Arguments: --parallelism SLOTS [--run-id ID] [--taskmanagers COUNT]";
    }

    private static int number(String name, String value, int largest) {
        try {
            int parsed = Integer.parseInt(value);
            if (parsed >= 1 && parsed <= largest) {
                return parsed;
            }
        } catch (NumberFormatException notANumber) {
            // the sentence below serves both
        }
        throw new IllegalArgumentException(name + " takes a number from 1 to " + largest + ", not " + value);
    }

    String jobName() {
        return "flink-wizard proof " + runId;
    }

    List<Integer> senders() {
        List<Integer> senders = new ArrayList<>();
        for (int sender = 0; sender < parallelism; sender++) {
            senders.add(sender);
        }
        return senders;
    }

    /** One key for each receiving subtask, found the way the runtime will route it. */
    int[] keys() {
        int[] keys = new int[parallelism];
        boolean[] found = new boolean[parallelism];
        int missing = parallelism;
        for (int candidate = 0; missing > 0; candidate++) {
            int receiver = KeyGroupRangeAssignment.assignKeyToParallelOperator(candidate, maxParallelism, parallelism);
            if (!found[receiver]) {
                found[receiver] = true;
                keys[receiver] = candidate;
                missing--;
            }
        }
        return keys;
    }

    long pairs() {
        return (long) parallelism * parallelism;
    }

    long records() {
        return pairs() * recordsPerPair;
    }

    /** Every number from 0 to records - 1 is sent exactly once. */
    long sum() {
        return records() * (records() - 1) / 2;
    }

    long number(int sender, int receiver, int turn) {
        return ((long) sender * parallelism + receiver) * recordsPerPair + turn;
    }
}
