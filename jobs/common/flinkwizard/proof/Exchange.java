package flinkwizard.proof;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.flink.api.common.functions.Partitioner;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.typeutils.TupleTypeInfo;
import org.apache.flink.streaming.api.datastream.DataStream;

/** The dataflow, and the judgement of what it reported. */
final class Exchange {
    static final String MARK = "FLINK-WIZARD-PROOF";
    static final String RECORDS = "proof-records";
    static final String SUM = "proof-sum";
    static final String DAMAGED = "proof-damaged";
    static final String PAIRS = "proof-complete-pairs";
    static final String ROUTES = "proof-routes";
    static final String TO = " > ";

    /** Exceptions that only say that something failed. */
    private static final List<String> WRAPPERS =
            Arrays.asList("ProgramInvocationException", "ExecutionException", "CompletionException",
                    "JobExecutionException", "JobException");

    private static final int LONGEST_REASON = 800;

    private Exchange() {}

    /** One seed for each sender; senders and receivers fill every slot; no sink, for the accumulators are the result. */
    static void wire(DataStream<Integer> seeds, Workload workload) {
        TypeInformation<Parcel> parcels =
                new TupleTypeInfo<>(
                        Parcel.class,
                        Types.INT, Types.INT, Types.LONG, Types.STRING, Types.PRIMITIVE_ARRAY(Types.BYTE));
        seeds.partitionCustom(new ToSender(), new Itself())
                .flatMap(new Sender(workload))
                .returns(parcels)
                .name("send")
                .setParallelism(workload.parallelism)
                .keyBy(new ByKey())
                .flatMap(new Receiver(workload))
                .returns(Types.INT)
                .name("receive")
                .setParallelism(workload.parallelism);
    }

    /** The line for the operator. Throws, with a line that starts alike, unless everything arrived exactly once. */
    static String judge(Workload workload, Map<String, Object> reported) {
        long pairs = number(reported, PAIRS);
        TreeSet<String> senders = new TreeSet<>();
        TreeSet<String> receivers = new TreeSet<>();
        TreeSet<String> routes = new TreeSet<>();
        Object listed = reported.get(ROUTES);
        if (listed instanceof Collection) {
            for (Object route : (Collection<?>) listed) {
                String[] ends = route.toString().split(TO, 2);
                senders.add(ends[0]);
                receivers.add(ends[1]);
                routes.add(route.toString());
            }
        }
        TreeSet<String> all = new TreeSet<>(senders);
        all.addAll(receivers);
        expect(workload, "records", workload.records(), number(reported, RECORDS), all);
        expect(workload, "sum", workload.sum(), number(reported, SUM), all);
        expect(workload, "damaged records", 0, number(reported, DAMAGED), all);
        expect(workload, "complete exchanges between subtasks", workload.pairs(), pairs, all);
        if (workload.taskManagers > 0) {
            expect(workload, "sending TaskManagers", workload.taskManagers, senders.size(), all);
            expect(workload, "receiving TaskManagers", workload.taskManagers, receivers.size(), all);
        }
        expect(workload, "routes", (long) senders.size() * receivers.size(), routes.size(), all);
        return MARK + " ok run=" + workload.runId
                + " parallelism=" + workload.parallelism
                + " records=" + workload.records()
                + " sum=" + workload.sum()
                + " exchanges=" + pairs
                + " routes=" + routes.size()
                + " taskmanagers=" + all.size()
                + " members=" + String.join(",", all);
    }

    /** What a job that broke off said, outermost cause first, on one line that starts like the others. */
    static IllegalStateException brokenOff(Workload workload, Exception failure) {
        StringBuilder reason = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String name = cause.getClass().getSimpleName();
            if (!WRAPPERS.contains(name) || cause.getCause() == null) {
                reason.append(reason.length() == 0 ? "" : " | ").append(cause.toString().trim());
            }
        }
        String line = reason.toString().replaceAll("\\s+", " ");
        String kept = line.length() > LONGEST_REASON ? line.substring(0, LONGEST_REASON) : line;
        return new IllegalStateException(
                MARK + " failed run=" + workload.runId + " reason=the job broke off: " + kept, failure);
    }

    private static void expect(Workload workload, String what, long wanted, long seen, TreeSet<String> members) {
        if (wanted != seen) {
            throw new IllegalStateException(MARK + " failed run=" + workload.runId + " reason=" + what + ": expected "
                    + wanted + ", saw " + seen + "; members=" + String.join(",", members));
        }
    }

    private static long number(Map<String, Object> reported, String name) {
        Object value = reported.get(name);
        return value instanceof Number ? ((Number) value).longValue() : 0L;
    }

    private static final class ToSender implements Partitioner<Integer> {
        private static final long serialVersionUID = 1L;

        @Override
        public int partition(Integer seed, int senders) {
            return seed % senders;
        }
    }

    private static final class Itself implements KeySelector<Integer, Integer> {
        private static final long serialVersionUID = 1L;

        @Override
        public Integer getKey(Integer seed) {
            return seed;
        }
    }

    private static final class ByKey implements KeySelector<Parcel, Integer> {
        private static final long serialVersionUID = 1L;

        @Override
        public Integer getKey(Parcel parcel) {
            return parcel.f0;
        }
    }
}
