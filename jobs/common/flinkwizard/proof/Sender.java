package flinkwizard.proof;

import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.util.Collector;

/** Turns its own number into parcels for every receiver. */
final class Sender extends RichFlatMapFunction<Integer, Parcel> {
    private static final long serialVersionUID = 1L;
    private final Workload workload;
    private final int[] keys;

    Sender(Workload workload) {
        this.workload = workload;
        this.keys = workload.keys();
    }

    @Override
    public void flatMap(Integer sender, Collector<Parcel> out) {
        String here = Place.of(getRuntimeContext());
        for (int turn = 0; turn < workload.recordsPerPair; turn++) {
            for (int receiver = 0; receiver < keys.length; receiver++) {
                long number = workload.number(sender, receiver, turn);
                out.collect(new Parcel(
                        keys[receiver], sender, number, here, Parcel.payload(number, workload.payloadBytes)));
            }
        }
    }
}
