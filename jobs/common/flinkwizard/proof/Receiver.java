package flinkwizard.proof;

import java.util.HashSet;
import java.util.Set;
import org.apache.flink.api.common.accumulators.ListAccumulator;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.util.Collector;

/** Counts, in keyed state, what each sender delivered, and reports through accumulators. Emits nothing. */
final class Receiver extends RichFlatMapFunction<Parcel, Integer> {
    private static final long serialVersionUID = 1L;
    private final Workload workload;
    private transient LongCounter records;
    private transient LongCounter sum;
    private transient LongCounter damaged;
    private transient LongCounter completePairs;
    private transient ListAccumulator<String> routes;
    private transient Set<String> routesSeen;
    private transient MapState<Integer, Integer> delivered;
    private transient String here;

    Receiver(Workload workload) {
        this.workload = workload;
    }

    @Override
    public void flatMap(Parcel parcel, Collector<Integer> out) throws Exception {
        if (records == null) {
            register();
        }
        records.add(1L);
        sum.add(parcel.f2);
        if (!parcel.intact(workload.payloadBytes)) {
            damaged.add(1L);
        }
        Integer before = delivered.get(parcel.f1);
        int now = before == null ? 1 : before + 1;
        delivered.put(parcel.f1, now);
        if (now == workload.recordsPerPair) {
            completePairs.add(1L);
        }
        if (routesSeen.add(parcel.f3)) {
            routes.add(parcel.f3 + Exchange.TO + here);
        }
    }

    /** On the first parcel instead of in open(), whose argument is not the same in 1.x and 2.x. */
    private void register() {
        records = counter(Exchange.RECORDS);
        sum = counter(Exchange.SUM);
        damaged = counter(Exchange.DAMAGED);
        completePairs = counter(Exchange.PAIRS);
        routes = new ListAccumulator<>();
        getRuntimeContext().addAccumulator(Exchange.ROUTES, routes);
        routesSeen = new HashSet<>();
        delivered = getRuntimeContext().getMapState(
                new MapStateDescriptor<>("delivered by sender", Integer.class, Integer.class));
        here = Place.of(getRuntimeContext());
    }

    private LongCounter counter(String name) {
        LongCounter counter = new LongCounter();
        getRuntimeContext().addAccumulator(name, counter);
        return counter;
    }
}
